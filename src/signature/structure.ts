import { Fault } from '../fault/fault.ts';
import { dsNamespace } from '../smev/namespaces.ts';
import { type Canonicalization, canonicalizations, exclusive } from '../xml/canonicalize.ts';
import { XmlElement, XmlText } from '../xml/document.ts';
import { isNamed } from '../xml/navigate.ts';
import { isGost, profileTransforms, smevTransform } from './algorithms.ts';

/** The parts of a ds:Signature, found by their exact places (XML Signature 1.1 §4). */
export interface Structure {
  readonly signedInfo: XmlElement;
  readonly canonicalization: Canonicalization;
  readonly signedInfoPrefixes: readonly string[];
  readonly signatureMethod: string;
  /** The Id that the one Reference names. */
  readonly targetId: string;
  readonly digestMethod: string;
  readonly digest: Buffer;
  /** PrefixList of the exclusive canonicalization of the target. */
  readonly targetPrefixes: readonly string[];
  readonly value: Buffer;
  readonly keyInfo: XmlElement | undefined;
}

const childrenMax = 20;

/**
 * Reads a ds:Signature of the profile xmldsig. Nothing is optional, repeated or skipped over but
 * what is named here: a part in another place is a part that somebody else might read.
 *
 * @throws Fault SIGNATURE_FORMAT, SIGNATURE_ALGORITHM, SIGNATURE_TARGET
 */
export function readStructure(signature: XmlElement): Structure {
  const [signedInfo, value, keyInfo, ...rest] = children(signature);
  demand(signedInfo, 'SignedInfo');
  demand(value, 'SignatureValue');
  if (keyInfo !== undefined) demand(keyInfo, 'KeyInfo');
  if (rest.length > 0) malformed('лишние элементы в Signature');
  const [method, signatureMethod, reference, ...others] = children(signedInfo);
  demand(method, 'CanonicalizationMethod');
  demand(signatureMethod, 'SignatureMethod');
  demand(reference, 'Reference');
  if (others.length > 0) malformed('в SignedInfo должен быть один Reference');
  const canonicalization = algorithmOf(method);
  if (!(canonicalization in canonicalizations)) unknownAlgorithm(canonicalization);
  if (children(signatureMethod).length > 0) malformed('SignatureMethod с параметрами');
  return {
    signedInfo,
    canonicalization: canonicalization as Canonicalization,
    signedInfoPrefixes: prefixList(method),
    signatureMethod: algorithmOf(signatureMethod),
    value: base64(value),
    keyInfo,
    ...readReference(reference),
  };
}

function readReference(reference: XmlElement) {
  const uri = reference.attr('URI')?.value ?? '';
  if (!/^#[^#()]+$/.test(uri)) {
    throw new Fault('SIGNATURE_TARGET', { public: 'URI должен быть #Id' });
  }
  if (reference.attr('Type') !== null) malformed('Reference с Type');
  const [transforms, digestMethod, digestValue, ...others] = children(reference);
  demand(transforms, 'Transforms');
  demand(digestMethod, 'DigestMethod');
  demand(digestValue, 'DigestValue');
  if (others.length > 0) malformed('лишние элементы в Reference');
  const steps = children(transforms);
  const named = steps.map((step) => {
    demand(step, 'Transform');
    return algorithmOf(step);
  });
  checkTransforms(named);
  return {
    targetId: uri.slice(1),
    targetPrefixes: steps[0] === undefined ? [] : prefixList(steps[0]),
    digestMethod: algorithmOf(digestMethod),
    digest: base64(digestValue),
  };
}

function checkTransforms(named: readonly string[]): void {
  if (named.includes(smevTransform)) {
    throw new Fault('NOT_BUILT', { public: `профиль smev3: ${smevTransform}` });
  }
  const wanted = profileTransforms.xmldsig;
  if (named.length !== wanted.length || named.some((uri, index) => uri !== wanted[index])) {
    throw new Fault('SIGNATURE_FORMAT', {
      public: `Transforms: ожидается ${wanted.join(', ')}`,
    });
  }
}

/** Names an algorithm that the tables do not hold. */
export function unknownAlgorithm(uri: string): never {
  if (isGost(uri)) throw new Fault('NOT_BUILT', { public: `профиль smev3: ${uri.slice(0, 200)}` });
  throw new Fault('SIGNATURE_ALGORITHM', { public: uri.slice(0, 200) });
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
