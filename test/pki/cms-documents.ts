import { type IssuingKey, signDer } from '../../src/pki/issuing-key.ts';

/** One DER item out of its tag and the items or octets in it. */
export function item(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  const lengthOctets = length < 0x80 ? [length] : longLength(length);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets]), content]);
}

function longLength(length: number): number[] {
  const octets: number[] = [];
  for (let left = length; left > 0; left >>= 8) octets.unshift(left & 0xff);
  return [0x80 + octets.length, ...octets];
}

export const sequence = (...parts: readonly Uint8Array[]) => item(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]) => item(0x31, ...parts);
export const octets = (bytes: Uint8Array) => item(0x04, bytes);

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left & 0x7f) | 0x80);
    }
    return groups;
  });
  return item(0x06, Buffer.from(bytes));
}

export function attribute(type: string, ...values: readonly Uint8Array[]): Buffer {
  return sequence(oid(type), set(...values));
}

/** The parts of a SignedData, each as DER, so that one of them can be made wrong. */
export interface SignedDataParts {
  readonly type: string;
  readonly contentType: string;
  readonly content: readonly Buffer[];
  readonly certificates: readonly Buffer[];
  readonly sid: Buffer;
  readonly digestOid: string;
  readonly attributes: readonly Buffer[];
  readonly signatureOid: string;
  readonly signers: number;
  /** RevocationInfoChoices (RFC 5652 §10.2.1). */
  readonly revocation?: readonly Buffer[];
}

/** A SignedData out of its parts, signed by the key as they stand. */
export function signedData(parts: SignedDataParts, key: IssuingKey): Buffer {
  const signer = sequence(
    item(0x02, Buffer.from([1])),
    parts.sid,
    sequence(oid(parts.digestOid)),
    ...(parts.attributes.length === 0 ? [] : [item(0xa0, ...parts.attributes)]),
    sequence(oid(parts.signatureOid)),
    octets(signDer(key, set(...parts.attributes))),
  );
  const data = sequence(
    item(0x02, Buffer.from([1])),
    set(sequence(oid(parts.digestOid))),
    sequence(oid(parts.contentType), ...parts.content.map((part) => item(0xa0, octets(part)))),
    ...(parts.certificates.length === 0 ? [] : [item(0xa0, ...parts.certificates)]),
    ...(parts.revocation === undefined ? [] : [item(0xa1, ...parts.revocation)]),
    set(...Array.from({ length: parts.signers }, () => signer)),
  );
  return sequence(oid(parts.type), item(0xa0, data));
}
