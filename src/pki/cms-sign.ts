import {
  type Asn1,
  context,
  der,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  set,
  time,
  verbatim,
} from './asn1.ts';
import type { Certificate } from './certificate.ts';
import { cmsOids } from './cms-read.ts';
import { gostKeyOids } from './gost-key.ts';
import { gostHashOf, type IssuingKey, isGostPair, isRsa, signDer } from './issuing-key.ts';
import { type ContentHash, hashOids } from './signature-algorithms.ts';

/** What a detached signature is made of. */
export interface DetachedWish {
  readonly key: IssuingKey;
  /** That of the key; it is put into the signature. */
  readonly certificate: Certificate;
  /** Of the content, under contentHashOf(key). */
  readonly digest: Uint8Array;
  /** ms UTC; left out where undefined. */
  readonly signingTime?: number;
}

/** What content is digested with before the key signs it. */
export function contentHashOf(key: IssuingKey): ContentHash {
  return isGostPair(key) ? gostHashOf(key) : 'sha256';
}

/**
 * A detached CMS signature of one signer with its certificate, as PKCS#7 attachments have it
 * (RFC 5652 §5; RFC 9215 and RFC 4490 for GOST): DER.
 */
export function signDetached({ key, certificate, digest, signingTime }: DetachedWish): Buffer {
  const digestAlgorithm = sequence([oid(hashOids[contentHashOf(key)])]);
  const attributes = signedAttributes(digest, signingTime);
  const { issuerName, serial } = certificate.parts;
  const signer = sequence([
    integer('\x01'),
    sequence([verbatim(issuerName), integer(serial.toString('binary'))]),
    digestAlgorithm,
    context(0, attributes),
    keyAlgorithm(key),
    octetString(signDer(key, der(set(attributes)))),
  ]);
  const signedData = sequence([
    integer('\x01'),
    set([digestAlgorithm]),
    sequence([oid(cmsOids.data)]),
    context(0, [verbatim(certificate.der)]),
    set([signer]),
  ]);
  return der(sequence([oid(cmsOids.signedData), context(0, [signedData])]));
}

/** In the order of DER: shorter first, then by octets (X.690 §11.6). */
function signedAttributes(digest: Uint8Array, signingTime: number | undefined): Asn1[] {
  const attribute = (type: string, value: Asn1) => sequence([oid(type), set([value])]);
  const attributes = [
    attribute(cmsOids.contentType, oid(cmsOids.data)),
    attribute(cmsOids.messageDigest, octetString(digest)),
  ];
  if (signingTime !== undefined) {
    attributes.push(attribute(cmsOids.signingTime, time(signingTime)));
  }
  return attributes.sort((a, b) => Buffer.compare(der(a), der(b)));
}

/** The algorithm of the key, as OpenSSL writes it for RSA and GOST; of key and digest for ECDSA. */
function keyAlgorithm(key: IssuingKey): Asn1 {
  if (isGostPair(key)) return sequence([oid(gostKeyOids[key.kind])]);
  if (isRsa(key)) return sequence([oid('1.2.840.113549.1.1.1'), nothing()]);
  return sequence([oid('1.2.840.10045.4.3.2')]);
}
