import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueCertificate } from '../../../src/pki/issue.ts';
import { newKey } from '../../../src/pki/issuing-key.ts';
import { type Signer, signerFromPem } from '../../../src/signature/signer.ts';
import { checkout } from '../../harness/node.ts';
import type { Attack, Chapter } from '../attack.ts';
import {
  attack,
  by,
  changed,
  part,
  parts,
  redigested,
  resigned,
  signedNote,
  signer,
} from '../messages.ts';
import { forgedByCubeRoot } from './cube-root.ts';

const more = 'http://www.w3.org/2001/04/xmldsig-more#';
const newer = 'http://www.w3.org/2007/05/xmldsig-more#';
const value = { code: 'SIGNATURE_VALUE', verify: 'SIGNATURE_VALUE' } as const;
const algorithm = { code: 'SIGNATURE_ALGORITHM', verify: 'SIGNATURE_ALGORITHM' } as const;
const weak = { code: 'SIGNATURE_KEY_WEAK', verify: 'SIGNATURE_KEY_WEAK' } as const;
const missing = { code: 'CERTIFICATE_MISSING', verify: 'CERTIFICATE_MISSING' } as const;

const day = 86_400_000;

/** A signer whose certificate says what it likes; whether to trust it is asked after the signature. */
function signerOf(key: KeyObject, hash: 'sha1' | 'sha256' = 'sha256'): Signer {
  const now = Date.now();
  const issued = issueCertificate(key, {
    commonName: 'Нападающий',
    organization: 'Тест',
    notBefore: now - day,
    notAfter: now + day,
  });
  return signerFromPem(issued.key, issued.certificate, hash);
}

const keys = new Map<string, KeyObject>();
/** Keys are made when they are first needed. */
function keyOf(name: string, make: () => KeyObject): KeyObject {
  const known = keys.get(name) ?? make();
  keys.set(name, known);
  return known;
}

const own = (kind: 'rsa' | 'ec', size: number | string) =>
  keyOf(`${kind}-${size}`, () => newKey(kind, size));
const exponent3 = () =>
  keyOf(
    'e3',
    () => generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey,
  );
const strong = () => own('rsa', 2048);
const agencyKey = () =>
  createPrivateKey(readFileSync(join(checkout, 'certs.example', 'agency-a.key.pem'), 'utf8'));

/** Puts another method in, and the value that `make` computes over the changed SignedInfo. */
function withMethod(text: string, uri: string, make: (octets: Uint8Array) => Buffer): string {
  const other: Signer = { ...signer, sign: make };
  return resigned(
    text,
    (i) => changed(i, /SignatureMethod Algorithm="[^"]*"/, `SignatureMethod Algorithm="${uri}"`),
    other,
  );
}

const methods: readonly Attack[] = [
  attack(
    "HMAC, its key the sender's public key",
    (t) =>
      withMethod(t, `${more}hmac-sha256`, (octets) => {
        const spki = createPublicKey(agencyKey()).export({ type: 'spki', format: 'der' });
        return createHmac('sha256', spki).update(octets).digest();
      }),
    { ...algorithm, guards: ['closed table of methods', 'no HMAC'] },
  ),
  attack(
    'HMACOutputLength, which would cut what is compared',
    (t) =>
      resigned(t, (i) =>
        changed(
          i,
          '</ds:SignatureMethod>',
          (end) => `<ds:HMACOutputLength>8</ds:HMACOutputLength>${end}`,
        ),
      ),
    {
      code: 'SIGNATURE_FORMAT',
      verify: 'SIGNATURE_FORMAT',
      guards: ['no parameters of SignatureMethod'],
    },
  ),
  attack(
    'RSA-PSS with parameters of its own',
    (t) => {
      const made = withMethod(t, `${newer}rsa-pss`, () => Buffer.from('x'));
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return resigned(
        made,
        (i) =>
          changed(
            i,
            '</ds:SignatureMethod>',
            (end) =>
              `<p:RSAPSSParams xmlns:p="${newer}"><p:SaltLength>0</p:SaltLength></p:RSAPSSParams>${end}`,
          ),
        { ...signer, sign: (o) => sign('sha256', o, { key: agencyKey(), padding, saltLength: 0 }) },
      );
    },
    {
      code: 'SIGNATURE_FORMAT',
      verify: 'SIGNATURE_FORMAT',
      guards: ['no parameters of SignatureMethod', 'closed table of methods', 'PKCS #1 v1.5 alone'],
    },
  ),
  attack('a method that is no method', (t) => withMethod(t, 'urn:none', () => Buffer.from('x')), {
    ...algorithm,
    guards: ['closed table of methods', 'the value holds'],
  }),
  attack(
    'an empty SignatureValue',
    (t) => changed(t, parts.signatureValue, '<ds:SignatureValue>'),
    {
      code: 'SIGNATURE_FORMAT',
      verify: 'SIGNATURE_FORMAT',
      guards: ['base64 is of its alphabet', 'the value holds'],
    },
  ),
  attack('a SignatureValue of zeros', (t) => valued(t, Buffer.alloc(256)), {
    ...value,
    guards: ['the value holds'],
  }),
  by('RSA with SHA-1', () => signerOf(strong(), 'sha1'), {
    ...algorithm,
    guards: ['methods of a profile'],
  }),
  attack(
    'SHA-1 for the digest alone',
    (t) => {
      const sha1 = signedNote(undefined, signerOf(strong(), 'sha1'));
      const method = part(sha1, /<ds:DigestMethod[^>]*>/);
      return redigested(changed(t, /<ds:DigestMethod[^>]*>/, method));
    },
    { ...algorithm, guards: ['methods of a profile'] },
  ),
  attack(
    'ECDSA named for an RSA key',
    (t) => withMethod(t, `${more}ecdsa-sha256`, (o) => signer.sign(o)),
    {
      ...algorithm,
      guards: ['key of the kind that the method names', 'curves that are strong'],
    },
  ),
];

const strength: readonly Attack[] = [
  by('RSA of 1024 bits', () => signerOf(own('rsa', 1024)), {
    ...weak,
    guards: ['strong RSA keys'],
  }),
  by('RSA with the exponent 3', () => signerOf(exponent3()), {
    ...weak,
    guards: ['strong RSA keys'],
  }),
  by(
    'a value for the exponent 3 that needs no private key: a cube root with garbage behind the hash',
    () => ({
      ...signerOf(exponent3()),
      sign: (octets) => forgedByCubeRoot(octets, 256),
    }),
    { ...weak, guards: ['strong RSA keys'], library: 'OpenSSL' },
  ),
  by('the curve P-521', () => signerOf(own('ec', 'secp521r1')), {
    ...weak,
    guards: ['curves that are strong'],
  }),
  by('the curve secp256k1', () => signerOf(own('ec', 'secp256k1')), {
    ...weak,
    guards: ['curves that are strong'],
  }),
  by(
    'an ECDSA value of r = s = 0',
    () => ({ ...signerOf(own('ec', 'prime256v1')), sign: () => Buffer.alloc(64) }),
    { ...value, guards: ['the value holds'] },
  ),
];

const base64Of = ({ certificate }: Signer) => certificate.der.toString('base64');
const attacker = () => signerOf(strong());
const twoCertificates = (first: Signer, second: Signer) =>
  `<ds:X509Certificate>${base64Of(first)}</ds:X509Certificate><ds:X509Certificate>${base64Of(second)}`;

const keyInfos: readonly Attack[] = [
  attack(
    "the attacker's certificate in place of the signer's",
    (t) => withCertificate(t, base64Of(attacker())),
    {
      ...value,
      guards: ['the value holds'],
    },
  ),
  attack(
    "the signer's certificate over a value of the attacker's",
    (t) =>
      resigned(
        t,
        (i) => `${i} `.trimEnd().replace('</ds:Reference>', ' </ds:Reference>'),
        attacker(),
      ),
    { ...value, guards: ['the value holds'] },
  ),
  attack(
    "two certificates, the attacker's first",
    (t) => changed(t, parts.certificate, twoCertificates(attacker(), signer)),
    { ...value, guards: ['the value holds'] },
  ),
  attack(
    "two certificates, the attacker's second, over a value of the attacker's",
    () => {
      const made = signedNote(undefined, attacker());
      return changed(made, parts.certificate, twoCertificates(signer, attacker()));
    },
    { ...value, guards: ['the value holds'] },
  ),
  attack(
    "two X509Data, the attacker's first",
    (t) =>
      changed(
        t,
        '<ds:X509Data>',
        (start) =>
          `<ds:X509Data><ds:X509Certificate>${base64Of(attacker())}</ds:X509Certificate></ds:X509Data>${start}`,
      ),
    { ...value, guards: ['the value holds'] },
  ),
  attack('an empty KeyInfo', (t) => changed(t, parts.keyInfo, '<ds:KeyInfo></ds:KeyInfo>'), {
    ...missing,
    guards: ['a certificate in KeyInfo itself', 'the value holds'],
  }),
  attack('no KeyInfo', (t) => changed(t, parts.keyInfo, ''), {
    ...missing,
    guards: ['a certificate in KeyInfo itself', 'the value holds'],
  }),
  attack(
    'a KeyValue in place of the certificate',
    (t) =>
      changed(
        t,
        parts.keyInfo,
        '<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>',
      ),
    { ...missing, guards: ['a certificate in KeyInfo itself', 'the value holds'] },
  ),
  attack(
    'octets after the certificate, which give it another fingerprint',
    (t) =>
      withCertificate(
        t,
        Buffer.concat([signer.certificate.der, Buffer.alloc(2)]).toString('base64'),
      ),
    {
      code: 'CERTIFICATE_UNREADABLE',
      verify: 'CERTIFICATE_UNREADABLE',
      guards: ['nothing after a certificate', 'one item of DER'],
    },
  ),
  attack('a certificate that is none', (t) => withCertificate(t, 'AAAA'), {
    code: 'CERTIFICATE_UNREADABLE',
    verify: 'CERTIFICATE_UNREADABLE',
    guards: [],
    library: 'OpenSSL',
  }),
];

function withCertificate(text: string, base64: string): string {
  return changed(text, parts.certificate, `<ds:X509Certificate>${base64}`);
}

function valued(text: string, octets: Buffer): string {
  return changed(text, parts.signatureValue, `<ds:SignatureValue>${octets.toString('base64')}`);
}

export const keysAndMethods: Chapter = {
  title: 'Keys, methods and certificates in the signature',
  file: 'test/attacks/catalogue/keys.ts',
  attacks: [...methods, ...strength, ...keyInfos],
};
