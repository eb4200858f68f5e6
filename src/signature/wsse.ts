import { Fault } from '../fault/fault.ts';
import type { Certificate } from '../pki/certificate.ts';
import { dsNamespace, soapNamespace } from '../smev/namespaces.ts';
import { withXml, type XmlDocument, type XmlElement } from '../xml/document.ts';
import { elementsWithId } from '../xml/ids.ts';
import { child, childElements, isNamed } from '../xml/navigate.ts';
import { bodyProfileOf, type Profile } from './profiles.ts';
import { signatureText } from './sign.ts';
import type { Signer } from './signer.ts';
import type { Structure } from './structure.ts';
import { octetsUnder } from './transforms.ts';
import { certificateIn, type Verified, verifySignature } from './verify.ts';

const wss = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';

export const wsseNamespace = `${wss}-wssecurity-secext-1.0.xsd`;
export const wsuNamespace = `${wss}-wssecurity-utility-1.0.xsd`;
const x509TokenType = `${wss}-x509-token-profile-1.0#X509v3`;

const bodyId = 'body';
const tokenId = 'token';

/**
 * Signs the Body of an envelope: a wsse:Security header with a binary security token and a signature
 * over the Body (WSS X.509 Certificate Token Profile 1.1 §3.3). It is not mandatory to understand, so
 * clients that know nothing of it read the envelope as ever. The envelope is written with the prefix
 * soap; the header goes after the entries that are there.
 */
export function signBody(envelope: string, by: Signer): string {
  const signer = { ...by, profile: bodyProfileOf(by.keyKind) };
  const start = envelope.indexOf('<soap:Body>');
  if (start < 0) throw new Fault('INTERNAL', { private: 'no Body to sign' });
  const before = envelope.slice(0, start);
  const body = envelope.slice(start).replace('<soap:Body>', () => markedBody);
  const octets = withXml(Buffer.from(before + body), (document) => {
    const found = child(document.root, document.root.namespaceUri, 'Body');
    if (found === undefined) throw new Fault('INTERNAL', { private: 'no Body to sign' });
    return octetsUnder(signer.profile, found);
  });
  const security = securityHeader(signer, signatureText(octets, signer, bodyId, tokenReference()));
  const end = before.lastIndexOf('</soap:Header>');
  return end < 0
    ? `${before}<soap:Header>${security}</soap:Header>${body}`
    : `${before.slice(0, end)}${security}${before.slice(end)}${body}`;
}

const markedBody = `<soap:Body xmlns:wsu="${wsuNamespace}" wsu:Id="${bodyId}">`;

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

/**
 * Verifies the signature that signBody makes: its certificate is the token of the same header.
 *
 * @throws Fault SIGNATURE_*, CERTIFICATE_*
 */
export function verifyBody(document: XmlDocument, allowed: readonly Profile[]): Verified {
  const header = child(document.root, soapNamespace, 'Header');
  const security = header && child(header, wsseNamespace, 'Security');
  const signature = security && child(security, dsNamespace, 'Signature');
  const body = child(document.root, soapNamespace, 'Body');
  if (security === undefined || signature === undefined || body === undefined) {
    throw new Fault('SIGNATURE_MISSING');
  }
  return verifySignature(document, signature, body, allowed, (structure) =>
    tokenOf(document, security, structure),
  );
}

/**
 * The certificate in the BinarySecurityToken that KeyInfo points at; the token stands in the same
 * wsse:Security (WSS X.509 Certificate Token Profile 1.1 §3.2.1). A certificate beside the pointer
 * would be another claim of who signed.
 *
 * @throws Fault CERTIFICATE_MISSING, CERTIFICATE_UNREADABLE, SIGNATURE_FORMAT
 */
export function tokenOf(
  document: XmlDocument,
  security: XmlElement,
  { keyInfo }: Structure,
): Certificate {
  if (keyInfo !== undefined && childElements(keyInfo).length > 1) {
    throw new Fault('SIGNATURE_FORMAT', { public: 'KeyInfo: ожидается одна ссылка' });
  }
  const given = keyInfo && child(keyInfo, wsseNamespace, 'SecurityTokenReference');
  const uri = given && child(given, wsseNamespace, 'Reference')?.attr('URI')?.value;
  const [token, second] = elementsWithId(document, uri?.replace(/^#/, '') ?? '');
  const here = token !== undefined && second === undefined && token.parent?.isSameNode(security);
  if (!here || !isNamed(token, wsseNamespace, 'BinarySecurityToken')) {
    throw new Fault('CERTIFICATE_MISSING');
  }
  return certificateIn(token);
}
