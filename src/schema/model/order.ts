import { isMadeFrom, isNumber } from './builtins.ts';

/**
 * -1, 0 or 1 as `a` is less than, equal to or greater than `b`; undefined where it cannot be told: dates
 * with time zones, durations, what is not a value of the type.
 *
 * @param type a built-in type
 */
export function compareValues(a: string, b: string, type: string): number | undefined {
  if (a === b) return 0;
  if (isNumber(type)) return compareDecimals(a, b);
  if (type === 'double' || type === 'float') {
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? undefined : Math.sign(x - y);
  }
  const calendar = ['date', 'dateTime', 'gYear', 'gYearMonth', 'time'].some((each) =>
    isMadeFrom(type, each),
  );
  // One form, no zone, a year of four digits: the order of text is that of time.
  const shape = (value: string) => value.replace(/\d/g, '0');
  if (!calendar || shape(a) !== shape(b) || !/^(\d{4}|\d\d:)[-T:\d]*$/.test(a)) return undefined;
  return a < b ? -1 : 1;
}

const decimal = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/;

function compareDecimals(a: string, b: string): number | undefined {
  const x = decimal.exec(a.trim());
  const y = decimal.exec(b.trim());
  if (x === null || y === null) return undefined;
  const digits = Math.max(x[3]?.length ?? 0, y[3]?.length ?? 0);
  const scaled = ([, sign, whole = '', fraction = '']: RegExpExecArray) =>
    BigInt(`${whole || '0'}${fraction.padEnd(digits, '0')}`) * (sign === '-' ? -1n : 1n);
  const [left, right] = [scaled(x), scaled(y)];
  return left === right ? 0 : left < right ? -1 : 1;
}
