import { Fault } from '../fault/fault.ts';
import { dsNamespace } from '../smev/namespaces.ts';
import { type Canonicalization, canonicalizations, exclusive } from '../xml/canonicalize.ts';
import { XmlElement, XmlText } from '../xml/document.ts';
import { child, isNamed } from '../xml/navigate.ts';
import { type KeyKind, signatureAlgorithms } from './algorithms.ts';
import { allows, type Profile } from './profiles.ts';

/** One step from the target to the octets that are digested. */
export interface Transform {
  readonly algorithm: string;
  /** PrefixList of an exclusive canonicalization. */
  readonly prefixes: readonly string[];
}

/** The parts of a ds:Signature, found by their exact places (XML Signature 1.1 §4). */
export interface Structure {
  readonly profile: Profile;
  readonly signature: XmlElement;
  readonly signedInfo: XmlElement;
  readonly canonicalization: Canonicalization;
  readonly signedInfoPrefixes: readonly string[];
  readonly signatureMethod: string;
  /** The Id that the one Reference names; '' for the whole document. */
  readonly targetId: string;
  readonly transforms: readonly Transform[];
  readonly digestMethod: string;
  readonly digest: Buffer;
  readonly value: Buffer;
  readonly keyInfo: XmlElement | undefined;
}

const childrenMax = 20;

/**
 * Reads a ds:Signature that one of the profiles allows. Nothing is optional, repeated or skipped over
 * but what is named here: a part in another place is a part that somebody else might read.
 *
 * @param allowed the first that fits counts
 * @throws Fault SIGNATURE_FORMAT, SIGNATURE_ALGORITHM, SIGNATURE_TARGET
 */
export function readStructure(signature: XmlElement, allowed: readonly Profile[]): Structure {
  const [signedInfo, value, keyInfo, ...rest] = children(signature);
  demand(signedInfo, 'SignedInfo');
  demand(value, 'SignatureValue');
  if (keyInfo !== undefined) demand(keyInfo, 'KeyInfo');
  if (rest.length > 0) malformed('лишние элементы в Signature');
  const info = readSignedInfo(signedInfo);
  const reference = readReference(info.reference);
  return {
    profile: profileFor(allowed, info, reference),
    signature,
    signedInfo,
    canonicalization: info.canonicalization,
    signedInfoPrefixes: info.prefixes,
    signatureMethod: info.signatureMethod,
    value: base64(value),
    keyInfo,
    ...reference,
  };
}

function readSignedInfo(signedInfo: XmlElement) {
  const [method, signatureMethod, reference, ...others] = children(signedInfo);
  demand(method, 'CanonicalizationMethod');
  demand(signatureMethod, 'SignatureMethod');
  demand(reference, 'Reference');
  if (others.length > 0) malformed('в SignedInfo должен быть один Reference');
  const canonicalization = algorithmOf(method);
  if (!Object.hasOwn(canonicalizations, canonicalization)) unknownAlgorithm(canonicalization);
  if (children(signatureMethod).length > 0) malformed('SignatureMethod с параметрами');
  return {
    canonicalization: canonicalization as Canonicalization,
    prefixes: prefixList(method),
    signatureMethod: algorithmOf(signatureMethod),
    reference,
  };
}

function readReference(reference: XmlElement) {
  const uri = reference.attr('URI')?.value;
  if (uri === undefined || !/^(#[^#()]+)?$/.test(uri)) {
    throw new Fault('SIGNATURE_TARGET', { public: 'URI должен быть #Id' });
  }
  if (reference.attr('Type') !== null) malformed('Reference с Type');
  const [transforms, digestMethod, digestValue, ...others] = children(reference);
  demand(transforms, 'Transforms');
  demand(digestMethod, 'DigestMethod');
  demand(digestValue, 'DigestValue');
  if (others.length > 0) malformed('лишние элементы в Reference');
  if (children(digestMethod).length > 0) malformed('DigestMethod с параметрами');
  return {
    targetId: uri.slice(1),
    transforms: children(transforms).map((step): Transform => {
      demand(step, 'Transform');
      return { algorithm: algorithmOf(step), prefixes: prefixList(step) };
    }),
    digestMethod: algorithmOf(digestMethod),
    digest: base64(digestValue),
  };
}

type Info = ReturnType<typeof readSignedInfo>;
type Reference = ReturnType<typeof readReference>;

/** The first profile that allows the methods and the shape; the refusal speaks of the methods first. */
function profileFor(allowed: readonly Profile[], info: Info, reference: Reference): Profile {
  const { digestMethod, transforms, targetId } = reference;
  const byMethods = allowed.filter((each) => allows(each, info.signatureMethod, digestMethod));
  const [first] = byMethods;
  if (first === undefined) return unknownMethods(allowed, info.signatureMethod, digestMethod);
  const shaped = byMethods.filter(
    (each) =>
      each.canonicalizations.includes(info.canonicalization) &&
      each.transforms.some((row) => isSame(row, transforms)),
  );
  if (shaped.length === 0) {
    throw new Fault('SIGNATURE_FORMAT', {
      public: `профиль ${first.name}: Transforms: ожидается ${first.transforms[0]?.join(', ')}`,
    });
  }
  const fits = shaped.find((each) => targetId !== '' || each.wholeDocument);
  if (fits === undefined) throw new Fault('SIGNATURE_TARGET', { public: 'URI должен быть #Id' });
  return fits;
}

function isSame(row: readonly string[], transforms: readonly Transform[]): boolean {
  return (
    row.length === transforms.length &&
    row.every((uri, index) => uri === transforms[index]?.algorithm)
  );
}

function unknownMethods(allowed: readonly Profile[], signature: string, digest: string): never {
  const names = allowed.map(({ name }) => name).join(', ');
  throw new Fault('SIGNATURE_ALGORITHM', {
    public: `${signature.slice(0, 200)}, ${digest.slice(0, 200)}; профили: ${names}`,
  });
}

function unknownAlgorithm(uri: string): never {
  throw new Fault('SIGNATURE_ALGORITHM', { public: uri.slice(0, 200) });
}

/** The kind of key that the signature in a container says it was made with; nothing is verified. */
export function claimedKeyKind(container: XmlElement): KeyKind | undefined {
  const signature = child(container, dsNamespace, 'Signature');
  const info = signature && child(signature, dsNamespace, 'SignedInfo');
  const method = info && child(info, dsNamespace, 'SignatureMethod');
  const uri = method?.attr('Algorithm')?.value ?? '';
  return Object.hasOwn(signatureAlgorithms, uri) ? signatureAlgorithms[uri]?.keyKind : undefined;
}

/** The child elements where nothing but white space lies between them. */
function children(parent: XmlElement): XmlElement[] {
  const found: XmlElement[] = [];
  for (let node = parent.firstChild; node !== null; node = node.next) {
    if (node instanceof XmlElement) found.push(node);
    else if (!(node instanceof XmlText) || node.content.trim() !== '') {
      malformed(`${parent.name}: только элементы`);
    }
    if (found.length > childrenMax) malformed(`${parent.name}: слишком много элементов`);
  }
  return found;
}

function demand(element: XmlElement | undefined, local: string): asserts element is XmlElement {
  if (element === undefined || !isNamed(element, dsNamespace, local)) {
    malformed(`ожидается ds:${local}`);
  }
}

function malformed(what: string): never {
  throw new Fault('SIGNATURE_FORMAT', { public: what });
}

function algorithmOf(element: XmlElement): string {
  return element.attr('Algorithm')?.value ?? malformed(`${element.name} без Algorithm`);
}

/** Exclusive XML Canonicalization 1.0 §4: the one child that a method or transform may have. */
function prefixList(method: XmlElement): string[] {
  const [inclusive, ...others] = children(method);
  if (inclusive === undefined) return [];
  const known = isNamed(inclusive, exclusive, 'InclusiveNamespaces');
  if (!known || others.length > 0 || algorithmOf(method) !== exclusive) {
    malformed(`параметры ${method.name}`);
  }
  const list = (inclusive.attr('PrefixList')?.value ?? '').split(/\s+/).filter((p) => p !== '');
  if (list.length > childrenMax) malformed('PrefixList');
  return list.map((prefix) => (prefix === '#default' ? '' : prefix));
}

/** Base64 that is text and nothing else: a comment inside would be read differently by others. */
export function base64(element: XmlElement): Buffer {
  for (let node = element.firstChild; node !== null; node = node.next) {
    if (!(node instanceof XmlText)) malformed(`${element.name}: только текст`);
  }
  const text = element.content.replace(/[ \t\r\n]+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) malformed(`${element.name}: не base64`);
  return Buffer.from(text, 'base64');
}
