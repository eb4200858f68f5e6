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
}

/** All signatures of a document in document order; one inside another's ds:Object is one of them. */
export function findSignatures(document: XmlDocument): FoundSignature[] {
  const found: FoundSignature[] = [];
  for (const element of everyElement(document)) {
    if (!isNamed(element, dsNamespace, 'Signature')) continue;
    const container = element.parent ?? undefined;
    const demanded = container?.parent ? demandedBy(container, container.parent) : undefined;
    found.push({ signature: element, container, demanded });
  }
  return found;
}

/** What each container of the schemas is there to sign, found among its siblings. */
function demandedBy(container: XmlElement, parent: XmlElement): XmlElement | undefined {
  const { namespaceUri: namespace, name } = container;
  if (namespace === wsseNamespace) {
    return parent.parent === null ? undefined : child(parent.parent, soapNamespace, 'Body');
  }
  if (namespace === routingNamespace) return child(parent, routingNamespace, 'RoutingInformation');
  if (namespace === directiveNamespace) {
    const signed = name === 'PersonalSignature' ? 'RecordContent' : 'Record';
    return child(parent, directiveNamespace, signed);
  }
  const version = versionOfTypes(namespace);
  if (version === undefined) return undefined;
  switch (name) {
    case 'CallerInformationSystemSignature':
      return signedByCaller(parent, version);
    case 'SenderInformationSystemSignature':
      return oneOf(parent, version, ['SenderProvidedRequestData', 'SenderProvidedResponseData']);
    case 'SMEVSignature':
      return oneOf(parent, version, signedBySmev);
    case 'PersonalSignature':
      return primaryContentOf(parent, version);
    default:
      return undefined;
  }
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

function oneOf(
  parent: XmlElement,
  version: Version,
  names: readonly string[],
): XmlElement | undefined {
  const { types } = smevNamespaces[version];
  return childElements(parent).find((each) => names.some((name) => isNamed(each, types, name)));
}
