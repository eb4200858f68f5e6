/** Versions of the SMEV message exchange protocol that this node speaks. */
export const versions = ['1.1', '1.2', '1.3'] as const;
export type Version = (typeof versions)[number];

export interface Namespaces {
  readonly types: string;
  readonly basic: string;
  readonly faults: string;
  readonly service: string;
}

const exchange = 'urn://x-artefacts-smev-gov-ru/services/message-exchange';

function namespacesOf(version: Version): Namespaces {
  return {
    types: `${exchange}/types/${version}`,
    basic: `${exchange}/types/basic/${version}`,
    faults: `${exchange}/types/faults/${version}`,
    service: `${exchange}/${version}`,
  };
}

/** The target namespaces of each version's published schemas. */
export const smevNamespaces: Readonly<Record<Version, Namespaces>> = {
  '1.1': namespacesOf('1.1'),
  '1.2': namespacesOf('1.2'),
  '1.3': namespacesOf('1.3'),
};

export const soapNamespace = 'http://schemas.xmlsoap.org/soap/envelope/';
export const soap12Namespace = 'http://www.w3.org/2003/05/soap-envelope';
export const dsNamespace = 'http://www.w3.org/2000/09/xmldsig#';
export const routingNamespace = `${exchange}/types/routing/1.3`;
export const directiveNamespace = `${exchange}/types/directive/1.3`;

/** The version whose types namespace this is, or undefined. */
export function versionOfTypes(namespace: string): Version | undefined {
  return versions.find((version) => smevNamespaces[version].types === namespace);
}
