import { type DerItem, dotted, items, only, tag } from './der.ts';

/** What the extensions of a certificate say, as far as paths need it (RFC 5280 §4.2). */
export interface Extensions {
  /** Undefined where the extension is absent. */
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength?: number } | undefined;
  /** First octet of the KeyUsage bits. */
  readonly keyUsage: number | undefined;
  /** Dotted OIDs. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly subjectKeyId: Buffer | undefined;
  /** The keyIdentifier of AuthorityKeyIdentifier. */
  readonly authorityKeyId: Buffer | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  /** GeneralNames of the subject besides its distinguished name. */
  readonly subjectNames: readonly GeneralName[];
  /** Dotted OIDs of CertificatePolicies. */
  readonly policies: readonly string[] | undefined;
  /** It has PolicyMappings, PolicyConstraints or InhibitAnyPolicy. */
  readonly boundsPolicies: boolean;
  /** Where the issuer's list of revoked certificates and its responder are, by their own word. */
  readonly crlUrls: readonly string[];
  readonly ocspUrls: readonly string[];
  /** Dotted OIDs of critical extensions that are not read here: such a certificate is not for us. */
  readonly unknownCritical: readonly string[];
}

/** A name with the context tag that says its form (RFC 5280 §4.2.1.6), and its octets. */
export interface GeneralName {
  readonly form: number;
  readonly value: Buffer;
}

/** Forms of GeneralName. */
export const nameForm = { email: 1, dns: 2, directory: 4, uri: 6, ip: 7 } as const;

/** RFC 5280 §4.2.1.10. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

export interface Extension {
  readonly critical: boolean;
  readonly value: Buffer;
}

const ids = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlUrls: '2.5.29.31',
  policies: '2.5.29.32',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  authorityAccess: '1.3.6.1.5.5.7.1.1',
} as const;
const known: ReadonlySet<string> = new Set(Object.values(ids));
const policyBounds = ['2.5.29.33', '2.5.29.36', '2.5.29.54'];
const ocspAccess = '1.3.6.1.5.5.7.48.1';

const extensionsMax = 64;

/**
 * Reads the extensions of a certificate or of a list of revoked ones.
 *
 * @param list the items of the SEQUENCE OF Extension
 * @throws RangeError where one is not what its standard says, or stands there twice
 */
export function readExtensions(list: readonly DerItem[]): Extensions {
  const found = extensionsById(list);
  const read = <T>(id: string, as: (value: Buffer) => T): T | undefined => {
    const extension = found.get(id);
    return extension && as(extension.value);
  };
  return {
    basicConstraints: read(ids.basicConstraints, basicConstraints),
    keyUsage: read(ids.keyUsage, keyUsage),
    extendedKeyUsage: read(ids.extendedKeyUsage, (value) =>
      items(only(value, tag.sequence)).map(dotted),
    ),
    subjectKeyId: read(ids.subjectKeyId, (value) => only(value, tag.octets)),
    authorityKeyId: read(ids.authorityKeyId, keyIdentifierIn),
    nameConstraints: read(ids.nameConstraints, nameConstraints),
    subjectNames: read(ids.subjectNames, (value) => generalNames(only(value, tag.sequence))) ?? [],
    policies: read(ids.policies, (value) =>
      items(only(value, tag.sequence)).map(({ content }) => firstOid(content)),
    ),
    boundsPolicies: policyBounds.some((id) => found.has(id)),
    crlUrls: read(ids.crlUrls, crlUrls) ?? [],
    ocspUrls: read(ids.authorityAccess, ocspUrls) ?? [],
    unknownCritical: [...found]
      .filter(([id, { critical }]) => critical && !known.has(id))
      .map(([id]) => id),
  };
}

/** @throws RangeError */
export function extensionsById(list: readonly DerItem[]): ReadonlyMap<string, Extension> {
  if (list.length > extensionsMax) throw new RangeError('too many extensions');
  const found = new Map<string, Extension>();
  for (const { content } of list) {
    const [id, ...rest] = items(content);
    const value = rest.at(-1);
    if (id === undefined || value?.tag !== tag.octets) throw new RangeError('not an extension');
    const name = dotted(id);
    // RFC 5280 §4.2: not more than one instance of each.
    if (found.has(name)) throw new RangeError('an extension twice');
    found.set(name, { critical: rest.length === 2 && isTrue(rest[0]), value: value.content });
  }
  return found;
}

function isTrue(item: DerItem | undefined): boolean {
  return item?.tag === tag.boolean && item.content.length === 1 && item.content[0] !== 0;
}

function basicConstraints(value: Buffer) {
  const [first, second] = items(only(value, tag.sequence));
  const length = first?.tag === tag.integer ? first : second;
  const ca = isTrue(first);
  if (length === undefined) return { ca };
  const { content } = length;
  if (length.tag !== tag.integer || content.length === 0 || (content[0] ?? 0) >= 0x80) {
    throw new RangeError('not a path length');
  }
  // More than any path has.
  return { ca, pathLength: content.length > 2 ? 0xffff : content.readUIntBE(0, content.length) };
}

function keyUsage(value: Buffer): number {
  const bits = only(value, tag.bits);
  return bits.length < 2 ? 0 : (bits[1] ?? 0);
}

/** Of an AuthorityKeyIdentifier (RFC 5280 §4.2.1.1); undefined where it names the issuer otherwise. */
export function keyIdentifierIn(value: Buffer): Buffer | undefined {
  return items(only(value, tag.sequence)).find((item) => item.tag === 0x80)?.content;
}

function generalNames(list: Buffer): GeneralName[] {
  return items(list).map(({ tag: itemTag, content }) => ({ form: itemTag & 0x1f, value: content }));
}

function nameConstraints(value: Buffer): NameConstraints {
  const trees = items(only(value, tag.sequence));
  const bases = (wanted: number) =>
    trees
      .filter((tree) => tree.tag === wanted)
      .flatMap((tree) => items(tree.content))
      // minimum is 0 and maximum is absent (RFC 5280 §4.2.1.10): the base alone counts.
      .flatMap((subtree) => generalNames(items(subtree.content)[0]?.whole ?? Buffer.alloc(0)));
  return { permitted: bases(0xa0), excluded: bases(0xa1) };
}

const urlsMax = 16;

/** The URLs of fullName of each DistributionPoint (RFC 5280 §4.2.1.13). */
function crlUrls(value: Buffer): string[] {
  return items(only(value, tag.sequence))
    .flatMap((point) => items(point.content).filter((item) => item.tag === 0xa0))
    .flatMap((point) => items(point.content).filter((item) => item.tag === 0xa0))
    .flatMap((fullName) => urlsIn(generalNames(fullName.content)))
    .slice(0, urlsMax);
}

function ocspUrls(value: Buffer): string[] {
  return items(only(value, tag.sequence))
    .map(({ content }) => items(content))
    .filter(([method]) => method !== undefined && dotted(method) === ocspAccess)
    .flatMap(([, location]) => urlsIn(location ? generalNames(location.whole) : []))
    .slice(0, urlsMax);
}

function urlsIn(names: readonly GeneralName[]): string[] {
  return names
    .filter(({ form }) => form === nameForm.uri)
    .map(({ value }) => value.toString('latin1'));
}

function firstOid(content: Buffer): string {
  const [id] = items(content);
  return id === undefined ? '' : dotted(id);
}
