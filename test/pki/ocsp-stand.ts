import { der } from '../../src/pki/asn1.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import type { WishedExtension } from '../../src/pki/issue.ts';
import { signatureAlgorithm, signDer } from '../../src/pki/issuing-key.ts';
import { certIdHash, keyHashOf, nonceId, type OcspStatus, sha1Id } from '../../src/pki/ocsp.ts';
import { nonceValue } from '../../src/pki/ocsp-request.ts';
import { item, octets, oid, sequence } from './cms-documents.ts';
import { extension } from './crl-stand.ts';
import { day, type Made, now } from './path-stand.ts';

/** What an answer says besides whom it is about. Times are ms UTC. */
export interface AnswerWish {
  /** What the times are counted from where they are absent. */
  readonly at?: number;
  readonly status?: OcspStatus;
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | null;
  readonly producedAt?: number;
  readonly nonce?: Uint8Array;
  /** Who signs; the issuer where absent. */
  readonly signer?: Made;
  /** Sent along; the signer's own where the signer is not the issuer. */
  readonly certificates?: readonly Certificate[];
  /** The responder is named by its key. */
  readonly byKey?: boolean;
  /** Dotted OID of the digest of the CertID. */
  readonly hash?: string;
  /** DER of extensions of the whole answer, and of the one about the certificate. */
  readonly extensions?: readonly Buffer[];
  readonly singleExtensions?: readonly Buffer[];
}

/** An OCSP response (RFC 6960 §4.2.1) about certificates of one issuer. */
export function answerOf(
  issuer: Made,
  certificates: readonly Certificate[],
  wish: AnswerWish = {},
): Buffer {
  const { signer = issuer, nonce, extensions = [], byKey = false } = wish;
  const all = [
    ...(nonce === undefined ? [] : [extension(nonceId, false, nonceValue(nonce))]),
    ...extensions,
  ];
  const data = sequence(
    byKey
      ? item(0xa2, octets(keyHashOf(signer.certificate)))
      : item(0xa1, signer.certificate.parts.subjectName),
    timeItem(wish.producedAt ?? wish.thisUpdate ?? wish.at ?? now),
    sequence(...certificates.map((each) => singleFor(issuer, each, wish))),
    ...(all.length === 0 ? [] : [item(0xa1, sequence(...all))]),
  );
  const { key } = signer.issuer;
  const along = wish.certificates ?? (signer === issuer ? [] : [signer.certificate]);
  return successful(
    sequence(
      data,
      der(signatureAlgorithm(key)),
      item(0x03, Buffer.from([0]), signDer(key, data)),
      ...(along.length === 0 ? [] : [item(0xa0, sequence(...along.map((each) => each.der)))]),
    ),
  );
}

function successful(basic: Buffer): Buffer {
  const bytes = sequence(oid('1.3.6.1.5.5.7.48.1.1'), octets(basic));
  return sequence(item(0x0a, Buffer.from([0])), item(0xa0, bytes));
}

/** A response that is nothing but its status (RFC 6960 §4.2.1), such as 3: tryLater. */
export function statusAlone(status: number): Buffer {
  return sequence(item(0x0a, Buffer.from([status])));
}

function singleFor(
  issuer: Made,
  { parts }: Certificate,
  {
    status = { kind: 'good' },
    at = now,
    thisUpdate = at - day,
    nextUpdate = at + day,
    hash = sha1Id,
    singleExtensions = [],
  }: AnswerWish,
): Buffer {
  const hashes = certIdHash(hash, issuer.certificate);
  if (hashes === undefined) throw new Error(hash);
  const { nameHash, keyHash } = hashes;
  return sequence(
    sequence(sequence(oid(hash)), octets(nameHash), octets(keyHash), item(0x02, parts.serial)),
    statusItem(status),
    timeItem(thisUpdate),
    ...(nextUpdate === null ? [] : [item(0xa0, timeItem(nextUpdate))]),
    ...(singleExtensions.length === 0 ? [] : [item(0xa1, sequence(...singleExtensions))]),
  );
}

function statusItem(status: OcspStatus): Buffer {
  if (status.kind === 'good') return item(0x80);
  return status.kind === 'unknown' ? item(0x82) : item(0xa1, timeItem(status.since));
}

/** GeneralizedTime, whatever the year (RFC 6960 §4.2.2.1). */
function timeItem(at: number): Buffer {
  const text = `${new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return item(0x18, Buffer.from(text));
}

/** ExtendedKeyUsage of a responder, or of something else (RFC 5280 §4.2.1.12). */
export function extendedUsage(...ids: string[]): WishedExtension {
  return { id: '2.5.29.37', critical: false, value: sequence(...ids.map(oid)) };
}

export const ocspSigning = extendedUsage('1.3.6.1.5.5.7.3.9');

/** AuthorityInfoAccess and CRLDistributionPoints with these addresses (RFC 5280 §4.2.2.1, §4.2.1.13). */
export function addresses({
  ocsp = [],
  lists = [],
}: {
  readonly ocsp?: readonly string[];
  readonly lists?: readonly string[];
}): WishedExtension[] {
  const uri = (url: string) => item(0x86, Buffer.from(url));
  const access = ocsp.map((url) => sequence(oid('1.3.6.1.5.5.7.48.1'), uri(url)));
  const points = lists.map((url) => sequence(item(0xa0, item(0xa0, uri(url)))));
  return [
    ...(ocsp.length === 0
      ? []
      : [{ id: '1.3.6.1.5.5.7.1.1', critical: false, value: sequence(...access) }]),
    ...(lists.length === 0
      ? []
      : [{ id: '2.5.29.31', critical: false, value: sequence(...points) }]),
  ];
}
