import { escapeAttribute } from '../xml/escape.ts';

const address = /(<soap:address\s+location=)"[^"]*"/g;
const location = /(\sschemaLocation=)"(?:[^"/]*\/)*([A-Za-z0-9._-]+\.xsd)"/g;

/**
 * A WSDL of wsdl/ as a client gets it: the service's address is `serviceUrl`, the schemas lie behind
 * its ?xsd=NAME. The files are the project's own, so their text is known.
 */
export function publishWsdl(wsdl: string, serviceUrl: string): string {
  const url = escapeAttribute(serviceUrl);
  return publishXsd(wsdl, serviceUrl).replace(address, (_, head) => `${head}"${url}"`);
}

/** A schema of schemas/smev as a client gets it: what it imports lies behind ?xsd=NAME. */
export function publishXsd(xsd: string, serviceUrl: string): string {
  const url = escapeAttribute(serviceUrl);
  return xsd.replace(location, (_, head, name) => `${head}"${url}?xsd=${name}"`);
}
