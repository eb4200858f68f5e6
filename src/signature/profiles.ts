import { type Canonicalization, exclusive } from '../xml/canonicalize.ts';
import { digestAlgorithms, type Hash, type KeyKind, signatureAlgorithms } from './algorithms.ts';

/** The SMEV transform (recommendations on SMEV 3, annex). */
export const smevTransformUri = 'urn://smev-gov-ru/xmldsig/transform';
/** XML Signature 1.1 §6.6.4. */
export const envelopedUri = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const inclusive: Canonicalization = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';

/** Which rules a signature follows, as data. A signature that fits no allowed profile is refused. */
export interface Profile {
  readonly name: ProfileName;
  readonly keyKinds: readonly KeyKind[];
  /** For digest and signature method alike. */
  readonly hashes: readonly Hash[];
  readonly canonicalizations: readonly Canonicalization[];
  /** Transforms of the one Reference: one of these rows, in its order and no others. */
  readonly transforms: readonly (readonly string[])[];
  /** Whether a Reference may name the whole document by URI="". */
  readonly wholeDocument: boolean;
}

export const profileNames = [
  'xmldsig',
  'smev3',
  'smev3-2001',
  'gost-body',
  'gost-archive',
  'sha1-archive',
] as const;
export type ProfileName = (typeof profileNames)[number];

const sha2: readonly Hash[] = ['sha256', 'sha384', 'sha512'];
const either: readonly Canonicalization[] = [exclusive, inclusive];
const enveloped = [
  [envelopedUri, exclusive],
  [envelopedUri, inclusive],
];
const smevTwice = [exclusive, inclusive].map((first) => [first, smevTransformUri]);

/**
 * xmldsig: test stands and modern partners. smev3: the network today. smev3-2001: the same with the
 * algorithms that were withdrawn in 2019, to verify messages of that time. gost-body: the Body of a
 * fault, whose elements have no namespace, so that the SMEV transform refuses them. The archives: what old and
 * odd messages look like, for eyes that read files; a node never acts upon them.
 */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  xmldsig: {
    name: 'xmldsig',
    keyKinds: ['rsa', 'ec'],
    hashes: sha2,
    canonicalizations: either,
    transforms: [[exclusive]],
    wholeDocument: false,
  },
  smev3: {
    name: 'smev3',
    keyKinds: ['gost2012-256', 'gost2012-512'],
    hashes: ['streebog256', 'streebog512'],
    canonicalizations: either,
    transforms: [[exclusive, smevTransformUri]],
    wholeDocument: false,
  },
  'smev3-2001': {
    name: 'smev3-2001',
    keyKinds: ['gost2001'],
    hashes: ['gost94'],
    canonicalizations: either,
    transforms: [[exclusive, smevTransformUri]],
    wholeDocument: false,
  },
  'gost-body': {
    name: 'gost-body',
    keyKinds: ['gost2012-256', 'gost2012-512'],
    hashes: ['streebog256', 'streebog512'],
    canonicalizations: either,
    transforms: [[exclusive]],
    wholeDocument: false,
  },
  'gost-archive': {
    name: 'gost-archive',
    keyKinds: ['gost2001', 'gost2012-256', 'gost2012-512'],
    hashes: ['gost94', 'streebog256', 'streebog512'],
    canonicalizations: either,
    transforms: [
      ...smevTwice,
      ...enveloped,
      ...smevTwice.map((row) => [envelopedUri, ...row]),
      [exclusive],
      [inclusive],
    ],
    wholeDocument: true,
  },
  'sha1-archive': {
    name: 'sha1-archive',
    keyKinds: ['rsa', 'ec'],
    hashes: ['sha1', ...sha2],
    canonicalizations: either,
    transforms: [[exclusive], [inclusive], ...enveloped],
    wholeDocument: true,
  },
};

/** What a node accepts where its configuration does not say. */
export const nodeProfiles: readonly ProfileName[] = ['smev3', 'xmldsig'];

/** What `verify` reads files by: all that may be right about a message of SMEV 2 or 3. */
export const fileProfiles: readonly ProfileName[] = [
  'smev3',
  'xmldsig',
  'smev3-2001',
  'gost-archive',
];

/** The profile that a signature by this kind of key is made in. */
export function profileOfKey(keyKind: KeyKind): ProfileName {
  return profileNames.find((name) => profiles[name].keyKinds.includes(keyKind)) ?? 'xmldsig';
}

/** The profile that the Body of a fault is signed in by this kind of key. */
export function bodyProfileOf(keyKind: KeyKind): ProfileName {
  const profile = profileOfKey(keyKind);
  return profile === 'xmldsig' ? profile : 'gost-body';
}

/** Whether a profile allows this pair of methods, by URI. */
export function allows(profile: Profile, signatureMethod: string, digestMethod: string): boolean {
  const row = own(signatureAlgorithms, signatureMethod);
  const hash = own(digestAlgorithms, digestMethod);
  if (row === undefined || hash === undefined) return false;
  const { keyKinds, hashes } = profile;
  return keyKinds.includes(row.keyKind) && hashes.includes(row.hash) && hashes.includes(hash);
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
