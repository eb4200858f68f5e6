import { context, der, integer, nothing, octetString, oid, sequence } from './asn1.ts';
import type { Certificate } from './certificate.ts';
import { certIdHash, nonceId, sha1Id } from './ocsp.ts';

/** Octets that a nonce has (RFC 9654 §2.1). */
export const nonceOctets = 32;

/**
 * Asks about one certificate (RFC 6960 §4.1), by the SHA-1 of its issuer's name and key: many responders
 * know no other (RFC 5019 §2.1.1), and no trust rests on it.
 *
 * @param nonce drawn for this question alone
 */
export function ocspRequest(
  certificate: Certificate,
  issuer: Certificate,
  nonce: Uint8Array,
): Buffer {
  const { nameHash, keyHash } = certIdHash(sha1Id, issuer);
  const certId = sequence([
    sequence([oid(sha1Id), nothing()]),
    octetString(nameHash),
    octetString(keyHash),
    integer(certificate.parts.serial.toString('binary')),
  ]);
  const extension = sequence([oid(nonceId), octetString(nonceValue(nonce))]);
  const request = sequence([sequence([sequence([certId])]), context(2, [sequence([extension])])]);
  return der(sequence([request]));
}

/** What the extension holds: the nonce as an OCTET STRING (RFC 9654 §2.1). */
export function nonceValue(nonce: Uint8Array): Buffer {
  return der(octetString(nonce));
}
