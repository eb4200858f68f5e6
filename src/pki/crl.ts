import type { Certificate } from './certificate.ts';
import { algorithmOid, bitString, type DerItem, items, only, tag, timeOf } from './der.ts';
import { type Extension, extensionsById, keyIdentifierIn } from './extensions.ts';
import { keySigned, signatureByOid } from './signature-algorithms.ts';

/** A list of certificates that their issuer has revoked (RFC 5280 §5). Times are ms UTC. */
export interface RevocationList {
  /** DER of the issuer's name. */
  readonly issuerName: Buffer;
  /** keyIdentifier of its AuthorityKeyIdentifier: authorities of one name have lists of their own. */
  readonly authorityKeyId: Buffer | undefined;
  readonly thisUpdate: number;
  /** By when there is a newer one; undefined where the issuer does not say. */
  readonly nextUpdate: number | undefined;
  /** When each was revoked, by the hex of its serial number's octets. */
  readonly revoked: ReadonlyMap<string, number>;
  readonly signatureOid: string;
  readonly algorithmsAgree: boolean;
  /** What the issuer signed, and its signature. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

const entriesMax = 2_000_000;

const authorityKeyId = '2.5.29.35';
const listNumber = '2.5.29.20';
const removeFromCrl = 8;
const reasonCode = '2.5.29.21';
/** Critical extensions that leave the list what it is: of one issuer, of all its certificates, whole. */
const harmless: ReadonlySet<string> = new Set([authorityKeyId, listNumber]);
/** An entry says when the key was lost, and why. */
const harmlessInEntry: ReadonlySet<string> = new Set([reasonCode, '2.5.29.24']);

/**
 * Reads a list of revoked certificates. One that speaks for other issuers, for some certificates alone,
 * or of changes alone, says so by a critical extension and is not taken.
 *
 * @throws RangeError where it is no such list
 */
export function readRevocationList(der: Uint8Array): RevocationList {
  const [list, algorithm, signature] = items(only(Buffer.from(der), tag.sequence));
  if (list?.tag !== tag.sequence || algorithm === undefined || signature === undefined) {
    throw new RangeError('not a revocation list');
  }
  const fields = items(list.content);
  // Version 1 is said by leaving it out.
  const [inner, issuer, thisUpdate, ...rest] =
    fields[0]?.tag === tag.integer ? fields.slice(1) : fields;
  if (inner?.tag !== tag.sequence || issuer?.tag !== tag.sequence || thisUpdate === undefined) {
    throw new RangeError('not a revocation list');
  }
  const extensions = listExtensions(rest.find((item) => item.tag === tag.context0));
  const next = rest.find((item) => item.tag === tag.utcTime || item.tag === tag.generalizedTime);
  return {
    issuerName: issuer.whole,
    authorityKeyId: keyIdIn(extensions.get(authorityKeyId)?.value),
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: next && timeOf(next),
    revoked: revokedIn(rest.find((item) => item.tag === tag.sequence)),
    signatureOid: algorithmOid(algorithm),
    algorithmsAgree: inner.whole.equals(algorithm.whole),
    signed: list.whole,
    signature: bitString(signature),
  };
}

function revokedIn(list: DerItem | undefined): ReadonlyMap<string, number> {
  const entries = list === undefined ? [] : items(list.content);
  if (entries.length > entriesMax) throw new RangeError('too many entries');
  const revoked = new Map<string, number>();
  for (const { content } of entries) {
    const [serial, date, extensions] = items(content);
    if (serial?.tag !== tag.integer || date === undefined) throw new RangeError('not an entry');
    if (extensions !== undefined && reasonOf(extensions) === removeFromCrl) continue;
    revoked.set(serial.content.toString('hex'), timeOf(date));
  }
  return revoked;
}

function reasonOf(extensions: DerItem): number | undefined {
  const found = extensionsById(items(extensions.content));
  for (const [id, { critical }] of found) {
    if (critical && !harmlessInEntry.has(id)) throw new RangeError(`a critical extension ${id}`);
  }
  const value = found.get(reasonCode)?.value;
  return value && only(value, tag.enumerated)[0];
}

/** @param wrapped `[0]` with the SEQUENCE OF Extension */
function listExtensions(wrapped: DerItem | undefined): ReadonlyMap<string, Extension> {
  const list = wrapped === undefined ? [] : items(only(wrapped.content, tag.sequence));
  const found = extensionsById(list);
  for (const [id, { critical }] of found) {
    if (critical && !harmless.has(id)) throw new RangeError(`a critical extension ${id}`);
  }
  return found;
}

function keyIdIn(value: Buffer | undefined): Buffer | undefined {
  return value && keyIdentifierIn(value);
}

// The first octet of KeyUsage: cRLSign (RFC 5280 §4.2.1.3).
const crlSign = 0x02;

/** Whether the issuer made the list: its name, its right, its signature (RFC 5280 §6.3.3 (f), (g)). */
export function isListOf(list: RevocationList, issuer: Certificate): boolean {
  const { keyUsage } = issuer.extensions;
  const row = signatureByOid(list.signatureOid);
  if (row === undefined || row.kind !== issuer.keyKind || !list.algorithmsAgree) return false;
  if (!list.issuerName.equals(issuer.parts.subjectName)) return false;
  if (keyUsage !== undefined && (keyUsage & crlSign) === 0) return false;
  return keySigned(issuer, row.hash, list.signed, list.signature);
}
