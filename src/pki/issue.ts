import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import forge from 'node-forge';

/** What a certificate is to say. Times are ms UTC. */
export interface Wish {
  readonly commonName: string;
  readonly organization: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly ca?: boolean;
  /** Bits of keyUsage by their names (RFC 5280 §4.2.1.3); the usual ones where absent. */
  readonly keyUsage?: number;
}

/** A key with its certificate, as PEM texts. */
export interface Issued {
  readonly key: string;
  readonly certificate: string;
}

/** A new private key. */
export function newKey(
  kind: 'rsa' | 'ec',
  size: number | string = kind === 'rsa' ? 2048 : 'prime256v1',
): KeyObject {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: Number(size) }).privateKey;
  return generateKeyPairSync('ec', { namedCurve: String(size) }).privateKey;
}

/**
 * Issues a certificate for test stands (RFC 5280 §4): signed by the issuer, or by itself. node-forge
 * writes the DER; the signature is node:crypto's, since forge knows RSA alone.
 */
export function issueCertificate(key: KeyObject, wish: Wish, issuer?: Issuer): Issued {
  const by = issuer ?? { key, commonName: wish.commonName, organization: wish.organization };
  const algorithm = signatureAlgorithm(by.key);
  const tbs = tbsCertificate(key, wish, by, algorithm);
  const signature = sign('sha256', der(tbs), by.key);
  const certificate = sequence([tbs, algorithm, bitString(signature)]);
  const base64 = der(certificate)
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd();
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}

export interface Issuer {
  readonly key: KeyObject;
  readonly commonName: string;
  readonly organization: string;
}

const { asn1 } = forge;
type Asn1 = forge.asn1.Asn1;
const universal = asn1.Class.UNIVERSAL;

function tbsCertificate(key: KeyObject, wish: Wish, by: Issuer, algorithm: Asn1): Asn1 {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const serial = forge.random.getBytesSync(16).replace(/^./, '\x01');
  return sequence([
    context(0, [integer('\x02')]),
    integer(serial),
    algorithm,
    name(by),
    sequence([time(wish.notBefore), time(wish.notAfter)]),
    name(wish),
    asn1.fromDer(forge.util.createBuffer(spki.toString('binary'))),
    context(3, [sequence(extensions(wish))]),
  ]);
}

function extensions({ ca = false, keyUsage = ca ? 0x06 : 0xc0 }: Wish): Asn1[] {
  const basic = sequence(ca ? [boolean(true)] : []);
  const usage = asn1.create(
    universal,
    asn1.Type.BITSTRING,
    false,
    String.fromCharCode(unusedBits(keyUsage), keyUsage),
  );
  return [extension('2.5.29.19', basic), extension('2.5.29.15', usage)];
}

function unusedBits(bits: number): number {
  let unused = 0;
  for (let rest = bits; unused < 7 && (rest & 1) === 0; rest >>= 1) unused += 1;
  return unused;
}

function extension(id: string, value: Asn1): Asn1 {
  return sequence([oid(id), boolean(true), octetString(der(value))]);
}

function name({ organization, commonName }: { organization: string; commonName: string }): Asn1 {
  const part = (id: string, value: string) =>
    asn1.create(universal, asn1.Type.SET, true, [
      sequence([
        oid(id),
        asn1.create(universal, asn1.Type.UTF8, false, forge.util.encodeUtf8(value)),
      ]),
    ]);
  return sequence([part('2.5.4.10', organization), part('2.5.4.3', commonName)]);
}

/** sha256WithRSAEncryption or ecdsa-with-SHA256 (RFC 4055, RFC 5758). */
function signatureAlgorithm({ asymmetricKeyType }: KeyObject): Asn1 {
  if (asymmetricKeyType === 'rsa') {
    return sequence([
      oid('1.2.840.113549.1.1.11'),
      asn1.create(universal, asn1.Type.NULL, false, ''),
    ]);
  }
  return sequence([oid('1.2.840.10045.4.3.2')]);
}

// UTCTime up to 2049, GeneralizedTime after (RFC 5280 §4.1.2.5).
function time(at: number): Asn1 {
  const date = new Date(at);
  const utc = date.getUTCFullYear() < 2050;
  const text = utc ? asn1.dateToUtcTime(date) : asn1.dateToGeneralizedTime(date);
  const type = utc ? asn1.Type.UTCTIME : asn1.Type.GENERALIZEDTIME;
  return asn1.create(universal, type, false, text as string);
}

function sequence(value: Asn1[]): Asn1 {
  return asn1.create(universal, asn1.Type.SEQUENCE, true, value);
}

function context(tag: number, value: Asn1[]): Asn1 {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag as forge.asn1.Type, true, value);
}

function integer(bytes: string): Asn1 {
  return asn1.create(universal, asn1.Type.INTEGER, false, bytes);
}

function boolean(value: boolean): Asn1 {
  return asn1.create(universal, asn1.Type.BOOLEAN, false, value ? '\xff' : '\x00');
}

function oid(id: string): Asn1 {
  return asn1.create(universal, asn1.Type.OID, false, asn1.oidToDer(id).getBytes());
}

function octetString(bytes: Buffer): Asn1 {
  return asn1.create(universal, asn1.Type.OCTETSTRING, false, bytes.toString('binary'));
}

function bitString(bytes: Buffer): Asn1 {
  return asn1.create(universal, asn1.Type.BITSTRING, false, `\x00${bytes.toString('binary')}`);
}

function der(value: Asn1): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), 'binary');
}
