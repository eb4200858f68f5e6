import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type Asn1, der, integer, nothing, octetString, oid, sequence } from './asn1.ts';
import { algorithmOid, type DerItem, dotted, items, only, tag } from './der.ts';

const derive = promisify(pbkdf2);

const scheme = { pbes2: '1.2.840.113549.1.5.13', pbkdf2: '1.2.840.113549.1.5.12' } as const;
const hashes = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.11': 'sha512',
} as const;
const ciphers = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
} as const;
const hmacSha256 = '1.2.840.113549.2.9';
const hmacSha1 = '1.2.840.113549.2.7';
const aes256 = '2.16.840.1.101.3.4.1.42';

/** What OWASP asks of PBKDF2 with SHA-256: a third of a second here, for whoever guesses too. */
const iterations = 600_000;
const iterationsMax = 5_000_000;

/** A sealed key is of a kind that is not read, or the passphrase is another. */
export class SealUnopened extends Error {
  override readonly name = 'SealUnopened';
  readonly why: 'scheme' | 'passphrase';
  constructor(why: SealUnopened['why']) {
    super(why);
    this.why = why;
  }
}

/**
 * Seals a private key under a passphrase: EncryptedPrivateKeyInfo by PBES2, with PBKDF2-HMAC-SHA-256 and
 * AES-256-CBC (RFC 8018 §6.2, RFC 5958 §3), as OpenSSL reads and writes it.
 *
 * @param privateKeyInfo PKCS#8 in DER
 */
export async function sealKey(privateKeyInfo: Uint8Array, passphrase: string): Promise<Buffer> {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const key = await derive(passphrase, salt, iterations, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const sealed = Buffer.concat([cipher.update(privateKeyInfo), cipher.final()]);
  const by = (id: string, ...parameters: Asn1[]) => sequence([oid(id), ...parameters]);
  // A first octet below 0x80: the number is not negative (X.690 §8.3.3).
  const count = integer(String.fromCharCode(...bigEndian(iterations)));
  const derivation = sequence([octetString(salt), count, by(hmacSha256, nothing())]);
  const encryption = by(aes256, octetString(iv));
  const algorithm = by(scheme.pbes2, sequence([by(scheme.pbkdf2, derivation), encryption]));
  return der(sequence([algorithm, octetString(sealed)]));
}

function bigEndian(number: number): number[] {
  return [(number >> 16) & 0xff, (number >> 8) & 0xff, number & 0xff];
}

/**
 * Opens what sealKey or OpenSSL sealed.
 *
 * @param sealed EncryptedPrivateKeyInfo in DER
 * @returns PKCS#8 in DER
 * @throws SealUnopened; never with a part of the key
 */
export async function openKey(sealed: Uint8Array, passphrase: string): Promise<Buffer> {
  const { salt, count, hash, cipher, iv, octets } = readSeal(Buffer.from(sealed));
  const key = await derive(passphrase, salt, count, cipher.keyBytes, hash);
  try {
    const decipher = createDecipheriv(cipher.name, key, iv);
    const opened = Buffer.concat([decipher.update(octets), decipher.final()]);
    // Padding fits by chance once in 256: what comes out must be a PrivateKeyInfo.
    const [version, algorithm, secret] = items(only(opened, tag.sequence));
    if (version?.tag === tag.integer && algorithm?.tag === tag.sequence && secret) return opened;
  } catch {
    // Said below: what a parser says may hold octets of the key.
  }
  throw new SealUnopened('passphrase');
}

interface Seal {
  readonly salt: Buffer;
  readonly count: number;
  readonly hash: string;
  readonly cipher: (typeof ciphers)[keyof typeof ciphers];
  readonly iv: Buffer;
  readonly octets: Buffer;
}

function readSeal(sealed: Buffer): Seal {
  try {
    const [algorithm, octets] = items(only(sealed, tag.sequence));
    const [id, parameters] = items(algorithm?.content ?? Buffer.alloc(0));
    const [derivation, encryption] = items(parameters?.content ?? Buffer.alloc(0));
    const known = id !== undefined && dotted(id) === scheme.pbes2;
    if (known && derivation !== undefined && encryption !== undefined && octets !== undefined) {
      return {
        ...readDerivation(derivation),
        ...readEncryption(encryption),
        octets: octets.content,
      };
    }
  } catch {
    // Of another shape, which is another scheme.
  }
  throw new SealUnopened('scheme');
}

function readDerivation(derivation: DerItem): Pick<Seal, 'salt' | 'count' | 'hash'> {
  const [id, parameters] = items(derivation.content);
  const [salt, count, ...rest] = items(parameters?.content ?? Buffer.alloc(0));
  const prf = rest.find((item) => item.tag === tag.sequence);
  const hash = hashes[(prf === undefined ? hmacSha1 : algorithmOid(prf)) as keyof typeof hashes];
  const times = Number(`0x${count?.content.toString('hex')}`);
  const fits = id !== undefined && dotted(id) === scheme.pbkdf2 && salt?.tag === tag.octets;
  if (!fits || hash === undefined || !(times > 0 && times <= iterationsMax)) {
    throw new SealUnopened('scheme');
  }
  return { salt: salt.content, count: times, hash };
}

function readEncryption(encryption: DerItem): Pick<Seal, 'cipher' | 'iv'> {
  const cipher = ciphers[algorithmOid(encryption) as keyof typeof ciphers];
  const [, iv] = items(encryption.content);
  if (cipher === undefined || iv?.content.length !== 16) throw new SealUnopened('scheme');
  return { cipher, iv: iv.content };
}
