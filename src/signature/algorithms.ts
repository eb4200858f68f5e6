/** Kinds of key, each with the signature methods that are its own. */
export const keyKinds = ['rsa', 'ec', 'gost2001', 'gost2012-256', 'gost2012-512'] as const;
export type KeyKind = (typeof keyKinds)[number];

/** Hash functions by the names that src/signature/digest.ts computes them under. */
export type Hash =
  | 'sha1'
  | 'sha256'
  | 'sha384'
  | 'sha512'
  | 'gost94'
  | 'streebog256'
  | 'streebog512';

export interface SignatureAlgorithm {
  readonly keyKind: KeyKind;
  readonly hash: Hash;
}

const ds = 'http://www.w3.org/2000/09/xmldsig#';
const more = 'http://www.w3.org/2001/04/xmldsig-more#';
const enc = 'http://www.w3.org/2001/04/xmlenc#';
const cp = 'urn:ietf:params:xml:ns:cpxmlsec:algorithms:';

/**
 * Digest methods by URI (XML Signature 1.1 §6.2, XML Encryption 1.1 §5.8, RFC 6931 §2.1; the GOST ones
 * as SMEV's recommendations give them). The first URI of a hash is the one that is written. What is
 * not here is refused; which of them count, a profile says.
 */
export const digestAlgorithms: Readonly<Record<string, Hash>> = {
  [`${enc}sha256`]: 'sha256',
  [`${more}sha384`]: 'sha384',
  [`${enc}sha512`]: 'sha512',
  [`${cp}gostr34112012-256`]: 'streebog256',
  [`${cp}gostr34112012-512`]: 'streebog512',
  [`${more}gostr3411`]: 'gost94',
  [`${cp}gostr3411`]: 'gost94',
  [`${ds}sha1`]: 'sha1',
};

/** Signature methods by URI (XML Signature 1.1 §6.4, RFC 6931 §2.3), as digestAlgorithms. */
export const signatureAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  [`${more}rsa-sha256`]: { keyKind: 'rsa', hash: 'sha256' },
  [`${more}rsa-sha384`]: { keyKind: 'rsa', hash: 'sha384' },
  [`${more}rsa-sha512`]: { keyKind: 'rsa', hash: 'sha512' },
  [`${more}ecdsa-sha256`]: { keyKind: 'ec', hash: 'sha256' },
  [`${more}ecdsa-sha384`]: { keyKind: 'ec', hash: 'sha384' },
  [`${more}ecdsa-sha512`]: { keyKind: 'ec', hash: 'sha512' },
  [`${cp}gostr34102012-gostr34112012-256`]: { keyKind: 'gost2012-256', hash: 'streebog256' },
  [`${cp}gostr34102012-gostr34112012-512`]: { keyKind: 'gost2012-512', hash: 'streebog512' },
  [`${more}gostr34102001-gostr3411`]: { keyKind: 'gost2001', hash: 'gost94' },
  [`${cp}gostr34102001-gostr3411`]: { keyKind: 'gost2001', hash: 'gost94' },
  [`${ds}rsa-sha1`]: { keyKind: 'rsa', hash: 'sha1' },
};

/** Sizes of keys: RSA modulus in bits (NIST SP 800-57 for the least), curves by OpenSSL's names. */
export const rsaBitsMin = 2048;
export const rsaBitsMax = 8192;
export const curves: readonly string[] = ['prime256v1', 'secp384r1'];

/** The URI that is written for a kind of key and a hash. */
export function signatureUri(keyKind: KeyKind, hash: Hash): string {
  return firstUri(
    Object.entries(signatureAlgorithms),
    (row) => row.keyKind === keyKind && row.hash === hash,
  );
}

/** The URI that is written for a digest method. */
export function digestUri(hash: Hash): string {
  return firstUri(Object.entries(digestAlgorithms), (row) => row === hash);
}

function firstUri<T>(rows: readonly [string, T][], fits: (row: T) => boolean): string {
  return rows.find(([, row]) => fits(row))?.[0] ?? '';
}
