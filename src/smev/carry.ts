import { carried } from '../xml/canonicalize.ts';
import type { XmlElement } from '../xml/document.ts';
import { escapeAttribute, escapeText } from '../xml/escape.ts';
import { child, childElements, isNamed } from '../xml/navigate.ts';
import { dsNamespace, smevNamespaces, type Version } from './namespaces.ts';

/** A participant's message on its way into the answer that delivers it. */
export interface Carried {
  /** SenderProvidedRequestData or SenderProvidedResponseData, with its namespaces. */
  readonly data: string;
  /** The sender's ds:Signature; undefined where there is none that would still verify. */
  readonly signature: string | undefined;
  /** Every Id in use below, so that the node's own do not collide. */
  readonly ids: ReadonlySet<string>;
}

/**
 * Takes the sender's data and signature out of the request that brought them. In its own version
 * the message travels as it is, and its signature verifies at the receiver too. A receiver that
 * polls another version gets the same business content in that version's frame, without the
 * sender's signature: it covered the frame.
 *
 * @param payload SendRequestRequest or SendResponseRequest of version `from`
 * @param signed its SenderProvided…Data
 */
export function carry(
  payload: XmlElement,
  signed: XmlElement,
  from: Version,
  to: Version,
): Carried {
  const ids = new Set<string>();
  collectIds(signed, ids);
  if (from !== to) return { data: reframe(signed, from, to), signature: undefined, ids };
  const container = child(payload, smevNamespaces[from].types, 'CallerInformationSystemSignature');
  const signature = container && child(container, dsNamespace, 'Signature');
  if (signature !== undefined) collectIds(signature, ids);
  return {
    data: carried(signed).toString(),
    signature: signature && carried(signature).toString(),
    ids,
  };
}

function collectIds(element: XmlElement, ids: Set<string>): void {
  for (const { name, value } of element.attrs) if (name.toLowerCase() === 'id') ids.add(value);
  for (const inner of childElements(element)) collectIds(inner, ids);
}

/** The same elements in the other version's namespaces; what is not SMEV's own stays untouched. */
function reframe(element: XmlElement, from: Version, to: Version): string {
  const { types, basic } = smevNamespaces[from];
  const target = smevNamespaces[to];
  const namespace = element.namespaceUri;
  if (namespace !== types && namespace !== basic) return carried(element).toString();
  const prefix = namespace === types ? 't' : 'b';
  const uri = namespace === types ? target.types : target.basic;
  const attributes = element.attrs
    .filter((attribute) => attribute.namespaceUri === '')
    .map((attribute) => ` ${attribute.name}="${escapeAttribute(attribute.value)}"`)
    .join('');
  const inner = childElements(element).filter((each) => !isOnlyIn13(each, element, from, to));
  const content =
    inner.length === 0
      ? escapeText(element.content)
      : inner.map((each) => reframe(each, from, to) + demanded(each, element, from, to)).join('');
  const name = `${prefix}:${element.name}`;
  return `<${name} xmlns:${prefix}="${uri}"${attributes}>${content}</${name}>`;
}

const headers: ReadonlySet<string> = new Set(['AttachmentHeader', 'RefAttachmentHeader']);
const onlyIn13: ReadonlySet<string> = new Set(['FileName', 'NamespaceUri', 'Archive']);

/** What 1.3 says of files besides, the other versions have no place for. */
function isOnlyIn13(child: XmlElement, parent: XmlElement, from: Version, to: Version): boolean {
  if (to === '1.3' || !headers.has(parent.name)) return false;
  return onlyIn13.has(child.name) && child.namespaceUri === smevNamespaces[from].basic;
}

/** The published 1.2 demands two elements after MessageID that the other versions leave out. */
function demanded(after: XmlElement, parent: XmlElement, from: Version, to: Version): string {
  const { types } = smevNamespaces[from];
  if (to !== '1.2' || !isNamed(parent, types, 'SenderProvidedRequestData')) return '';
  const has = (name: string) => child(parent, types, name) !== undefined;
  const t = `xmlns:t="${smevNamespaces[to].types}"`;
  const reference = `<t:ReferenceMessageID ${t}>${escapeText(child(parent, types, 'MessageID')?.content ?? '')}</t:ReferenceMessageID>`;
  const transaction = `<t:TransactionCode ${t}></t:TransactionCode>`;
  if (after.name === 'MessageID' && !has('ReferenceMessageID')) {
    return reference + (has('TransactionCode') ? '' : transaction);
  }
  return after.name === 'ReferenceMessageID' && !has('TransactionCode') ? transaction : '';
}
