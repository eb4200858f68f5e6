import type { Curve } from './curves.ts';
import { invert, mod } from './numbers.ts';

/** A point in Jacobian coordinates: (x/z², y/z³), at infinity where z is 0. */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
}

const infinity: Point = { x: 1n, y: 1n, z: 0n };

/** A point of affine coordinates. */
export function pointAt(x: bigint, y: bigint): Point {
  return { x, y, z: 1n };
}

/** Affine coordinates of a point that is not at infinity. */
export function affine({ p }: Curve, { x, y, z }: Point): [bigint, bigint] {
  const inverse = invert(z, p);
  const square = mod(inverse * inverse, p);
  return [mod(x * square, p), mod(y * mod(square * inverse, p), p)];
}

/** Whether both coordinates are below p and fulfil the equation of the curve. */
export function isOnCurve({ p, a, b }: Curve, x: bigint, y: bigint): boolean {
  return x < p && y < p && mod(y * y - (x * x + a) * x - b, p) === 0n;
}

/** The sum of any two points. */
export function add(curve: Curve, first: Point, second: Point): Point {
  if (first.z === 0n) return second;
  if (second.z === 0n) return first;
  const { p } = curve;
  const square1 = mod(first.z * first.z, p);
  const square2 = mod(second.z * second.z, p);
  const u = mod(first.x * square2, p);
  const s = mod(first.y * mod(second.z * square2, p), p);
  const h = mod(second.x * square1 - u, p);
  const r = mod(second.y * mod(first.z * square1, p) - s, p);
  if (h === 0n) return r === 0n ? double(curve, first) : infinity;
  const h2 = mod(h * h, p);
  const h3 = mod(h * h2, p);
  const v = mod(u * h2, p);
  const x = mod(r * r - h3 - 2n * v, p);
  return { x, y: mod(r * (v - x) - s * h3, p), z: mod(h * mod(first.z * second.z, p), p) };
}

function double({ p, a }: Curve, { x, y, z }: Point): Point {
  if (z === 0n || y === 0n) return infinity;
  const y2 = mod(y * y, p);
  const z2 = mod(z * z, p);
  const s = mod(4n * x * y2, p);
  const m = mod(3n * x * x + a * mod(z2 * z2, p), p);
  const x3 = mod(m * m - 2n * s, p);
  return { x: x3, y: mod(m * (s - x3) - 8n * y2 * y2, p), z: mod(2n * y * z, p) };
}

/** A point times a scalar that is not negative, by windows of 4 bits. */
export function multiply(curve: Curve, point: Point, scalar: bigint): Point {
  const table = [infinity, point];
  for (let digit = 2; digit < 16; digit++) {
    table.push(add(curve, table[digit - 1] as Point, point));
  }
  let sum = infinity;
  for (const digit of scalar.toString(16)) {
    for (let bit = 0; bit < 4; bit++) sum = double(curve, sum);
    sum = add(curve, sum, table[Number.parseInt(digit, 16)] as Point);
  }
  return sum;
}
