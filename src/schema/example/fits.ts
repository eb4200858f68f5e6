import { isMadeFrom, isNumber } from '../model/builtins.ts';
import { compareValues } from '../model/order.ts';
import { normalized, type SimpleModel } from '../model/simple.ts';
import { fitsPattern, readPattern } from './pattern.ts';

/** Whether a value surely fits what a simple type says of it, as far as it is read here. */
export function fits(model: SimpleModel, value: string): boolean {
  const { facets } = model;
  const text = normalized(value, facets.whiteSpace);
  if (facets.enumeration !== undefined && !facets.enumeration.includes(text)) return false;
  return (
    hasLength(model, text) &&
    isInRange(model, text) &&
    hasDigits(model, text) &&
    facets.patterns.every((step) => step.some((pattern) => hasPattern(pattern, text)))
  );
}

function hasPattern(pattern: string, text: string): boolean {
  const read = readPattern(pattern);
  return read !== undefined && fitsPattern(read, text);
}

/** Characters, octets of binary types, items of lists. */
function lengthOf({ variety, builtin }: SimpleModel, text: string): number {
  if (variety === 'list') return text.split(/\s+/).filter(Boolean).length;
  if (builtin === 'hexBinary') return text.length / 2;
  if (builtin === 'base64Binary') return Buffer.from(text, 'base64').length;
  return [...text].length;
}

function hasLength(model: SimpleModel, text: string): boolean {
  const { length, minLength = 0, maxLength = Infinity } = model.facets.measures;
  const found = lengthOf(model, text);
  if (model.builtin === 'QName') return true;
  if (length !== undefined && found !== length) return false;
  return found >= minLength && found <= maxLength;
}

function isInRange({ facets, builtin }: SimpleModel, text: string): boolean {
  const { minInclusive, minExclusive, maxInclusive, maxExclusive } = facets.bounds;
  const order = (bound: string) => compareValues(text, bound, builtin);
  const holds = (bound: string | undefined, allowed: readonly number[]) =>
    bound === undefined || allowed.includes(order(bound) ?? 2);
  return (
    holds(minInclusive, [0, 1]) &&
    holds(minExclusive, [1]) &&
    holds(maxInclusive, [0, -1]) &&
    holds(maxExclusive, [-1])
  );
}

function hasDigits({ facets, builtin }: SimpleModel, text: string): boolean {
  if (!isNumber(builtin)) return true;
  const match = /^[+-]?0*(\d*)(?:\.(\d*?)0*)?$/.exec(text);
  if (match === null) return false;
  const [, whole = '', fraction = ''] = match;
  if (isMadeFrom(builtin, 'integer') && text.includes('.')) return false;
  const { totalDigits = Infinity, fractionDigits = Infinity } = facets.measures;
  return whole.length + fraction.length <= totalDigits && fraction.length <= fractionDigits;
}
