import { createPrivateKey } from 'node:crypto';
import { type Issued, issueCertificate, type Wish } from '../../src/pki/issue.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import type { Hash } from '../../src/signature/algorithms.ts';
import { signText } from '../../src/signature/insert.ts';
import { type Signer, signerFromPem } from '../../src/signature/signer.ts';
import { type Verified, verifyCovered } from '../../src/signature/verify.ts';
import { smevNamespaces, soapNamespace } from '../../src/smev/namespaces.ts';
import { withXml, type XmlDocument, type XmlElement } from '../../src/xml/document.ts';
import { child } from '../../src/xml/navigate.ts';
import { acceptedProfiles } from '../harness/rules.ts';

export const { types, basic } = smevNamespaces['1.1'];
const day = 86_400_000;

/** A certificate of its own key, valid around now unless wished otherwise. */
export function selfSigned(
  kind: 'rsa' | 'ec',
  size?: number | string,
  wish: Partial<Wish> = {},
): Issued {
  const now = Date.now();
  return issueCertificate(newKey(kind, size), {
    commonName: 'Испытание',
    organization: 'Тест',
    notBefore: now - day,
    notAfter: now + day,
    ...wish,
  });
}

const pairs = new Map<string, Issued>();

/** A signer with a key made once a run: RSA 2048, or EC on the curve. */
export function signerOf(
  kind: 'rsa' | 'ec',
  hash: Hash = 'sha256',
  size?: number | string,
): Signer {
  const name = `${kind}-${size}`;
  const pair = pairs.get(name) ?? selfSigned(kind, size);
  pairs.set(name, pair);
  return signerFromPem(pair.key, pair.certificate, hash);
}

export function keyOf({ key }: Issued) {
  return createPrivateKey(key);
}

export const messageId = '2f0a1c30-cc61-11f0-8de9-0242ac120002';

/** A SendRequest envelope, unsigned. */
export function sendRequest(content = '<x:Query xmlns:x="urn:x">42</x:Query>', attributes = '') {
  return (
    `<soap:Envelope xmlns:soap="${soapNamespace}" ${attributes}><soap:Body>` +
    `<t:SendRequestRequest xmlns:t="${types}" xmlns:b="${basic}">` +
    `<t:SenderProvidedRequestData><t:MessageID>${messageId}</t:MessageID>` +
    `<b:MessagePrimaryContent>${content}</b:MessagePrimaryContent>` +
    '</t:SenderProvidedRequestData></t:SendRequestRequest></soap:Body></soap:Envelope>'
  );
}

export function signedRequest(signer = signerOf('rsa'), content?: string): string {
  return signText(sendRequest(content), 'caller', signer);
}

/** What judging a SendRequest does with its signature. */
export function verifyRequest(text: string): Verified {
  return withXml(Buffer.from(text), (document) => {
    const { payload, data } = partsOf(document);
    const container = child(payload, types, 'CallerInformationSystemSignature');
    if (container === undefined) throw new Error('no container');
    return verifyCovered(document, container, data, acceptedProfiles);
  });
}

export function partsOf(document: XmlDocument): { payload: XmlElement; data: XmlElement } {
  const body = child(document.root, soapNamespace, 'Body');
  const payload = body && child(body, types, 'SendRequestRequest');
  const data = payload && child(payload, types, 'SenderProvidedRequestData');
  if (payload === undefined || data === undefined) throw new Error('no request');
  return { payload, data };
}

/** The code of the fault that the work throws; 'none' when it throws nothing. */
export function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
