import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import type { GostPublicKey } from '../gost/keys.ts';
import { type CertificateParts, certificateParts } from './der.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { type GostKeyKind, gostKindOf, readGostPublicKey } from './gost-key.ts';

/** A certificate's facts, read once. Times are ms UTC. */
export interface Certificate {
  readonly der: Buffer;
  /** SHA-256 of the DER, lower-case hex: what a participant is known by. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly ca: boolean;
  /** Whether keyUsage, where it is present, lets the key sign messages. */
  readonly maySign: boolean;
  /** What the issuer signed and with what; the names as they stand in the DER. */
  readonly parts: CertificateParts;
  readonly extensions: Extensions;
  readonly keyKind: 'rsa' | 'ec' | GostKeyKind | 'other';
  /** RSA modulus in bits. */
  readonly keyBits: number | undefined;
  /** OpenSSL's name of the curve. */
  readonly curve: string | undefined;
  /** Undefined for a kind of key that node:crypto cannot read, such as GOST. */
  readonly publicKey: KeyObject | undefined;
  /** A GOST key whose point is on its curve. */
  readonly gostKey: GostPublicKey | undefined;
  readonly x509: X509Certificate;
}

const cache = new Map<string, Certificate>();
const cacheMax = 1000;

/**
 * Reads a certificate from DER or PEM. The same one comes again and again, so the thousand used last
 * are remembered by their hash.
 *
 * @throws Error when it is not an X.509 certificate
 */
export function readCertificate(source: Uint8Array | string): Certificate {
  const der = typeof source === 'string' ? derOf(source) : Buffer.from(source);
  const fingerprint = createHash('sha256').update(der).digest('hex');
  const known = cache.get(fingerprint);
  if (known !== undefined) {
    // The Map keeps the order of insertion: what was used last goes to its end.
    cache.delete(fingerprint);
    cache.set(fingerprint, known);
    return known;
  }
  const certificate = read(der, fingerprint);
  if (cache.size >= cacheMax) cache.delete(cache.keys().next().value ?? '');
  cache.set(fingerprint, certificate);
  return certificate;
}

/** The DER of the first certificate in a PEM text, or of base64 alone. */
function derOf(text: string): Buffer {
  const pem = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(text);
  return Buffer.from((pem?.[1] ?? text).replace(/\s+/g, ''), 'base64');
}

function read(der: Buffer, fingerprint: string): Certificate {
  const x509 = new X509Certificate(der);
  // Bytes after the certificate would give one certificate many fingerprints.
  if (!x509.raw.equals(der)) throw new Error('bytes follow the certificate');
  const publicKey = readablePublicKey(x509);
  const details = publicKey?.asymmetricKeyDetails;
  const type = publicKey?.asymmetricKeyType;
  const parts = certificateParts(der);
  const extensions = readExtensions(parts.extensions);
  const { keyUsage } = extensions;
  return {
    der,
    fingerprint,
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serial: x509.serialNumber,
    notBefore: Date.parse(x509.validFrom),
    notAfter: Date.parse(x509.validTo),
    ca: x509.ca,
    maySign: keyUsage === undefined || (keyUsage & digitalSignature) !== 0,
    parts,
    extensions,
    keyKind: type === 'rsa' || type === 'ec' ? type : (gostKindOf(parts.publicKeyInfo) ?? 'other'),
    keyBits: details?.modulusLength,
    curve: details?.namedCurve,
    publicKey,
    gostKey: readableGostKey(parts),
    x509,
  };
}

// node:crypto gives undefined for an empty name, which RFC 5280 §4.1.2.6 allows.
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}

// The first bit of KeyUsage (RFC 5280 §4.2.1.3).
const digitalSignature = 0x80;

function readablePublicKey(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}

function readableGostKey({ publicKeyInfo }: CertificateParts): GostPublicKey | undefined {
  try {
    return readGostPublicKey(publicKeyInfo)?.key;
  } catch {
    return undefined;
  }
}
