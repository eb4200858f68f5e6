import { expect } from 'chai';
import fc from 'fast-check';
import type { Arithmetic } from '../../src/gost/arithmetic.ts';
import { curveModules } from '../../src/gost/curve-constants.ts';
import { moduleArithmetic } from '../../src/gost/curve-module.ts';
import { type Curve, curves } from '../../src/gost/curves.ts';
import { invert, mod, toBigEndian, toLittleEndian } from '../../src/gost/numbers.ts';
import { referenceArithmetic } from '../../src/gost/reference.ts';
import { seeded } from '../xml/random.ts';

const runs = process.env['MEZHVED_FULL'] === '1' ? 150 : 12;

/** Numbers at which carries, windows of digits and reductions change. */
function edges({ q, p, bytes }: Curve): bigint[] {
  const top = 1n << BigInt(8 * bytes);
  const powers = [5n, 29n, 58n, 232n, BigInt(8 * bytes) - 2n].flatMap((bits) => [
    (1n << bits) - 1n,
    1n << bits,
    (1n << bits) + 1n,
  ]);
  const near = [0n, q, p, top, q >> 1n, top >> 1n].flatMap((n) => [
    n - 2n,
    n - 1n,
    n,
    n + 1n,
    n + 2n,
  ]);
  const patterns = [top / 3n, (2n * top) / 3n, mod(top / 7n, q), top - (1n << 29n)];
  return [...new Set([...powers, ...near, ...patterns])].filter((n) => n >= 0n && n < top);
}

function anyNumber(curve: Curve): fc.Arbitrary<bigint> {
  const max = (1n << BigInt(8 * curve.bytes)) - 1n;
  return fc.oneof(fc.bigInt({ min: 0n, max }), fc.constantFrom(...edges(curve)));
}

function anyScalar(curve: Curve): fc.Arbitrary<bigint> {
  return anyNumber(curve).map((n) => 1n + mod(n, curve.q - 1n));
}

interface Pair {
  readonly quick: Arithmetic;
  readonly plain: Arithmetic;
}

for (const curve of curves) {
  describe(`${curve.name} in WebAssembly (${curveModules[curve.name].name}) and in TypeScript`, function () {
    this.timeout(1_800_000);
    const { bytes, q } = curve;
    let pair: Pair;
    const little = (n: bigint) => toLittleEndian(n, bytes);
    const big = (s: bigint, r: bigint) =>
      Buffer.concat([toBigEndian(s, bytes), toBigEndian(r, bytes)]);

    before(() => {
      const quick = moduleArithmetic(curve);
      if (quick === undefined) throw new Error('node scripts/wasm.mjs has not run');
      pair = { quick, plain: referenceArithmetic(curve) };
    });

    function sameVerdict(point: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
      const expected = pair.plain.verify(point, digest, signature);
      expect(pair.quick.verify(point, digest, signature)).to.equal(expected);
      return expected;
    }

    it('multiply the base point alike, at every edge', () => {
      for (const scalar of edges(curve).filter((n) => n > 0n && n < q)) {
        const expected = pair.plain.multiplyBase(little(scalar));
        expect(pair.quick.multiplyBase(little(scalar)).equals(expected), `${scalar}`).to.equal(
          true,
        );
      }
    });

    it('sign alike and verify what was signed', () => {
      fc.assert(
        fc.property(anyScalar(curve), anyNumber(curve), anyScalar(curve), (d, e, k) => {
          const [scalar, digest, nonce] = [d, e, k].map(little) as [Buffer, Buffer, Buffer];
          const signature = pair.plain.sign(scalar, digest, nonce);
          expect(pair.quick.sign(scalar, digest, nonce)).to.deep.equal(signature);
          if (signature === undefined) return;
          const point = pair.quick.multiplyBase(scalar);
          expect(sameVerdict(point, digest, signature)).to.equal(true);
          const changed = Buffer.from(signature);
          changed[Number(mod(k, BigInt(2 * bytes)))] = 0;
          sameVerdict(point, digest, changed);
        }),
        seeded(runs),
      );
    });

    it('agree on r and s at the borders', () => {
      const point = pair.quick.multiplyBase(little(12345n));
      const top = (1n << BigInt(8 * bytes)) - 1n;
      for (const s of [0n, 1n, q - 1n, q, top]) {
        for (const r of [0n, 1n, q - 1n, q, top]) {
          expect(sameVerdict(point, little(777n), big(s, r))).to.equal(false);
        }
      }
    });

    it('agree where points meet: small keys, sums that double, cancel or vanish', () => {
      for (const d of [1n, 2n, 3n, 15n, 16n, 31n, q - 1n, q - 2n, q - 31n]) {
        const point = pair.quick.multiplyBase(little(d));
        for (const k of [1n, 2n, 16n, q - 1n]) {
          const signature = pair.plain.sign(little(d), little(5n), little(k));
          if (signature !== undefined) {
            expect(sameVerdict(point, little(5n), signature), `${d} ${k}`).to.equal(true);
          }
        }
        // s = r·d makes the sum the point at infinity.
        for (const r of [1n, 2n, 7n, q - 1n]) {
          expect(sameVerdict(point, little(1n), big(mod(r * d, q), r))).to.equal(false);
        }
      }
    });

    it('refuse points that are not on the curve', () => {
      const [x, y] = [little(curve.x), little(curve.y)];
      const signature = big(1n, 1n);
      const negative = little(mod(-curve.y, curve.p));
      expect(sameVerdict(Buffer.concat([x, y]), little(3n), signature)).to.equal(false);
      expect(sameVerdict(Buffer.concat([x, negative]), little(3n), signature)).to.equal(false);
      for (const n of edges(curve)) {
        const points = [Buffer.concat([little(n), y]), Buffer.concat([x, little(n)])];
        for (const point of points) sameVerdict(point, little(3n), signature);
      }
    });

    if (curve.cofactor === 4) {
      it('agree on a key of order 2, whatever it is worth', () => {
        const { p, a, b } = curve;
        // t of RFC 7836: the point where y is 0.
        const t = mod((1n + (curveModules[curve.name].d ?? 0n)) * invert(6n, p), p);
        expect(mod(t ** 3n + a * t + b, p)).to.equal(0n);
        const point = Buffer.concat([little(t), little(0n)]);
        for (const r of [1n, 2n, 3n, mod(t, q)]) sameVerdict(point, little(1n), big(2n, r));
      });
    }
  });
}
