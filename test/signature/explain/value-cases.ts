import { constants, type KeyObject, sign } from 'node:crypto';
import { signDigest } from '../../../src/gost/signature.ts';
import { readGostPrivateKey } from '../../../src/pki/gost-key.ts';
import { digestOf } from '../../../src/signature/digest.ts';
import { type Signer, signerFromPem } from '../../../src/signature/signer.ts';
import { canonicalize, canonicalizeAs } from '../../../src/xml/canonicalize.ts';
import type { XmlElement } from '../../../src/xml/document.ts';
import { keyOf, selfSigned, signedRequest, signerOf } from '../documents.ts';
import { examplePem, exampleSigner, signedOddly } from './damaged.ts';
import { type Case, content } from './digest-cases.ts';

type Change = (text: string) => string;

const rsa = () => signerOf('rsa');
const ec = () => signerOf('ec');
const gost = () => exampleSigner('agency-a-gost');

function damaged(name: string, cause: string | null, signer: () => Signer, change: Change): Case {
  return { name, cause, make: () => change(signedRequest(signer(), content)) };
}

/** The right digest, and a value made otherwise than is declared. */
function odd(
  name: string,
  cause: string,
  signer: () => Signer,
  value: (signedInfo: XmlElement, signer: Signer) => Uint8Array,
): Case {
  const make = () => {
    const by = signer();
    return signedOddly(signedRequest(by, content), by, undefined, (info) => value(info, by));
  };
  return { name, cause, make };
}

const pairs = { rsa: selfSigned('rsa'), ec: selfSigned('ec') };
const pairSigner = (kind: 'rsa' | 'ec') => () =>
  signerFromPem(pairs[kind].key, pairs[kind].certificate);
const keyed =
  (kind: 'rsa' | 'ec', make: (key: KeyObject, octets: Buffer) => Uint8Array) =>
  (info: XmlElement) =>
    make(keyOf(pairs[kind]), canonicalize(info));

const printed: Change = (t) => t.replace('<ds:SignatureMethod', '\n  <ds:SignatureMethod');
const swapped = (value: Buffer) => {
  const half = value.length / 2;
  return Buffer.concat([value.subarray(half), value.subarray(0, half)]);
};
const signed = (info: XmlElement, by: Signer) => by.sign(canonicalize(info));
const certificate = /<ds:X509Certificate>[^<]*<\/ds:X509Certificate>/;
const holding = (by: Signer) =>
  `<ds:X509Certificate>${by.certificate.der.toString('base64')}</ds:X509Certificate>`;

const altered: readonly Case[] = [
  damaged('printed, RSA', 'pretty-printed', rsa, printed),
  damaged('printed, ECDSA', 'pretty-printed', ec, printed),
  damaged('printed, GOST', 'pretty-printed', gost, printed),
  damaged('under another prefix', 'prefixes-rewritten', rsa, (t) =>
    t.replace(/<(\/?)ds:/g, '<$1').replace('xmlns:ds=', 'xmlns='),
  ),
  odd('canonicalized inclusively', 'inclusive-for-exclusive', ec, (info, by) =>
    by.sign(canonicalizeAs(info, { inclusive: true })),
  ),
  damaged('with an attribute more, RSA', 'signed-info-altered', rsa, (t) =>
    t.replace('<ds:Reference ', '<ds:Reference Id="r" '),
  ),
  damaged('with an attribute more, ECDSA', null, ec, (t) =>
    t.replace('<ds:Reference ', '<ds:Reference Id="r" '),
  ),
];

const keys: readonly Case[] = [
  damaged('beside a wrong certificate', 'other-certificate', gost, (t) =>
    t.replace(certificate, (own) => holding(exampleSigner('agency-b-gost')) + own),
  ),
  damaged('with the certificate of another RSA key', 'key-or-value', rsa, (t) =>
    t.replace(certificate, () => holding(pairSigner('rsa')())),
  ),
];

const values: readonly Case[] = [
  odd(
    'in DER',
    'value-is-der',
    pairSigner('ec'),
    keyed('ec', (key, octets) => sign('sha256', octets, key)),
  ),
  odd('with its halves swapped', 'halves-swapped', ec, (info, by) => swapped(signed(info, by))),
  odd('with its halves swapped, GOST', 'halves-swapped', gost, (info, by) =>
    swapped(signed(info, by)),
  ),
  odd('reversed, RSA', 'value-reversed', rsa, (info, by) => signed(info, by).reverse()),
  odd('reversed, GOST', 'value-reversed', gost, (info, by) => signed(info, by).reverse()),
  odd('of numbers little-endian, GOST', 'value-reversed', gost, (info, by) =>
    swapped(signed(info, by).reverse()),
  ),
  odd('over the digest reversed', 'signed-digest-reversed', gost, (info) =>
    signDigest(
      readGostPrivateKey(examplePem('agency-a-gost', 'key')),
      digestOf('streebog256', canonicalize(info)).reverse(),
      (size) => Buffer.alloc(size, 7),
    ),
  ),
  odd(
    'by SHA-512, RSA',
    'signed-hash-other',
    pairSigner('rsa'),
    keyed('rsa', (key, octets) => sign('sha512', octets, key)),
  ),
  odd(
    'by SHA-512, ECDSA',
    'signed-hash-other',
    pairSigner('ec'),
    keyed('ec', (key, octets) => sign('sha512', octets, { key, dsaEncoding: 'ieee-p1363' })),
  ),
  odd(
    'with PSS padding',
    'rsa-pss',
    pairSigner('rsa'),
    keyed('rsa', (key, octets) =>
      sign('sha256', octets, { key, padding: constants.RSA_PKCS1_PSS_PADDING }),
    ),
  ),
];

export const valueCases = [...altered, ...keys, ...values];
