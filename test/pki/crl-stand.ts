import { der, integer as integerOf, time } from '../../src/pki/asn1.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import { signatureAlgorithm, signDer } from '../../src/pki/issuing-key.ts';
import { item, octets, oid, sequence } from './cms-documents.ts';
import { day, type Made, now } from './path-stand.ts';

/** What a list says besides whom it revokes. */
export interface ListWish {
  readonly thisUpdate?: number;
  readonly nextUpdate?: number | null;
  /** DER of extensions of the list. */
  readonly extensions?: readonly Buffer[];
  /** DER of extensions of each entry. */
  readonly entryExtensions?: readonly Buffer[];
}

/** A list of revoked certificates (RFC 5280 §5.1), signed by the key of its issuer. */
export function listOf(
  issuer: Made,
  revoked: readonly Certificate[],
  {
    thisUpdate = now - day,
    nextUpdate = now + day,
    extensions = [],
    entryExtensions = [],
  }: ListWish = {},
): Buffer {
  const { key } = issuer.issuer;
  const algorithm = der(signatureAlgorithm(key));
  const entries = revoked.map(({ parts }) =>
    sequence(
      item(0x02, parts.serial),
      der(time(now - 2 * day)),
      ...(entryExtensions.length === 0 ? [] : [sequence(...entryExtensions)]),
    ),
  );
  const list = sequence(
    der(integerOf('\x01')),
    algorithm,
    issuer.certificate.parts.subjectName,
    der(time(thisUpdate)),
    ...(nextUpdate === null ? [] : [der(time(nextUpdate))]),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    ...(extensions.length === 0 ? [] : [item(0xa0, sequence(...extensions))]),
  );
  const signature = item(0x03, Buffer.from([0]), signDer(key, list));
  return sequence(list, algorithm, signature);
}

/** An Extension. */
export function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [item(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, octets(value));
}

export function pemOfList(list: Buffer): string {
  const base64 = list.toString('base64').replace(/(.{64})/g, '$1\n');
  return `-----BEGIN X509 CRL-----\n${base64.trimEnd()}\n-----END X509 CRL-----\n`;
}
