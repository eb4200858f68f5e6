import { isMadeFrom } from '../model/builtins.ts';
import type { SimpleModel } from '../model/simple.ts';
import type { Found } from './changes.ts';
import { facetChanges } from './facets.ts';

/** A change of what a value may be, without the place. */
export type ValueChange = Omit<Found, 'at' | 'name'>;

/**
 * How the values of a simple type changed. Where it cannot be told whether an old value is still
 * taken, it counts as refused.
 */
export function valueChanges(a: SimpleModel, b: SimpleModel): ValueChange[] {
  if (a.variety === 'atomic' && b.variety === 'atomic') return atomic(a, b);
  if (a.variety === 'list' && b.variety === 'list' && a.item && b.item) {
    return [...valueChanges(a.item, b.item), ...facetChanges(a, b)];
  }
  if (accepts(b, a) && accepts(a, b)) return [];
  const pairs = a.variety === 'union' && b.variety === 'union' && sameMembers(a, b);
  if (pairs) return [...pairs, ...facetChanges(a, b)];
  return [typeChanged(a, b, !accepts(b, a), !accepts(a, b))];
}

/** Unions of as many members: each with its own. */
function sameMembers(a: SimpleModel, b: SimpleModel): ValueChange[] | undefined {
  if (a.members.length !== b.members.length) return undefined;
  return a.members.flatMap((member, at) => {
    const other = b.members[at];
    return other === undefined ? [] : valueChanges(member, other);
  });
}

/** Is every value of `values` surely one of `by`. */
function accepts(by: SimpleModel, values: SimpleModel): boolean {
  if (isOpenText(by)) return true;
  if (values.variety === 'union' && !hasFacets(by)) {
    return values.members.every((member) => accepts(by, member));
  }
  if (by.variety === 'union') {
    return !hasFacets(by) && by.members.some((member) => accepts(member, values));
  }
  if (by.variety !== values.variety) return false;
  return valueChanges(values, by).every(({ refusesOld }) => refusesOld === false);
}

/** xs:string without a facet, and xs:anySimpleType, take any text. */
export function isOpenText(model: SimpleModel): boolean {
  if (model.variety !== 'atomic' || hasFacets(model)) return false;
  return model.builtin === 'string' || model.builtin === 'anySimpleType';
}

function hasFacets({ facets }: SimpleModel): boolean {
  return (
    facets.enumeration !== undefined ||
    facets.patterns.length > 0 ||
    Object.keys(facets.measures).length > 0 ||
    Object.keys(facets.bounds).length > 0
  );
}

function atomic(a: SimpleModel, b: SimpleModel): ValueChange[] {
  if (a.builtin === b.builtin) {
    if (a.facets.whiteSpace === b.facets.whiteSpace) return facetChanges(a, b);
    const { whiteSpace: from } = a.facets;
    return [...facetChanges(a, b), changed(a, b, { from, to: b.facets.whiteSpace }, true, true)];
  }
  if (isOpenText(b) && !marked(a)) return [typeChanged(a, b, false, true)];
  if (isOpenText(a) && !marked(b)) return [typeChanged(a, b, true, false)];
  const wider = isMadeFrom(a.builtin, b.builtin) && !marked(a);
  const narrower = isMadeFrom(b.builtin, a.builtin) && !marked(b);
  const whole = [a, b].every(({ builtin }) => isMadeFrom(builtin, 'integer'));
  if (!wider && !narrower && !whole) return [typeChanged(a, b, true, true)];
  const facets = facetChanges(a, b);
  // What the built-in types say themselves is told by their names.
  const said = facets.filter(({ about }) => about.some(Boolean));
  if (!whole) return [typeChanged(a, b, !wider, !narrower), ...said];
  const range = (how: string) => facets.some(({ kind }) => kind === `range-${how}`);
  return [typeChanged(a, b, range('narrowed'), range('widened')), ...said];
}

/** Types whose values mean something to the rest of the document. */
function marked({ builtin }: SimpleModel): boolean {
  return ['ID', 'IDREF', 'ENTITY', 'QName', 'NOTATION'].includes(builtin);
}

function typeChanged(
  a: SimpleModel,
  b: SimpleModel,
  refusesOld: boolean,
  allowsNew: boolean,
): ValueChange {
  return changed(a, b, { from: called(a), to: called(b) }, refusesOld, allowsNew);
}

function changed(
  a: SimpleModel,
  b: SimpleModel,
  words: { readonly from: string; readonly to: string },
  refusesOld: boolean,
  allowsNew: boolean,
): ValueChange {
  const about = [a.facets.said['base'], b.facets.said['base']];
  return { kind: 'type-changed', about, ...words, refusesOld, allowsNew };
}

/** A simple type in a few words: xs:decimal, list of xs:int. */
export function called({ variety, builtin, item, members }: SimpleModel): string {
  if (variety === 'list') return `list of ${item === undefined ? '?' : called(item)}`;
  if (variety === 'union') return `union of ${[...new Set(members.map(called))].join(', ')}`;
  return `xs:${builtin}`;
}
