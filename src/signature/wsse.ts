import { Fault } from '../fault/fault.ts';
import { soapNamespace } from '../smev/namespaces.ts';
import { canonicalize } from '../xml/canonicalize.ts';
import { withXml } from '../xml/document.ts';
import { child } from '../xml/navigate.ts';
import { signatureText } from './sign.ts';
import type { Signer } from './signer.ts';

const wss = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';

export const wsseNamespace = `${wss}-wssecurity-secext-1.0.xsd`;
export const wsuNamespace = `${wss}-wssecurity-utility-1.0.xsd`;
export const x509TokenType = `${wss}-x509-token-profile-1.0#X509v3`;

const bodyId = 'body';
const tokenId = 'token';

/**
 * Signs the Body of an envelope that has no Header: a wsse:Security header with a binary security
 * token and a signature over the Body (WSS X.509 Certificate Token Profile 1.1 §3.3). It is not
 * mandatory to understand, so clients that know nothing of it read the fault as ever.
 */
export function signBody(envelope: string, signer: Signer): string {
  const start = '<soap:Body>';
  if (!envelope.includes(start)) throw new Fault('INTERNAL', { private: 'no Body to sign' });
  const marked = envelope.replace(
    start,
    `<soap:Body xmlns:wsu="${wsuNamespace}" wsu:Id="${bodyId}">`,
  );
  const octets = withXml(Buffer.from(marked), (document) => {
    const body = child(document.root, soapNamespace, 'Body');
    if (body === undefined) throw new Fault('INTERNAL', { private: 'no Body to sign' });
    return canonicalize(body);
  });
  const signature = signatureText(octets, signer, bodyId, tokenReference());
  const header = `<soap:Header>${securityHeader(signer, signature)}</soap:Header>`;
  return marked.replace('<soap:Body ', `${header}<soap:Body `);
}

function securityHeader({ certificate }: Signer, signature: string): string {
  return (
    `<wsse:Security xmlns:wsse="${wsseNamespace}" xmlns:wsu="${wsuNamespace}">` +
    `<wsse:BinarySecurityToken wsu:Id="${tokenId}" ValueType="${x509TokenType}" ` +
    `EncodingType="${wss}-soap-message-security-1.0#Base64Binary">` +
    `${certificate.der.toString('base64')}</wsse:BinarySecurityToken>${signature}</wsse:Security>`
  );
}

function tokenReference(): string {
  return (
    `<wsse:SecurityTokenReference><wsse:Reference URI="#${tokenId}" ValueType="${x509TokenType}">` +
    '</wsse:Reference></wsse:SecurityTokenReference>'
  );
}
