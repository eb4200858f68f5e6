import { Fault } from '../fault/fault.ts';
import {
  directiveNamespace,
  routingNamespace,
  smevNamespaces,
  soapNamespace,
  type Version,
  versionOfTypes,
} from '../smev/namespaces.ts';
import { withXml, type XmlDocument, type XmlElement } from '../xml/document.ts';
import { escapeAttribute } from '../xml/escape.ts';
import { child, childElements, isNamed, pathOf } from '../xml/navigate.ts';
import { placeOf } from '../xml/places.ts';
import { primaryContentOf, signedByCaller, signedBySmev } from './find.ts';
import { signatureOver } from './sign.ts';
import type { Signer } from './signer.ts';

/** In whose name a file is signed: the place of the signature follows from it. */
export const roles = ['caller', 'personal', 'smev', 'routing', 'record'] as const;
export type Role = (typeof roles)[number];

/** Where a signature goes: over `signed`, in a `container` of `parent` that stands after `after`. */
interface Spot {
  readonly signed: XmlElement;
  readonly parent: XmlElement;
  readonly namespace: string;
  readonly container: string;
  readonly after: XmlElement;
}

/**
 * Signs a message in the place that its operation has for it; a signature that stands there is
 * replaced. Nothing else of the text changes but the Id, where the signed element has none.
 *
 * @param text a SOAP envelope or a request or response element alone
 * @param id the Id to give; where absent, the element's own or the customary one. For the role record,
 *   the Id of the one Record to sign; where absent, all are signed
 * @throws Fault SIGNATURE_TARGET, XmlRefused
 */
export function signText(text: string, role: Role, signer: Signer, id?: string): string {
  if (role === 'record') return signRecords(text, signer, id);
  const ids = { asked: id, customary: customaryIds[role] };
  return signSpot(text, (document) => findSpot(document, role), signer, ids);
}

// Whether business content may carry an Id is for its own schema to say: none is given unasked.
const customaryIds = {
  caller: 'SIGNED_BY_CALLER',
  smev: 'SIGNED_BY_SMEV',
  routing: 'SIGNED_ROUTING',
  personal: undefined,
} as const;

/** Each record is signed alone, over its own Record. */
function signRecords(text: string, signer: Signer, id: string | undefined): string {
  const count = withText(text, (document) => recordsOf(document).length);
  let signed = text;
  let found = 0;
  for (let index = 0; index < count; index += 1) {
    const spotOf = (document: XmlDocument) => recordSpot(recordsOf(document)[index]);
    const own = withText(signed, (document) => spotOf(document).signed.attr('Id')?.value);
    if (id !== undefined && own !== id) continue;
    found += 1;
    signed = signSpot(signed, spotOf, signer, { asked: own, customary: `RECORD_${index + 1}` });
  }
  return found > 0 ? signed : refuse(id === undefined ? 'нет записей реестра' : `нет Record ${id}`);
}

interface Ids {
  readonly asked: string | undefined;
  readonly customary: string | undefined;
}

function signSpot(
  text: string,
  spotOf: (document: XmlDocument) => Spot,
  signer: Signer,
  ids: Ids,
): string {
  const marked = withText(text, (document) => withId(document, text, spotOf(document), ids));
  return withText(marked, (document) => withSignature(document, marked, spotOf(document), signer));
}

function withId(
  document: XmlDocument,
  text: string,
  { signed }: Spot,
  { asked, customary }: Ids,
): string {
  const own = signed.attr('Id')?.value;
  if (own !== undefined && (asked === undefined || asked === own)) return text;
  if (own !== undefined) return refuse(`${pathOf(signed)} уже имеет Id="${own}"`);
  const given = asked ?? customary;
  if (given === undefined) return refuse(`${pathOf(signed)}: нет атрибута Id; задайте его (--id)`);
  const { afterName } = placeOf(document, text, signed);
  return `${text.slice(0, afterName)} Id="${escapeAttribute(given)}"${text.slice(afterName)}`;
}

function withSignature(document: XmlDocument, text: string, spot: Spot, signer: Signer): string {
  const { signed, parent, namespace, container, after } = spot;
  const id = signed.attr('Id')?.value ?? '';
  const prefix = parent.prefix === '' ? '' : `${parent.prefix}:`;
  const name = `${prefix}${container}`;
  const made = `<${name}>${signatureOver(signed, signer, id)}</${name}>`;
  const old = child(parent, namespace, container);
  const at = placeOf(document, text, after).end;
  if (old === undefined) return text.slice(0, at) + made + text.slice(at);
  const { start, end } = placeOf(document, text, old);
  if (start < at) return refuse(`${pathOf(old)} стоит перед тем, что подписывает`);
  return text.slice(0, at) + made + text.slice(at, start) + text.slice(end);
}

/** @throws Fault SIGNATURE_TARGET */
function findSpot(document: XmlDocument, role: Exclude<Role, 'record'>): Spot {
  const payload = payloadOf(document.root);
  const version = versionOfTypes(payload.namespaceUri);
  if (version === undefined) return refuse(`${pathOf(payload)}: не сообщение СМЭВ 3`);
  if (role === 'smev') return smevSpot(payload, version);
  if (role === 'routing') return routingSpot(payload);
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
    signed,
    parent: payload,
    namespace: smevNamespaces[version].types,
    container: 'CallerInformationSystemSignature',
    after: attachments ?? signed,
  };
}

/** Routing of 1.3 beside the message; its signature is over RoutingInformation alone. */
function routingSpot(payload: XmlElement): Spot {
  const parent = child(payload, routingNamespace, 'Routing');
  const signed = parent && child(parent, routingNamespace, 'RoutingInformation');
  if (parent === undefined || signed === undefined) {
    return refuse(`${pathOf(payload)}: нет Routing/RoutingInformation`);
  }
  const container = 'RoutingSignature';
  return { signed, parent, namespace: routingNamespace, container, after: signed };
}

/** Every RegistryRecord of the business content (schema directive of 1.3). */
function recordsOf(document: XmlDocument): XmlElement[] {
  const payload = payloadOf(document.root);
  const version = versionOfTypes(payload.namespaceUri);
  const data = version && signedByCaller(payload, version);
  const registry = data && primaryContentOf(data, version);
  if (registry === undefined || !isNamed(registry, directiveNamespace, 'Registry')) return [];
  return childElements(registry).filter((e) => isNamed(e, directiveNamespace, 'RegistryRecord'));
}

function recordSpot(parent: XmlElement | undefined): Spot {
  const signed = parent && child(parent, directiveNamespace, 'Record');
  if (parent === undefined || signed === undefined) return refuse('нет Record');
  const container = 'RecordSignature';
  return { signed, parent, namespace: directiveNamespace, container, after: signed };
}

function personalSpot(data: XmlElement, version: Version): Spot {
  const content = child(data, smevNamespaces[version].basic, 'MessagePrimaryContent');
  const signed = primaryContentOf(data, version);
  if (content === undefined || signed === undefined) {
    return refuse(`${pathOf(data)}: нет MessagePrimaryContent`);
  }
  const namespace = smevNamespaces[version].types;
  return { signed, parent: data, namespace, container: 'PersonalSignature', after: content };
}

/** MessageMetadata stands in the answer itself; what a poll brings, one element below it. */
function smevSpot(payload: XmlElement, version: Version): Spot {
  const { types } = smevNamespaces[version];
  for (const parent of [payload, ...childElements(payload)]) {
    const children = childElements(parent);
    const signed = children.find((each) => signedBySmev.some((name) => isNamed(each, types, name)));
    const last = children.filter((each) => !isNamed(each, types, 'SMEVSignature')).at(-1);
    if (signed === undefined || last === undefined) continue;
    return { signed, parent, namespace: types, container: 'SMEVSignature', after: last };
  }
  return refuse(`${pathOf(payload)}: нечего подписывать СМЭВ`);
}

function withText<T>(text: string, use: (document: XmlDocument) => T): T {
  return withXml(Buffer.from(text), use);
}

function refuse(what: string): never {
  throw new Fault('SIGNATURE_TARGET', { public: what });
}
