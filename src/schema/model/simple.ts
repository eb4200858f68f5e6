import { xsdNamespace } from '../set.ts';
import { type Components, expanded, type XsdNode } from '../xsd-components.ts';
import { builtin, isMadeFrom } from './builtins.ts';

export const bounds = ['minInclusive', 'minExclusive', 'maxInclusive', 'maxExclusive'] as const;
export const measures = [
  'length',
  'minLength',
  'maxLength',
  'totalDigits',
  'fractionDigits',
] as const;

/** The facets in force, each with the element of the schema that says it. */
export interface Facets {
  readonly bounds: Readonly<Partial<Record<(typeof bounds)[number], string>>>;
  readonly measures: Readonly<Partial<Record<(typeof measures)[number], number>>>;
  readonly enumeration: readonly string[] | undefined;
  /** A value fits one pattern of each step (Part 2 §4.3.4). */
  readonly patterns: readonly (readonly string[])[];
  readonly whiteSpace: string;
  /** Who said the last of each kind. */
  readonly said: Readonly<Record<string, XsdNode>>;
}

/** A simple type with what its bases say. */
export interface SimpleModel {
  readonly variety: 'atomic' | 'list' | 'union';
  /** Local name of the built-in type that it restricts; anySimpleType of lists and unions. */
  readonly builtin: string;
  readonly item: SimpleModel | undefined;
  readonly members: readonly SimpleModel[];
  readonly facets: Facets;
  /** Every annotation of its definition, the last step alone. */
  readonly documentation: string;
}

const noFacets: Facets = {
  bounds: {},
  measures: {},
  enumeration: undefined,
  patterns: [],
  whiteSpace: 'collapse',
  said: {},
};

/** A simple type by expanded name; a name that nothing declares is taken for one without facets. */
export function simpleNamed(name: string, components: Components): SimpleModel {
  const start = expanded(xsdNamespace, '');
  if (name.startsWith(start)) return builtinModel(name.slice(start.length));
  const node = components.find('simpleType', name);
  return node === undefined ? builtinModel('anySimpleType') : simpleOf(node, components);
}

export function builtinModel(local: string): SimpleModel {
  const { item, min, max } = builtin(local);
  const whiteSpace =
    local === 'string' || local === 'anySimpleType'
      ? 'preserve'
      : local === 'normalizedString'
        ? 'replace'
        : 'collapse';
  const facets = {
    ...noFacets,
    whiteSpace,
    bounds: inherited(local, min, max),
    measures: item === undefined ? {} : { minLength: 1 },
  };
  const made = { variety: 'atomic', builtin: local, item: undefined, members: [] } as const;
  if (item === undefined) return { ...made, facets, documentation: '' };
  return { ...made, variety: 'list', item: builtinModel(item), facets, documentation: '' };
}

function inherited(local: string, min?: string, max?: string): Facets['bounds'] {
  if (!isMadeFrom(local, 'integer')) return {};
  const { base } = builtin(local);
  const above = builtin(base);
  const from = base === 'decimal' ? {} : inherited(base, above.min, above.max);
  return {
    ...from,
    ...(min === undefined ? {} : { minInclusive: min }),
    ...(max === undefined ? {} : { maxInclusive: max }),
  };
}

/** @param node a simpleType, or the restriction of a simpleContent with its base handed in */
export function simpleOf(node: XsdNode, components: Components): SimpleModel {
  const [how] = node.children;
  const documentation = documentationIn(node);
  if (how?.kind === 'list') {
    const item = inner(how, how.refers['itemType']?.[0], components);
    return { ...listOrUnion('list'), item, documentation };
  }
  if (how?.kind === 'union') {
    const named = (how.refers['memberTypes'] ?? []).map((name) => simpleNamed(name, components));
    const inline = how.children.filter(({ kind }) => kind === 'simpleType');
    const members = [...named, ...inline.map((each) => simpleOf(each, components))];
    return oneEnumeration({ ...listOrUnion('union'), members, documentation });
  }
  if (how === undefined) return builtinModel('anySimpleType');
  const base = inner(how, how.refers['base']?.[0], components);
  return { ...restricted(base, how), documentation };
}

function inner(how: XsdNode, named: string | undefined, components: Components): SimpleModel {
  const inline = how.children.find(({ kind }) => kind === 'simpleType');
  if (inline !== undefined) return simpleOf(inline, components);
  return named === undefined ? builtinModel('anySimpleType') : simpleNamed(named, components);
}

function listOrUnion(variety: 'list' | 'union'): SimpleModel {
  const facets = { ...noFacets, whiteSpace: variety === 'list' ? 'collapse' : 'preserve' };
  return {
    variety,
    builtin: 'anySimpleType',
    item: undefined,
    members: [],
    facets,
    documentation: '',
  };
}

/** Lists of values that are spread over the members of a union are one list. */
function oneEnumeration(model: SimpleModel): SimpleModel {
  const [first] = model.members;
  const alike = ({ variety, builtin: from, facets }: SimpleModel) =>
    variety === 'atomic' &&
    from === first?.builtin &&
    facets.enumeration !== undefined &&
    facets.whiteSpace === first.facets.whiteSpace;
  if (first === undefined || !model.members.every(alike)) return model;
  const enumeration = [...new Set(model.members.flatMap((each) => each.facets.enumeration ?? []))];
  const facets = { ...noFacets, enumeration, whiteSpace: first.facets.whiteSpace };
  return { ...first, facets, documentation: model.documentation };
}

/** What a restriction leaves of its base. */
export function restricted(base: SimpleModel, how: XsdNode): SimpleModel {
  const last = (kind: string) => how.children.findLast((each) => each.kind === kind);
  const value = (kind: string) => last(kind)?.attributes['value'];
  const whiteSpace = value('whiteSpace') ?? base.facets.whiteSpace;
  const values = (kind: string) =>
    how.children
      .filter((each) => each.kind === kind)
      .map(({ attributes }) => attributes['value'] ?? '');
  const enumeration = values('enumeration').map((each) => normalized(each, whiteSpace));
  const patterns = values('pattern');
  const said: Record<string, XsdNode> = { ...base.facets.said };
  for (const { kind } of how.children) said[kind] = how;
  said['base'] ??= how;
  const facets: Facets = {
    bounds: mergedBounds(base, value),
    measures: {
      ...base.facets.measures,
      ...Object.fromEntries(
        measures
          .filter((kind) => value(kind) !== undefined)
          .map((kind) => [kind, Number(value(kind))]),
      ),
    },
    enumeration: enumeration.length > 0 ? enumeration : base.facets.enumeration,
    patterns: patterns.length > 0 ? [...base.facets.patterns, patterns] : base.facets.patterns,
    whiteSpace,
    said,
  };
  return { ...base, facets };
}

function mergedBounds(base: SimpleModel, value: (kind: string) => string | undefined) {
  const own = bounds.filter((kind) => value(kind) !== undefined);
  const side = (kind: string) => kind.slice(0, 3);
  const kept = Object.entries(base.facets.bounds).filter(
    ([kind]) => !own.some((each) => side(each) === side(kind)),
  );
  return Object.fromEntries([...kept, ...own.map((kind) => [kind, value(kind)?.trim()])]);
}

/** White space as the type has it (Part 2 §4.3.6). */
export function normalized(value: string, whiteSpace: string): string {
  if (whiteSpace === 'preserve') return value;
  const replaced = value.replace(/[\t\n\r]/g, ' ');
  return whiteSpace === 'replace' ? replaced : replaced.replace(/ +/g, ' ').replace(/^ | $/g, '');
}

function documentationIn(node: XsdNode): string {
  return [node.documentation, ...node.children.map(documentationIn)].filter(Boolean).join('\n');
}
