/** What node:crypto does not tell of a certificate. */
export interface CertificateParts {
  /** Dotted OID of the issuer's signature algorithm. */
  readonly signatureOid: string;
  /** Whether what is signed names the same algorithm, as it has to (RFC 5280 §4.1.1.2). */
  readonly algorithmsAgree: boolean;
  /** What the issuer signed, tag and length included. */
  readonly signed: Buffer;
  /** The issuer's signature. */
  readonly signature: Buffer;
  /** Content of the INTEGER that is the serial number. */
  readonly serial: Buffer;
  /** DER of the names of issuer and subject. */
  readonly issuerName: Buffer;
  readonly subjectName: Buffer;
  /** DER of SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Buffer;
  /** The items of the SEQUENCE OF Extension. */
  readonly extensions: readonly DerItem[];
}

/** One DER item: its tag, its content, and the whole of it. */
export interface DerItem {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

/** Tags of one octet (X.690 §8.1.2). */
export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
  context0: 0xa0,
  context1: 0xa1,
  extensions: 0xa3,
} as const;

/**
 * Reads the fields of a certificate (RFC 5280 §4.1). The bytes were parsed before: this
 * walks to exact places and never searches, since a name may hold the bytes of an extension.
 *
 * @throws RangeError when the bytes are not such DER
 */
export function certificateParts(der: Buffer): CertificateParts {
  const [tbs, algorithm, signature] = items(only(der, tag.sequence));
  if (tbs === undefined || algorithm === undefined || signature === undefined) {
    throw new RangeError('not a certificate');
  }
  const fields = items(tbs.content);
  const [serial, inner, issuer, , subject, key] =
    fields[0]?.tag === tag.context0 ? fields.slice(1) : fields;
  if (serial?.tag !== tag.integer || !inner || !issuer || !subject || key === undefined) {
    throw new RangeError('not a certificate');
  }
  const field = fields.find((item) => item.tag === tag.extensions);
  return {
    extensions: field === undefined ? [] : items(only(field.content, tag.sequence)),
    serial: serial.content,
    signatureOid: algorithmOid(algorithm),
    algorithmsAgree: inner.whole.equals(algorithm.whole),
    signed: tbs.whole,
    signature: bitString(signature),
    issuerName: issuer.whole,
    subjectName: subject.whole,
    publicKeyInfo: key.whole,
  };
}

/** The OID of an AlgorithmIdentifier (RFC 5280 §4.1.1.2), dotted; '' where there is none. */
export function algorithmOid({ content }: DerItem): string {
  const [oid] = items(content);
  return oid === undefined ? '' : dotted(oid);
}

/**
 * The octets of a BIT STRING that has no unused bits.
 *
 * @throws RangeError for another item
 */
export function bitString({ tag: found, content }: DerItem): Buffer {
  if (found !== tag.bits || content[0] !== 0) throw new RangeError('unexpected DER');
  return content.subarray(1);
}

/**
 * The content of the one item that the bytes are.
 *
 * @throws RangeError
 */
export function only(bytes: Buffer, wanted: number): Buffer {
  const [item, ...others] = items(bytes);
  if (item?.tag !== wanted || others.length > 0) throw new RangeError('unexpected DER');
  return item.content;
}

/**
 * Items one after another; tags of one byte and definite lengths of at most three (X.690 §8.1).
 *
 * @throws RangeError
 */
export function items(bytes: Buffer): DerItem[] {
  const found: DerItem[] = [];
  for (let at = 0; at < bytes.length; ) {
    const itemTag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0x80;
    const extra = first < 0x80 ? 0 : first - 0x80;
    if ((itemTag & 0x1f) === 0x1f) throw new RangeError('unexpected DER tag');
    if (first === 0x80 || extra > 3) throw new RangeError('unexpected DER length');
    const length = extra === 0 ? first : bytes.readUIntBE(at + 2, extra);
    const start = at + 2 + extra;
    if (start + length > bytes.length) throw new RangeError('DER ends early');
    const end = start + length;
    found.push({
      tag: itemTag,
      content: bytes.subarray(start, end),
      whole: bytes.subarray(at, end),
    });
    at = end;
  }
  return found;
}

const timePattern = /^(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/**
 * A time in UTC with seconds, as RFC 5280 §4.1.2.5 has it: ms.
 *
 * @throws RangeError for another item
 */
export function timeOf({ tag: found, content }: DerItem): number {
  const parts = timePattern.exec(content.toString('latin1'));
  const hasCentury = parts?.[1] !== undefined;
  if (parts === null || found !== (hasCentury ? tag.generalizedTime : tag.utcTime)) {
    throw new RangeError('unexpected DER time');
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(2)
    .map(Number);
  const century = hasCentury ? Number(parts[1]) : year < 50 ? 20 : 19;
  return Date.UTC(century * 100 + year, month - 1, day, hour, minute, second);
}

const oidOctetsMax = 64;

/** An OBJECT IDENTIFIER in dotted form; '' for another item, or one that is too long or not ended. */
export function dotted({ tag: itemTag, content }: DerItem): string {
  if (itemTag !== tag.oid || content.length > oidOctetsMax) return '';
  if ((content.at(-1) ?? 0x80) >= 0x80) return '';
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (numbers.length > 0) numbers.push(value);
    else
      numbers.push(
        Math.min(2, Math.floor(value / 40)),
        value - 40 * Math.min(2, Math.floor(value / 40)),
      );
    value = 0;
  }
  return numbers.join('.');
}
