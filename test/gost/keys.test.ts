import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { curves } from '../../src/gost/curves.ts';
import {
  checkPrivateKey,
  checkPublicKey,
  newPrivateKey,
  publicKeyOf,
} from '../../src/gost/keys.ts';
import { deriveNonce, isScalar, pooled } from '../../src/gost/nonce.ts';
import { fromLittleEndian, toLittleEndian } from '../../src/gost/numbers.ts';
import { affine, multiply, pointAt } from '../../src/gost/points.ts';
import { signDigest, verifyDigest } from '../../src/gost/signature.ts';

for (const curve of curves) {
  describe(`keys of ${curve.name}`, () => {
    const { bytes, p, q, x, y } = curve;
    const little = (n: bigint) => toLittleEndian(n, bytes);
    const point = (a: bigint, b: bigint) => Buffer.concat([little(a), little(b)]);
    const check = (octets: Uint8Array) => () => checkPublicKey({ curve, point: octets });

    it('public ones are points of the curve, of the right order', () => {
      expect(check(point(x, y))).not.to.throw();
      expect(check(point(x, y).subarray(1))).to.throw(RangeError, /octets/);
      expect(check(point(x, y + 1n))).to.throw(RangeError, /not a point/);
      expect(check(point(0n, 0n))).to.throw(RangeError, /not a point/);
      const top = (1n << BigInt(8 * bytes)) - 1n;
      expect(check(point(top, y))).to.throw(RangeError, /not below p/);
      if (x + p <= top) expect(check(point(x + p, y))).to.throw(RangeError, /not below p/);
    });

    if (curve.cofactor === 4) {
      it('public ones of another order are refused', () => {
        const outside = pointOutside();
        expect(check(outside)).to.throw(RangeError, /prime order/);
        const doubled = affine(curve, multiply(curve, pointAt(...coordinates(outside)), q));
        expect(check(point(...doubled))).to.throw(RangeError, /prime order/);
      });
    }

    /** A point of the curve that is no multiple of the base point. */
    function pointOutside(): Buffer {
      for (let candidate = 2n; ; candidate++) {
        const square = (candidate ** 3n + curve.a * candidate + curve.b) % p;
        // p is 3 modulo 4 on these curves.
        const root = power(square, (p + 1n) / 4n, p);
        if ((root * root) % p !== square) continue;
        if (multiply(curve, pointAt(candidate, root), q).z !== 0n) return point(candidate, root);
      }
    }

    function coordinates(octets: Buffer): [bigint, bigint] {
      return [
        fromLittleEndian(octets.subarray(0, bytes)),
        fromLittleEndian(octets.subarray(bytes)),
      ];
    }

    it('private ones lie between 0 and q', () => {
      for (const good of [1n, q - 1n]) {
        expect(() => checkPrivateKey({ curve, scalar: little(good) })).not.to.throw();
      }
      for (const bad of [0n, q, q + 1n, (1n << BigInt(8 * bytes)) - 1n]) {
        expect(() => publicKeyOf({ curve, scalar: little(bad) })).to.throw(RangeError, /between/);
      }
      expect(() => checkPrivateKey({ curve, scalar: little(1n).subarray(1) })).to.throw(RangeError);
      expect(publicKeyOf({ curve, scalar: little(1n) }).point).to.deep.equal(point(x, y));
    });

    it('new ones are tried again until they fit', () => {
      const offers = [little(0n), Buffer.alloc(bytes, 0xff), little(q), little(5n)];
      const { scalar } = newPrivateKey(curve, () => offers.shift() as Buffer);
      expect(isScalar(curve, scalar)).to.equal(true);
    });

    it('a nonce depends on the seed, the key, the digest and the attempt', () => {
      const { scalar } = newPrivateKey(curve, randomBytes);
      const [digest, seed] = [randomBytes(bytes), randomBytes(64)];
      const first = (source: Partial<Parameters<typeof deriveNonce>[0]>, from = 0) => {
        for (let attempt = from; ; attempt++) {
          const nonce = deriveNonce({ curve, scalar, digest, seed, ...source }, attempt);
          if (nonce !== undefined) return `${attempt} ${nonce.toString('hex')}`;
        }
      };
      const nonces = [
        first({}),
        first({ seed: randomBytes(64) }),
        first({ digest: randomBytes(bytes) }),
        first({ scalar: newPrivateKey(curve, randomBytes).scalar }),
        first({}, 1 + Number(first({}).split(' ')[0])),
      ];
      expect(new Set(nonces).size).to.equal(nonces.length);
      expect(first({})).to.equal(nonces[0]);
    });

    it('what has a wrong length is not good, and is not signed', () => {
      const key = newPrivateKey(curve, randomBytes);
      const owner = publicKeyOf(key);
      const digest = randomBytes(bytes);
      const signature = signDigest(key, digest, randomBytes);
      expect(verifyDigest(owner, digest, signature.subarray(1))).to.equal(false);
      expect(verifyDigest(owner, digest.subarray(1), signature)).to.equal(false);
      expect(verifyDigest(owner, digest, Buffer.alloc(0))).to.equal(false);
      const short = { curve, point: owner.point.subarray(1) };
      expect(verifyDigest(short, digest, signature)).to.equal(false);
      expect(() => signDigest(key, digest.subarray(1), randomBytes)).to.throw(RangeError, /signs/);
    });

    it('the seed is wiped after signing', () => {
      const seed = randomBytes(64);
      signDigest(newPrivateKey(curve, randomBytes), randomBytes(bytes), () => seed);
      expect(seed.every((octet) => octet === 0)).to.equal(true);
    });
  });
}

describe('pooled random octets', () => {
  it('come once each, in order, and are wiped behind', () => {
    const pools: Buffer[] = [];
    const random = pooled((bytes) => {
      const pool = Buffer.alloc(bytes, pools.length + 1);
      pools.push(pool);
      return pool;
    });
    expect([...random(64)]).to.deep.equal(Array(64).fill(1));
    expect(pools[0]?.subarray(0, 65)).to.deep.equal(
      Buffer.concat([Buffer.alloc(64), Buffer.of(1)]),
    );
    for (let call = 1; call < 64; call++) random(64);
    expect(pools).to.have.lengthOf(1);
    expect([...random(64)]).to.deep.equal(Array(64).fill(2));
    expect(random(5000)).to.have.lengthOf(5000);
  });
});

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}
