import forge from 'node-forge';
import { items } from './der.ts';

// The few shapes of DER that this room writes, over node-forge's writer (X.690).
const { asn1 } = forge;
export type Asn1 = forge.asn1.Asn1;
const universal = asn1.Class.UNIVERSAL;

export function sequence(value: Asn1[]): Asn1 {
  return asn1.create(universal, asn1.Type.SEQUENCE, true, value);
}

export function context(tag: number, value: Asn1[]): Asn1 {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag as forge.asn1.Type, true, value);
}

/** A string of octets under a tag of its context. */
export function tagged(tag: number, bytes: string): Asn1 {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag as forge.asn1.Type, false, bytes);
}

export function integer(bytes: string): Asn1 {
  return asn1.create(universal, asn1.Type.INTEGER, false, bytes);
}

export function boolean(value: boolean): Asn1 {
  return asn1.create(universal, asn1.Type.BOOLEAN, false, value ? '\xff' : '\x00');
}

export function oid(id: string): Asn1 {
  return asn1.create(universal, asn1.Type.OID, false, asn1.oidToDer(id).getBytes());
}

export function octetString(bytes: Uint8Array): Asn1 {
  return asn1.create(
    universal,
    asn1.Type.OCTETSTRING,
    false,
    Buffer.from(bytes).toString('binary'),
  );
}

export function bitString(bytes: Uint8Array): Asn1 {
  return asn1.create(
    universal,
    asn1.Type.BITSTRING,
    false,
    `\x00${Buffer.from(bytes).toString('binary')}`,
  );
}

/** The DER of a value. */
export function der(value: Asn1): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), 'binary');
}

/** An item that stands as DER already, octet by octet: forge would read a BIT STRING into its parts. */
export function verbatim(bytes: Buffer): Asn1 {
  const [item] = items(bytes);
  if (item === undefined) throw new RangeError('no DER');
  return asn1.create(
    universal,
    item.tag as forge.asn1.Type,
    false,
    item.content.toString('binary'),
  );
}

export function nothing(): Asn1 {
  return asn1.create(universal, asn1.Type.NULL, false, '');
}

/** A BIT STRING of named bits in one octet, trailing zeros left out (X.690 §11.2.2). */
export function flags(bits: number): Asn1 {
  let unused = 0;
  for (let rest = bits; unused < 7 && (rest & 1) === 0; rest >>= 1) unused += 1;
  return asn1.create(universal, asn1.Type.BITSTRING, false, String.fromCharCode(unused, bits));
}

function utf8(text: string): Asn1 {
  return asn1.create(universal, asn1.Type.UTF8, false, forge.util.encodeUtf8(text));
}

export function set(value: Asn1[]): Asn1 {
  return asn1.create(universal, asn1.Type.SET, true, value);
}

/** A name of organization and common name (RFC 5280 §4.1.2.4). */
export function nameOf({
  organization,
  commonName,
}: {
  readonly organization: string;
  readonly commonName: string;
}): Asn1 {
  const part = (id: string, value: string) => set([sequence([oid(id), utf8(value)])]);
  return sequence([part('2.5.4.10', organization), part('2.5.4.3', commonName)]);
}

/** UTCTime up to 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). @param at ms UTC */
export function time(at: number): Asn1 {
  const date = new Date(at);
  const utc = date.getUTCFullYear() < 2050;
  const text = utc ? asn1.dateToUtcTime(date) : asn1.dateToGeneralizedTime(date);
  const type = utc ? asn1.Type.UTCTIME : asn1.Type.GENERALIZEDTIME;
  return asn1.create(universal, type, false, text as string);
}

/** DER as PEM (RFC 7468). */
export function pemOf(bytes: Buffer, label: string): string {
  const base64 = bytes
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd();
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}
