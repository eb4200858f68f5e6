import { Fault } from '../fault/fault.ts';
import { smevNamespaces, soapNamespace, type Version, versionOfTypes } from '../smev/namespaces.ts';
import { withXml, type XmlDocument, type XmlElement } from '../xml/document.ts';
import { escapeAttribute } from '../xml/escape.ts';
import { child, childElements, isNamed, pathOf } from '../xml/navigate.ts';
import { placeOf } from '../xml/places.ts';
import { primaryContentOf, signedByCaller, signedBySmev } from './find.ts';
import { signatureOver } from './sign.ts';
import type { Signer } from './signer.ts';

/** In whose name a file is signed: the place of the signature follows from it. */
export type Role = 'caller' | 'personal' | 'smev';

/** Where a signature goes: over `signed`, in a `container` of `parent` that stands after `after`. */
interface Spot {
  readonly version: Version;
  readonly signed: XmlElement;
  readonly parent: XmlElement;
  readonly container: string;
  readonly after: XmlElement;
}

/**
 * Signs a message in the place that its operation has for it; a signature that stands there is
 * replaced. Nothing else of the text changes but the Id, where the signed element has none.
 *
 * @param text a SOAP envelope or a request or response element alone
 * @param id the Id to give; where absent, the element's own or the customary one
 * @throws Fault SIGNATURE_TARGET, XmlRefused
 */
export function signText(text: string, role: Role, signer: Signer, id?: string): string {
  const marked = withText(text, (document) => withId(document, text, role, id));
  return withText(marked, (document) => withSignature(document, marked, role, signer));
}

const customaryIds = { caller: 'SIGNED_BY_CALLER', smev: 'SIGNED_BY_SMEV' } as const;

function withId(document: XmlDocument, text: string, role: Role, id: string | undefined): string {
  const { signed } = findSpot(document, role);
  const own = signed.attr('Id')?.value;
  if (own !== undefined && (id === undefined || id === own)) return text;
  if (own !== undefined) return refuse(`${pathOf(signed)} уже имеет Id="${own}"`);
  // Whether business content may carry an Id is for its own schema to say: none is given unasked.
  const given = id ?? (role === 'personal' ? undefined : customaryIds[role]);
  if (given === undefined) return refuse(`${pathOf(signed)}: нет атрибута Id; задайте его (--id)`);
  const { afterName } = placeOf(document, text, signed);
  return `${text.slice(0, afterName)} Id="${escapeAttribute(given)}"${text.slice(afterName)}`;
}

function withSignature(document: XmlDocument, text: string, role: Role, signer: Signer): string {
  const { version, signed, parent, container, after } = findSpot(document, role);
  const id = signed.attr('Id')?.value ?? '';
  const prefix = parent.prefix === '' ? '' : `${parent.prefix}:`;
  const name = `${prefix}${container}`;
  const made = `<${name}>${signatureOver(signed, signer, id)}</${name}>`;
  const old = child(parent, smevNamespaces[version].types, container);
  const at = placeOf(document, text, after).end;
  if (old === undefined) return text.slice(0, at) + made + text.slice(at);
  const { start, end } = placeOf(document, text, old);
  if (start < at) return refuse(`${pathOf(old)} стоит перед тем, что подписывает`);
  return text.slice(0, at) + made + text.slice(at, start) + text.slice(end);
}

/** @throws Fault SIGNATURE_TARGET */
function findSpot(document: XmlDocument, role: Role): Spot {
  const payload = payloadOf(document.root);
  const version = versionOfTypes(payload.namespaceUri);
  if (version === undefined) return refuse(`${pathOf(payload)}: не сообщение СМЭВ 3`);
  if (role === 'smev') return smevSpot(payload, version);
  const data = signedByCaller(payload, version);
  if (data === undefined) return refuse(`${pathOf(payload)}: нечего подписывать отправителю`);
  return role === 'caller' ? callerSpot(payload, data, version) : personalSpot(data, version);
}

function payloadOf(root: XmlElement): XmlElement {
  if (!isNamed(root, soapNamespace, 'Envelope')) return root;
  const body = child(root, soapNamespace, 'Body');
  return (body && childElements(body)[0]) ?? refuse('в конверте нет тела');
}

function callerSpot(payload: XmlElement, signed: XmlElement, version: Version): Spot {
  const attachments = child(payload, smevNamespaces[version].basic, 'AttachmentContentList');
  return {
    version,
    signed,
    parent: payload,
    container: 'CallerInformationSystemSignature',
    after: attachments ?? signed,
  };
}

function personalSpot(data: XmlElement, version: Version): Spot {
  const content = child(data, smevNamespaces[version].basic, 'MessagePrimaryContent');
  const signed = primaryContentOf(data, version);
  if (content === undefined || signed === undefined) {
    return refuse(`${pathOf(data)}: нет MessagePrimaryContent`);
  }
  return { version, signed, parent: data, container: 'PersonalSignature', after: content };
}

/** MessageMetadata stands in the answer itself; what a poll brings, one element below it. */
function smevSpot(payload: XmlElement, version: Version): Spot {
  const { types } = smevNamespaces[version];
  for (const parent of [payload, ...childElements(payload)]) {
    const children = childElements(parent);
    const signed = children.find((each) => signedBySmev.some((name) => isNamed(each, types, name)));
    const last = children.filter((each) => !isNamed(each, types, 'SMEVSignature')).at(-1);
    if (signed === undefined || last === undefined) continue;
    return { version, signed, parent, container: 'SMEVSignature', after: last };
  }
  return refuse(`${pathOf(payload)}: нечего подписывать СМЭВ`);
}

function withText<T>(text: string, use: (document: XmlDocument) => T): T {
  return withXml(Buffer.from(text), use);
}

function refuse(what: string): never {
  throw new Fault('SIGNATURE_TARGET', { public: what });
}
