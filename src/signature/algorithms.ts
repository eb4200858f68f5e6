/** Kinds of key that a profile may allow. */
export type KeyKind = 'rsa' | 'ec';

/** Which rules a signature follows. smev3 (GOST and the SMEV transform) has its place here. */
export type Profile = 'xmldsig';

export interface DigestAlgorithm {
  /** Name for node:crypto. */
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly bytes: number;
  readonly profile: Profile;
}

export interface SignatureAlgorithm {
  readonly keyKind: KeyKind;
  readonly hash: DigestAlgorithm['hash'];
  readonly profile: Profile;
}

/** Digest methods by URI (XML Encryption 1.1 §5.8, RFC 6931 §2.1). What is not here is refused. */
export const digestAlgorithms: Readonly<Record<string, DigestAlgorithm>> = {
  'http://www.w3.org/2001/04/xmlenc#sha256': { hash: 'sha256', bytes: 32, profile: 'xmldsig' },
  'http://www.w3.org/2001/04/xmldsig-more#sha384': {
    hash: 'sha384',
    bytes: 48,
    profile: 'xmldsig',
  },
  'http://www.w3.org/2001/04/xmlenc#sha512': { hash: 'sha512', bytes: 64, profile: 'xmldsig' },
};

const more = 'http://www.w3.org/2001/04/xmldsig-more#';

/** Signature methods by URI (RFC 6931 §2.3.2 to §2.3.6). What is not here is refused. */
export const signatureAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  [`${more}rsa-sha256`]: { keyKind: 'rsa', hash: 'sha256', profile: 'xmldsig' },
  [`${more}rsa-sha384`]: { keyKind: 'rsa', hash: 'sha384', profile: 'xmldsig' },
  [`${more}rsa-sha512`]: { keyKind: 'rsa', hash: 'sha512', profile: 'xmldsig' },
  [`${more}ecdsa-sha256`]: { keyKind: 'ec', hash: 'sha256', profile: 'xmldsig' },
  [`${more}ecdsa-sha384`]: { keyKind: 'ec', hash: 'sha384', profile: 'xmldsig' },
  [`${more}ecdsa-sha512`]: { keyKind: 'ec', hash: 'sha512', profile: 'xmldsig' },
};

/** What a profile demands of a Reference: its transforms, in this order and no others. */
export const profileTransforms: Readonly<Record<Profile, readonly string[]>> = {
  xmldsig: ['http://www.w3.org/2001/10/xml-exc-c14n#'],
};

/** Sizes of keys: RSA modulus in bits (NIST SP 800-57 for the least), curves by OpenSSL's names. */
export const rsaBitsMin = 2048;
export const rsaBitsMax = 8192;
export const curves: readonly string[] = ['prime256v1', 'secp384r1'];

/** URIs of the real network's algorithms: known by name, so that the refusal can say so. */
export function isGost(uri: string): boolean {
  return /gostr3(410|411)/.test(uri);
}

export const smevTransform = 'urn://smev-gov-ru/xmldsig/transform';

/** The URI for a kind of key and a hash. */
export function signatureUri(keyKind: KeyKind, hash: DigestAlgorithm['hash']): string {
  return `${more}${keyKind === 'rsa' ? 'rsa' : 'ecdsa'}-${hash}`;
}

/** The URI of a digest method. */
export function digestUri(hash: DigestAlgorithm['hash']): string {
  const found = Object.entries(digestAlgorithms).find(([, row]) => row.hash === hash);
  return found?.[0] ?? '';
}
