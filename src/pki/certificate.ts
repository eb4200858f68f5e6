import { createHash, type KeyObject, X509Certificate } from 'node:crypto';

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
  readonly keyKind: 'rsa' | 'ec' | 'other';
  /** RSA modulus in bits. */
  readonly keyBits: number | undefined;
  /** OpenSSL's name of the curve. */
  readonly curve: string | undefined;
  readonly publicKey: KeyObject;
  readonly x509: X509Certificate;
}

const cache = new Map<string, Certificate>();
const cacheMax = 1000;

/**
 * Reads a certificate from DER or PEM. The same one comes again and again, so the last thousand are
 * remembered by their hash.
 *
 * @throws Error when it is not an X.509 certificate
 */
export function readCertificate(source: Uint8Array | string): Certificate {
  const der = typeof source === 'string' ? derOf(source) : Buffer.from(source);
  const fingerprint = createHash('sha256').update(der).digest('hex');
  const known = cache.get(fingerprint);
  if (known !== undefined) return known;
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
  const { publicKey } = x509;
  const details = publicKey.asymmetricKeyDetails;
  const type = publicKey.asymmetricKeyType;
  const usage = keyUsage(x509);
  return {
    der,
    fingerprint,
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serial: x509.serialNumber,
    notBefore: Date.parse(x509.validFrom),
    notAfter: Date.parse(x509.validTo),
    ca: x509.ca,
    maySign: usage === undefined || (usage & digitalSignature) !== 0,
    keyKind: type === 'rsa' ? 'rsa' : type === 'ec' ? 'ec' : 'other',
    keyBits: details?.modulusLength,
    curve: details?.namedCurve,
    publicKey,
    x509,
  };
}

function oneLine(name: string): string {
  return name.split('\n').join(', ');
}

const digitalSignature = 0x80;
// OID 2.5.29.15 as it stands in an Extension (RFC 5280 §4.2.1.3).
const keyUsageOid = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x0f]);

/** The first byte of the keyUsage bits, or undefined where the extension is absent. */
function keyUsage({ raw }: X509Certificate): number | undefined {
  const at = raw.indexOf(keyUsageOid);
  if (at < 0) return undefined;
  let next = at + keyUsageOid.length;
  if (raw[next] === 0x01) next += 3; // critical
  // OCTET STRING { BIT STRING { unused bits, bits } }
  if (raw[next] !== 0x04 || raw[next + 2] !== 0x03) return undefined;
  return raw[next + 5];
}
