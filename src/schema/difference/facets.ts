import { isMadeFrom, isNumber } from '../model/builtins.ts';
import { compareValues } from '../model/order.ts';
import { measures, type SimpleModel } from '../model/simple.ts';
import type { ChangeKind } from './kinds.ts';
import type { ValueChange } from './values.ts';

/** How what limits the values of a type changed; the types underneath are alike. */
export function facetChanges(a: SimpleModel, b: SimpleModel): ValueChange[] {
  return [
    ...enumerations(a, b),
    ...spans(a, b, 'length', lengthOf(a), lengthOf(b)),
    ...digits(a, b),
    ...ranges(a, b),
    ...patterns(a, b),
  ];
}

function found(
  a: SimpleModel,
  b: SimpleModel,
  said: readonly string[],
  kind: ChangeKind,
  from: string,
  to: string,
  flags: { readonly refusesOld: boolean; readonly allowsNew: boolean },
): ValueChange {
  const by = (model: SimpleModel) => said.map((facet) => model.facets.said[facet]).find(Boolean);
  return { kind, about: [by(a), by(b)], from, to, ...flags };
}

const narrows = { refusesOld: true, allowsNew: false };
const widens = { refusesOld: false, allowsNew: true };

function enumerations(a: SimpleModel, b: SimpleModel): ValueChange[] {
  const before = a.facets.enumeration;
  const now = b.facets.enumeration;
  const add = (kind: ChangeKind, from: readonly string[], to: readonly string[]) => {
    if (from.length + to.length === 0) return [];
    const flags = kind === 'values-removed' ? narrows : widens;
    return [found(a, b, ['enumeration'], kind, listed(from), listed(to), flags)];
  };
  if (before === undefined && now === undefined) return [];
  if (before === undefined) return add('values-removed', ['— (любые / any)'], now ?? []);
  if (now === undefined) return add('values-added', before, ['— (любые / any)']);
  return [
    ...add(
      'values-removed',
      before.filter((value) => !now.includes(value)),
      [],
    ),
    ...add(
      'values-added',
      [],
      now.filter((value) => !before.includes(value)),
    ),
  ];
}

const namedMax = 10;

function listed(values: readonly string[]): string {
  const named = values.slice(0, namedMax).map((value) => `«${value}»`);
  const rest = values.length - namedMax;
  return rest > 0 ? `${named.join(', ')} … +${rest}` : named.join(', ');
}

interface Span {
  readonly min: number;
  readonly max: number;
}

function lengthOf({ facets }: SimpleModel): Span {
  const { length, minLength = 0, maxLength = Infinity } = facets.measures;
  return length === undefined ? { min: minLength, max: maxLength } : { min: length, max: length };
}

function spans(
  a: SimpleModel,
  b: SimpleModel,
  what: 'length' | 'digits',
  before: Span,
  now: Span,
  said: readonly string[] = measures.slice(0, 3),
): ValueChange[] {
  const narrowed = now.min > before.min || now.max < before.max;
  const widened = now.min < before.min || now.max > before.max;
  const all: ValueChange[] = [];
  const [from, to] = [spanText(before), spanText(now)];
  if (narrowed) all.push(found(a, b, said, `${what}-narrowed`, from, to, narrows));
  if (widened) all.push(found(a, b, said, `${what}-widened`, from, to, widens));
  return all;
}

export function spanText({ min, max }: Span): string {
  if (min === max) return String(min);
  return max === Infinity ? `${min}…∞` : `${min}…${max}`;
}

function digits(a: SimpleModel, b: SimpleModel): ValueChange[] {
  const span = (model: SimpleModel, facet: 'totalDigits' | 'fractionDigits'): Span => {
    const whole = facet === 'fractionDigits' && isMadeFrom(model.builtin, 'integer');
    return { min: 0, max: whole ? 0 : (model.facets.measures[facet] ?? Infinity) };
  };
  return (['totalDigits', 'fractionDigits'] as const).flatMap((facet) =>
    spans(a, b, 'digits', span(a, facet), span(b, facet), [facet]),
  );
}

interface Bound {
  readonly value: string;
  readonly inclusive: boolean;
}

function boundOf({ facets }: SimpleModel, side: 'min' | 'max'): Bound | undefined {
  const inclusive = facets.bounds[`${side}Inclusive`];
  if (inclusive !== undefined) return { value: inclusive, inclusive: true };
  const exclusive = facets.bounds[`${side}Exclusive`];
  return exclusive === undefined ? undefined : { value: exclusive, inclusive: false };
}

function ranges(a: SimpleModel, b: SimpleModel): ValueChange[] {
  const sides = (['min', 'max'] as const).map((side) => {
    const sign = side === 'min' ? 1 : -1;
    return tighter(boundOf(a, side), boundOf(b, side), sign, a.builtin);
  });
  const [from, to] = [rangeText(a), rangeText(b)];
  const said = ['minInclusive', 'minExclusive', 'maxInclusive', 'maxExclusive'];
  const all: ValueChange[] = [];
  if (sides.some(({ narrowed }) => narrowed)) {
    all.push(found(a, b, said, 'range-narrowed', from, to, narrows));
  }
  if (sides.some(({ widened }) => widened)) {
    all.push(found(a, b, said, 'range-widened', from, to, widens));
  }
  return all;
}

/** @param sign 1 of a lower bound, -1 of an upper one */
function tighter(before: Bound | undefined, now: Bound | undefined, sign: number, type: string) {
  if (before === undefined || now === undefined) {
    return { narrowed: now !== undefined, widened: before !== undefined };
  }
  const order = compareValues(now.value, before.value, type);
  // Values that cannot be compared: deny.
  if (order === undefined) return { narrowed: true, widened: true };
  const step = order * sign;
  if (step !== 0) return { narrowed: step > 0, widened: step < 0 };
  return {
    narrowed: before.inclusive && !now.inclusive,
    widened: !before.inclusive && now.inclusive,
  };
}

function rangeText(model: SimpleModel): string {
  const low = boundOf(model, 'min');
  const high = boundOf(model, 'max');
  const left = low === undefined ? '(−∞' : `${low.inclusive ? '[' : '('}${low.value}`;
  const right = high === undefined ? '∞)' : `${high.value}${high.inclusive ? ']' : ')'}`;
  return isNumber(model.builtin) || low !== undefined || high !== undefined
    ? `${left}; ${right}`
    : '—';
}

/** A value fits one pattern of each step, so that a pattern more in a step widens it. */
function patterns(a: SimpleModel, b: SimpleModel): ValueChange[] {
  const before = a.facets.patterns;
  const now = b.facets.patterns;
  const kept = (steps: readonly (readonly string[])[], step: readonly string[]) =>
    steps.some((other) => other.every((pattern) => step.includes(pattern)));
  const refusesOld = now.some((step) => !kept(before, step));
  const allowsNew = before.some((step) => !kept(now, step));
  if (!refusesOld && !allowsNew) return [];
  const kind = !refusesOld ? 'pattern-widened' : allowsNew ? 'pattern-changed' : 'pattern-narrowed';
  const flags = { refusesOld, allowsNew };
  return [found(a, b, ['pattern'], kind, patternText(before), patternText(now), flags)];
}

function patternText(steps: readonly (readonly string[])[]): string {
  return steps.length === 0 ? '—' : steps.map((step) => step.join(' | ')).join(' & ');
}
