import { Fault } from '../../fault/fault.ts';
import { canonicalizations, exclusive } from '../../xml/canonicalize.ts';
import { envelopedUri, smevTransformUri } from '../profiles.ts';
import { smevTransform } from '../smev-transform.ts';
import type { Structure, Transform } from '../structure.ts';
import type { Cause } from './causes.ts';
import { jdkTransform } from './jdk.ts';
import type { Subject, Way } from './subject.ts';
import { type Attribute, type ElementNode, mapElements, readCanonical } from './tree.ts';
import { type Writing, writeCanonical } from './write.ts';

/** What comes after canonicalization. */
type After = 'nothing' | 'smev' | 'jdk' | 'smev-then-canonical';

/** The ways in which a signer may have made the octets; the first is the declared one. */
export interface Ways {
  readonly declared: Way;
  readonly others: readonly Way[];
}

/** The ways for the one Reference, by its transforms. */
export function digestWays(
  { transforms }: Pick<Structure, 'transforms'>,
  subject: Subject,
): Ways | undefined {
  const first = transforms.find(({ algorithm }) => Object.hasOwn(canonicalizations, algorithm));
  if (first === undefined) return undefined;
  const smev = transforms.some(({ algorithm }) => algorithm === smevTransformUri);
  const base = writingOf(first);
  const way = (cause: Cause | undefined, writing: Writing, after: After): Way =>
    wayOf(cause, writing, after, subject.inherited);
  const last = smev ? 'smev' : 'nothing';
  const others = smev
    ? [
        way('smev-transform-missing', base, 'nothing'),
        way('jdk-escaping', base, 'jdk'),
        way('smev-transform-order', base, 'smev-then-canonical'),
      ]
    : [...canonicalWays(base, subject), way('smev-transform-undeclared', base, 'smev')];
  return { declared: way(undefined, base, last), others };
}

/** The ways for SignedInfo, by CanonicalizationMethod. */
export function valueWays(
  { canonicalization, signedInfoPrefixes }: Structure,
  subject: Subject,
): Ways {
  const base = writingOf({ algorithm: canonicalization, prefixes: signedInfoPrefixes });
  return {
    declared: wayOf(undefined, base, 'nothing', subject.inherited),
    others: [
      ...canonicalWays(base, subject),
      wayOf('smev-transform-undeclared', base, 'smev', subject.inherited),
    ],
  };
}

/** The element that the digest leaves out, where the transforms say so. */
export function isEnveloped({ transforms }: Pick<Structure, 'transforms'>): boolean {
  return transforms.some(({ algorithm }) => algorithm === envelopedUri);
}

function writingOf({ algorithm, prefixes }: Transform): Writing {
  return { exclusive: algorithm === exclusive, prefixes };
}

function canonicalWays(base: Writing, { tree, inherited }: Subject): Way[] {
  const way = (cause: Cause, writing: Writing) => wayOf(cause, writing, 'nothing', inherited);
  const swapped = { exclusive: !base.exclusive, prefixes: [] };
  return [
    way(base.exclusive ? 'inclusive-for-exclusive' : 'exclusive-for-inclusive', swapped),
    ...(base.prefixes.length > 0 ? [way('prefix-list-ignored', { ...base, prefixes: [] })] : []),
    ...(hasComments(tree) ? [way('comments-digested', { ...base, comments: true })] : []),
    // Canonical XML 1.1 §2.4: xml:id is not taken along; where nothing else is, 1.0 differs by that.
    ...(inherited.length > 0
      ? [
          wayOf(
            'canonical-xml-11',
            { exclusive: false, prefixes: [] },
            'nothing',
            lasting(inherited),
          ),
        ]
      : []),
  ];
}

function lasting(inherited: readonly Attribute[]): Attribute[] {
  return inherited.filter(({ local }) => local !== 'id' && local !== 'base');
}

function wayOf(
  cause: Cause | undefined,
  writing: Writing,
  after: After,
  inherited: readonly Attribute[],
): Way {
  return {
    ...(cause === undefined ? {} : { cause }),
    inclusive: !writing.exclusive,
    smev: after !== 'nothing',
    write: (tree) => {
      const apex = writing.exclusive ? tree : withInherited(tree, inherited);
      const octets = writeCanonical(apex, writing);
      try {
        return finish(octets, after);
      } catch (thrown) {
        if (thrown instanceof Fault) return undefined;
        throw thrown;
      }
    },
  };
}

function finish(octets: Buffer, after: After): Buffer | undefined {
  switch (after) {
    case 'nothing':
      return octets;
    case 'smev':
      return smevTransform(octets);
    case 'jdk':
      return jdkTransform(octets);
    case 'smev-then-canonical': {
      const tree = readCanonical(smevTransform(octets));
      return tree && writeCanonical(inOrder(tree), { exclusive: true, prefixes: [] });
    }
  }
}

/** Attributes of the namespace xml come last but one: after those without, before others by URI. */
function withInherited(tree: ElementNode, inherited: readonly Attribute[]): ElementNode {
  if (inherited.length === 0) return tree;
  const attributes = [...tree.attributes, ...inherited];
  return { ...tree, attributes: sortAttributes(attributes, tree.declared) };
}

function hasComments(element: ElementNode): boolean {
  return element.children.some((node) =>
    node.kind === 'other'
      ? node.source.startsWith('<!')
      : node.kind === 'element' && hasComments(node),
  );
}

/** The SMEV transform has its own order of attributes, and no prefix twice. */
function inOrder(tree: ElementNode): ElementNode {
  const scope = new Map<string, string>();
  mapElements(tree, (element) => {
    for (const [prefix, uri] of element.declared) scope.set(prefix, uri);
    return element;
  });
  return mapElements(tree, (element) => ({
    ...element,
    attributes: sortAttributes(element.attributes, scope),
  }));
}

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';

/** Attributes in canonical order: by namespace, then by local name (Canonical XML 1.0 §2.2). */
function sortAttributes(
  attributes: readonly Attribute[],
  scope: ReadonlyMap<string, string>,
): Attribute[] {
  const uriOf = ({ prefix }: Attribute) =>
    prefix === '' ? '' : prefix === 'xml' ? xmlNamespace : (scope.get(prefix) ?? '');
  return [...attributes].sort((a, b) => byText(uriOf(a), uriOf(b)) || byText(a.local, b.local));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
