import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { arithmeticOver } from '../../src/gost/curve-module.ts';
import { type Curve, type CurveName, curves } from '../../src/gost/curves.ts';
import { arithmeticOf } from '../../src/gost/fastest.ts';
import { newPrivateKey } from '../../src/gost/keys.ts';
import { mod, toLittleEndian } from '../../src/gost/numbers.ts';
import { multiply, pointAt } from '../../src/gost/points.ts';
import { checkout } from '../harness/node.ts';
import { isGross, timeDifference } from './timing.ts';

const full = process.env['MEZHVED_FULL'] === '1';
const samples = full ? 20_000 : 1500;

function curveOf(name: CurveName): Curve {
  return curves.find((curve) => curve.name === name) as Curve;
}

function randomScalars(curve: Curve, count: number): Uint8Array[] {
  return Array.from({ length: count }, () => newPrivateKey(curve, randomBytes).scalar);
}

describe('signing does not show the key or the nonce', function () {
  this.timeout(900_000);

  for (const name of ['CryptoPro-A', 'CryptoPro-C', 'TC26-256-A', 'TC26-512-A'] as const) {
    it(`${name}: the time of a fixed and of a random key and nonce differ by no gross part`, () => {
      const curve = curveOf(name);
      const arithmetic = arithmeticOf(curve);
      expect(arithmetic.constantTime).to.equal(true);
      const digest = randomBytes(curve.bytes);
      const some = randomScalars(curve, 64);
      // Not 1: the base point of CryptoPro-C has x = 0, and r = 0 ends a signature early.
      const fixed = toLittleEndian(2n, curve.bytes);
      let turn = 0;
      const next = () => some[turn++ % some.length] as Uint8Array;
      const works: [string, () => void][] = [
        ['nonce 2', () => arithmetic.sign(next(), digest, fixed)],
        ['key 2', () => arithmetic.sign(fixed, digest, next())],
        ['key and nonce q − 1', () => arithmetic.sign(last, digest, last)],
      ];
      const last = toLittleEndian(curve.q - 1n, curve.bytes);
      const random = () => {
        arithmetic.sign(next(), digest, next());
      };
      timeDifference(300, random, random);
      const count = curve.bytes === 32 ? samples : Math.ceil(samples / 4);
      for (const [what, work] of works) {
        // A busy machine may pretend a difference once; a true one is there each time.
        const tries = [1, 2, 3, 4];
        const isThere = () => isGross(timeDifference(count, work, random));
        expect(tries.every(isThere), what).to.equal(false);
      }
    });
  }

  it('the measurement notices what depends on a number', () => {
    const curve = curveOf('CryptoPro-A');
    const base = pointAt(curve.x, curve.y);
    const work = (scalar: bigint) => () => multiply(curve, base, scalar);
    expect(isGross(timeDifference(100, work(1n), work(curve.q - 1n)))).to.equal(true);
  });
});

/**
 * A module whose functions note that they were called and with which addresses, in a number that
 * depends on all of them in their order.
 */
function tracedModule(name: string): WebAssembly.Module {
  const folder = join(checkout, '.build', 'assembly');
  const source = readFileSync(join(folder, `${name}.ts`), 'utf8');
  let functions = 0;
  const traced = source.replace(
    /^(?:export )?function \w+\(([^)]*)\)[^{]*\{/gm,
    (head, parameters: string) => {
      const addresses = parameters.split(', ').filter((parameter) => parameter.endsWith(': usize'));
      const notes = addresses.map(
        (parameter) => ` note(${parameter.slice(0, -': usize'.length)});`,
      );
      return `${head} note(${++functions});${notes.join('')}`;
    },
  );
  const notes =
    'let noted: u64 = 1;\n@inline function note(what: usize): void { noted = noted * 6364136223846793005 + what; }\n' +
    'export function traceOf(): u64 { const was = noted; noted = 1; return was; }\n';
  mkdirSync(folder, { recursive: true });
  const [input, output] = [`traced-${name}.ts`, `traced-${name}.wasm`].map((f) => join(folder, f));
  writeFileSync(input as string, traced + notes);
  const asc = join(checkout, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
  const base = ['--memoryBase', '1048576', '--initialMemory', '20', '--runtime', 'stub'];
  const options = [...base, '-O1', '--noAssert', '--enable', 'simd'];
  const { status, stderr } = spawnSync(
    process.execPath,
    [asc, input as string, '--outFile', output as string, ...options],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return new WebAssembly.Module(readFileSync(output as string));
}

const quick: readonly (readonly [string, CurveName])[] = [
  ['curve-256', 'CryptoPro-A'],
  ['edwards-256', 'TC26-256-A'],
];

/** Modules that take the compiler long. */
const slow: typeof quick = [
  ['curve-256-any', 'CryptoPro-B'],
  ['curve-512', 'TC26-512-A'],
  ['edwards-512', 'TC26-512-C'],
  ['curve-512-any', 'TC26-512-B'],
];

describe('signing calls the same functions at the same addresses', function () {
  this.timeout(900_000);

  for (const [name, curveName] of full ? [...quick, ...slow] : quick) {
    it(`${name}: whatever the key and the nonce`, () => {
      const curve = curveOf(curveName);
      const { q, bytes } = curve;
      const instance = new WebAssembly.Instance(tracedModule(name));
      const arithmetic = arithmeticOver(curve, instance);
      const traceOf = instance.exports['traceOf'] as () => bigint;
      const little = (n: bigint) => toLittleEndian(n, bytes);
      const special = [1n, 2n, 3n, 31n, 32n, q >> 1n, q - 2n, q - 1n, mod(1n << 255n, q)].map(
        little,
      );
      const scalars = [...special, ...randomScalars(curve, 16)];
      const digest = randomBytes(bytes);
      traceOf();
      const traces = scalars.flatMap((scalar) =>
        scalars.map((nonce) => {
          expect(arithmetic.sign(scalar, digest, nonce)).not.to.equal(undefined);
          return traceOf();
        }),
      );
      expect(new Set(traces).size).to.equal(1);
      const points = scalars.map((scalar) => {
        const point = arithmetic.multiplyBase(scalar);
        return [point, traceOf()] as const;
      });
      expect(new Set(points.map(([, trace]) => trace)).size).to.equal(1);
      // Verifying hides nothing, and its traces tell numbers apart.
      const verified = points.map(([point], index) => {
        arithmetic.verify(point, digest, Buffer.alloc(2 * bytes, index + 1));
        return traceOf();
      });
      expect(new Set(verified).size).to.be.greaterThan(scalars.length / 2);
    });
  }
});
