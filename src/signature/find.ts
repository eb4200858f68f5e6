import {
  directiveNamespace,
  dsNamespace,
  routingNamespace,
  smevNamespaces,
  soapNamespace,
  type Version,
  versionOfTypes,
} from '../smev/namespaces.ts';
import { operationOf } from '../smev/operations.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { child, childElements, everyElement, isNamed } from '../xml/navigate.ts';
import { wsseNamespace } from './wsse.ts';

/** A ds:Signature and what its place says of it. */
export interface FoundSignature {
  readonly signature: XmlElement;
  /** The element that holds it; undefined for a document that is a signature. */
  readonly container: XmlElement | undefined;
  /** The element that a signature in this place has to cover; undefined where no rule says so. */
  readonly demanded: XmlElement | undefined;
  /** Nobody looks for a signature here, or what it has to cover is missing or there twice. */
  readonly misplaced: boolean;
}

/** All signatures of a document in document order; one inside another's ds:Object is one of them. */
export function findSignatures(document: XmlDocument): FoundSignature[] {
  const found: FoundSignature[] = [];
  for (const element of everyElement(document)) {
    if (!isNamed(element, dsNamespace, 'Signature')) continue;
    const container = element.parent ?? undefined;
    const candidates = container?.parent ? demandedBy(container, container.parent) : undefined;
    const [demanded, ...others] = candidates ?? [];
    const unclear = candidates !== undefined && (demanded === undefined || others.length > 0);
    const misplaced = unclear || (container !== undefined && isAstray(container, document.root));
    found.push({ signature: element, container, demanded, misplaced });
  }
  return found;
}

/** What each container of the schemas is there to sign, among its siblings; undefined for others. */
function demandedBy(container: XmlElement, parent: XmlElement): XmlElement[] | undefined {
  const { namespaceUri: namespace, name } = container;
  if (namespace === wsseNamespace) {
    return parent.parent === null ? undefined : named(parent.parent, soapNamespace, ['Body']);
  }
  if (namespace === routingNamespace) return named(parent, namespace, ['RoutingInformation']);
  if (namespace === directiveNamespace) {
    return named(parent, namespace, [name === 'PersonalSignature' ? 'RecordContent' : 'Record']);
  }
  const version = versionOfTypes(namespace);
  if (version === undefined) return undefined;
  const { types, basic } = smevNamespaces[version];
  switch (name) {
    case 'CallerInformationSystemSignature': {
      const signed = operationOf(version, parent.name)?.signed;
      return signed === undefined
        ? []
        : named(parent, { types, basic }[signed.namespace], [signed.local]);
    }
    case 'SenderInformationSystemSignature':
      return named(parent, types, ['SenderProvidedRequestData', 'SenderProvidedResponseData']);
    case 'SMEVSignature':
      return named(parent, types, signedBySmev);
    case 'PersonalSignature':
      return named(parent, basic, ['MessagePrimaryContent']).flatMap(childElements);
    default:
      return undefined;
  }
}

/**
 * Whether a container of SMEV stands where nobody looks: in an element of another namespace, or in an
 * envelope anywhere but below the one child of its one Body.
 */
function isAstray(container: XmlElement, root: XmlElement): boolean {
  if (versionOfTypes(container.namespaceUri) === undefined) return false;
  if (container.parent?.namespaceUri !== container.namespaceUri) return true;
  if (!isNamed(root, soapNamespace, 'Envelope')) return false;
  const [body, ...bodies] = named(root, soapNamespace, ['Body']);
  const [payload, ...others] = body === undefined ? [] : childElements(body);
  if (payload === undefined || bodies.length > 0 || others.length > 0) return true;
  for (let at: XmlElement | null = container.parent; at !== null; at = at.parent) {
    if (at.isSameNode(payload)) return false;
  }
  return true;
}

/** What the exchange itself signs, wherever it stands (types of each version's schemas). */
export const signedBySmev: readonly string[] = [
  'MessageMetadata',
  'Request',
  'Response',
  'AsyncProcessingStatusData',
];

/** The element of a request that its operation has the caller sign. */
export function signedByCaller(payload: XmlElement, version: Version): XmlElement | undefined {
  const signed = operationOf(version, payload.name)?.signed;
  return signed && child(payload, smevNamespaces[version][signed.namespace], signed.local);
}

/** The one child of MessagePrimaryContent. */
export function primaryContentOf(data: XmlElement, version: Version): XmlElement | undefined {
  const content = child(data, smevNamespaces[version].basic, 'MessagePrimaryContent');
  return content && childElements(content)[0];
}

function named(parent: XmlElement, namespace: string, names: readonly string[]): XmlElement[] {
  return childElements(parent).filter((each) =>
    names.some((name) => isNamed(each, namespace, name)),
  );
}
