import type { Arithmetic } from './arithmetic.ts';
import { moduleArithmetic } from './curve-module.ts';
import type { Curve, CurveName } from './curves.ts';
import { referenceArithmetic } from './reference.ts';

const made = new Map<CurveName, Arithmetic>();

/** The fastest arithmetic of a curve that runs here, made at its first use in this thread. */
export function arithmeticOf(curve: Curve): Arithmetic {
  const known = made.get(curve.name);
  if (known !== undefined) return known;
  const arithmetic = moduleArithmetic(curve) ?? referenceArithmetic(curve);
  made.set(curve.name, arithmetic);
  return arithmetic;
}
