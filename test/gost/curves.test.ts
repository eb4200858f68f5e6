import { checkPrimeSync } from 'node:crypto';
import { expect } from 'chai';
import { curveByOid, curves } from '../../src/gost/curves.ts';
import { isOnCurve, multiply, pointAt } from '../../src/gost/points.ts';

describe('curves of GOST R 34.10', () => {
  for (const curve of curves) {
    it(`${curve.name}: p and q are prime, and the base point is on the curve and of order q`, () => {
      const { p, a, b, q, x, y, bytes, cofactor } = curve;
      expect(checkPrimeSync(p)).to.equal(true);
      expect(checkPrimeSync(q)).to.equal(true);
      expect((4n * a * a * a + 27n * b * b) % p).not.to.equal(0n);
      expect(isOnCurve(curve, x, y)).to.equal(true);
      expect(multiply(curve, pointAt(x, y), q).z).to.equal(0n);
      expect(p >> BigInt(8 * bytes)).to.equal(0n);
      // Hasse: no other multiple of q is the number of points.
      const points = q * BigInt(cofactor);
      expect((p + 1n - points) ** 2n <= 4n * p).to.equal(true);
    });
  }

  it('are found by their OIDs, the aliases by each of theirs', () => {
    const oids = curves.flatMap((curve) => curve.oids);
    expect(new Set(oids).size).to.equal(oids.length);
    for (const curve of curves) {
      for (const oid of curve.oids) expect(curveByOid(oid)).to.equal(curve);
    }
    expect(curveByOid('1.2.643.2.2.36.0')?.name).to.equal('CryptoPro-A');
    expect(curveByOid('1.2.643.2.2.36.1')?.name).to.equal('CryptoPro-C');
    expect(curveByOid('1.2.643.7.1.2.1.1.4')?.name).to.equal('CryptoPro-C');
    expect(curveByOid('1.2.643.2.2.35')).to.equal(undefined);
  });
});
