import { createHash } from 'node:crypto';
import { type Certificate, readCertificate } from './certificate.ts';
import { algorithmOid, bitString, type DerItem, dotted, items, only, tag, timeOf } from './der.ts';
import { type Extension, extensionsById } from './extensions.ts';
import { OcspError } from './ocsp-error.ts';
import { contentDigest, hashByOid } from './signature-algorithms.ts';

/** What a responder said, signed (RFC 6960 §4.2.1, BasicOCSPResponse). Times are ms UTC. */
export interface OcspAnswer {
  readonly der: Buffer;
  /** SHA-256 of the DER, lower-case hex. */
  readonly hash: string;
  /** Who says that he signed it: DER of a name, or SHA-1 of a key. */
  readonly responder: { readonly name: Buffer } | { readonly keyHash: Buffer };
  readonly producedAt: number;
  /** The value of its nonce extension. */
  readonly nonce: Buffer | undefined;
  readonly singles: readonly SingleAnswer[];
  readonly signatureOid: string;
  readonly signed: Buffer;
  readonly signature: Buffer;
  /** Certificates that came along; nobody believes them for that. */
  readonly certificates: readonly Certificate[];
}

/** What it says of one certificate. */
export interface SingleAnswer {
  /** The issuer by hashes, and the octets of the serial number. */
  readonly hashOid: string;
  readonly nameHash: Buffer;
  readonly keyHash: Buffer;
  readonly serial: Buffer;
  readonly status: OcspStatus;
  readonly thisUpdate: number;
  /** Undefined where the responder does not say when there will be a newer one. */
  readonly nextUpdate: number | undefined;
}

/** 'unknown': the responder does not know the certificate. */
export type OcspStatus =
  | { readonly kind: 'good' }
  | { readonly kind: 'revoked'; readonly since: number }
  | { readonly kind: 'unknown' };

/** Beyond any answer about a few certificates, with the responder's own. */
export const ocspOctetsMax = 64 * 1024;
const singlesMax = 100;
const certificatesMax = 8;

const basicAnswer = '1.3.6.1.5.5.7.48.1.1';
export const nonceId = '1.3.6.1.5.5.7.48.1.2';

const statusNames = [
  ...['successful', 'malformedRequest', 'internalError', 'tryLater', '', 'sigRequired'],
  'unauthorized',
];

/**
 * Reads an OCSP response (RFC 6960 §4.2). It says nothing of who signed it: `answeredBy` does.
 *
 * @throws OcspError malformed, too-large, not-successful, not-basic, critical
 */
export function readOcspAnswer(source: Uint8Array): OcspAnswer {
  if (source.length > ocspOctetsMax) throw new OcspError('too-large', `> ${ocspOctetsMax}`);
  try {
    return read(Buffer.from(source));
  } catch (error) {
    if (error instanceof OcspError) throw error;
    throw new OcspError('malformed', error instanceof Error ? error.message : String(error));
  }
}

function read(der: Buffer): OcspAnswer {
  const [status, bytes] = items(only(der, tag.sequence));
  if (status?.tag !== tag.enumerated) throw new RangeError('no responseStatus');
  const code = status.content.length === 1 ? (status.content[0] ?? 0) : 0xff;
  if (code !== 0) throw new OcspError('not-successful', statusNames[code] ?? String(code));
  if (bytes?.tag !== tag.context0) throw new RangeError('no responseBytes');
  const [type, response] = items(only(bytes.content, tag.sequence));
  if (type === undefined || response?.tag !== tag.octets) throw new RangeError('no responseBytes');
  if (dotted(type) !== basicAnswer) throw new OcspError('not-basic', dotted(type));
  return readBasic(der, response.content);
}

function readBasic(der: Buffer, basic: Buffer): OcspAnswer {
  const [data, algorithm, signature, wrapped] = items(only(basic, tag.sequence));
  if (data?.tag !== tag.sequence || algorithm === undefined || signature === undefined) {
    throw new RangeError('no BasicOCSPResponse');
  }
  const fields = items(data.content);
  const [responder, produced, list, extensions] =
    fields[0]?.tag === tag.context0 ? fields.slice(1) : fields;
  if (responder === undefined || produced === undefined || list?.tag !== tag.sequence) {
    throw new RangeError('no ResponseData');
  }
  const singles = items(list.content);
  if (singles.length > singlesMax) throw new RangeError('too many answers');
  return {
    der,
    hash: createHash('sha256').update(der).digest('hex'),
    responder: responderIn(responder),
    producedAt: timeOf(produced),
    nonce: known(extensions).get(nonceId)?.value,
    singles: singles.map(singleIn),
    signatureOid: algorithmOid(algorithm),
    signed: data.whole,
    signature: bitString(signature),
    certificates: certificatesIn(wrapped),
  };
}

function responderIn({ tag: form, content }: DerItem): OcspAnswer['responder'] {
  if (form === 0xa1) {
    only(content, tag.sequence);
    return { name: content };
  }
  if (form === 0xa2) return { keyHash: only(content, tag.octets) };
  throw new RangeError('no ResponderID');
}

function singleIn({ content }: DerItem): SingleAnswer {
  const [id, status, thisUpdate, ...rest] = items(content);
  if (id === undefined || status === undefined || thisUpdate === undefined) {
    throw new RangeError('no SingleResponse');
  }
  const [algorithm, nameHash, keyHash, serial] = items(id.content);
  if (algorithm === undefined || serial?.tag !== tag.integer) throw new RangeError('no CertID');
  if (nameHash?.tag !== tag.octets || keyHash?.tag !== tag.octets) {
    throw new RangeError('no CertID');
  }
  const next = rest.find((item) => item.tag === tag.context0);
  known(rest.find((item) => item.tag === 0xa1));
  return {
    hashOid: algorithmOid(algorithm),
    nameHash: nameHash.content,
    keyHash: keyHash.content,
    serial: serial.content,
    status: statusIn(status),
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: next && timeOf(onlyItem(next.content)),
  };
}

function statusIn({ tag: form, content }: DerItem): OcspStatus {
  if (form === 0x80 && content.length === 0) return { kind: 'good' };
  if (form === 0x82 && content.length === 0) return { kind: 'unknown' };
  const [since] = form === 0xa1 ? items(content) : [];
  if (since === undefined) throw new RangeError('no CertStatus');
  return { kind: 'revoked', since: timeOf(since) };
}

/** @param wrapped a context tag around the SEQUENCE OF Extension */
function known(wrapped: DerItem | undefined): ReadonlyMap<string, Extension> {
  const list = wrapped === undefined ? [] : items(only(wrapped.content, tag.sequence));
  const found = extensionsById(list);
  for (const [id, { critical }] of found) {
    if (critical && id !== nonceId) throw new OcspError('critical', id);
  }
  return found;
}

function certificatesIn(wrapped: DerItem | undefined): Certificate[] {
  const list = wrapped === undefined ? [] : items(only(wrapped.content, tag.sequence));
  if (list.length > certificatesMax) throw new RangeError('too many certificates');
  return list.map(({ whole }) => readCertificate(whole));
}

function onlyItem(bytes: Buffer): DerItem {
  const [item, ...others] = items(bytes);
  if (item === undefined || others.length > 0) throw new RangeError('unexpected DER');
  return item;
}

export const sha1Id = '1.3.14.3.2.26';

/** Who issued, in a CertID. */
interface CertIdHash {
  readonly nameHash: Buffer;
  readonly keyHash: Buffer;
}

/**
 * Hashes of an issuer's name and of its key without tag, length and unused bits (RFC 6960 §4.1.1).
 * Undefined for a digest that is not known here.
 */
export function certIdHash(hashOid: typeof sha1Id, issuer: Certificate): CertIdHash;
export function certIdHash(hashOid: string, issuer: Certificate): CertIdHash | undefined;
export function certIdHash(hashOid: string, { parts }: Certificate): CertIdHash | undefined {
  const hash = hashOid === sha1Id ? 'sha1' : hashByOid(hashOid);
  if (hash === undefined) return undefined;
  const digest = (bytes: Buffer) => {
    const digester = hash === 'sha1' ? createHash('sha1') : contentDigest(hash);
    digester.update(bytes);
    return digester.digest();
  };
  return { nameHash: digest(parts.subjectName), keyHash: digest(keyOf(parts.publicKeyInfo)) };
}

/** SHA-1 of a key as a ResponderID has it. */
export function keyHashOf({ parts }: Certificate): Buffer {
  return createHash('sha1').update(keyOf(parts.publicKeyInfo)).digest();
}

function keyOf(publicKeyInfo: Buffer): Buffer {
  const [, key] = items(only(publicKeyInfo, tag.sequence));
  if (key === undefined) throw new RangeError('no key');
  return bitString(key);
}

/** What the answer says of a certificate of this issuer; undefined where it is about others alone. */
export function singleOf(
  { singles }: OcspAnswer,
  certificate: Certificate,
  issuer: Certificate,
): SingleAnswer | undefined {
  const about = singles.filter((single) => {
    if (!single.serial.equals(certificate.parts.serial)) return false;
    const hashes = certIdHash(single.hashOid, issuer);
    return (
      hashes?.nameHash.equals(single.nameHash) === true && hashes.keyHash.equals(single.keyHash)
    );
  });
  // Said twice, the worse counts.
  const of = (kind: OcspStatus['kind']) => about.find(({ status }) => status.kind === kind);
  return of('revoked') ?? of('unknown') ?? about[0];
}
