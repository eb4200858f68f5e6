import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { type GostHash, gostDigest } from '../../src/gost/digest.ts';
import { engineDigests, needGostEngine } from '../harness/gost-engine.ts';

const names: Readonly<Record<GostHash, string>> = {
  streebog256: 'md_gost12_256',
  streebog512: 'md_gost12_512',
  gost94: 'md_gost94',
};

describe('GOST digests and OpenSSL’s engine', () => {
  const long = process.env['MEZHVED_FULL'] === '1' ? 5_000_000 : 200_000;
  for (const hash of Object.keys(names) as GostHash[]) {
    it(`${hash}: agree at every length up to 300 and on long messages`, function () {
      const engine = needGostEngine(this);
      const messages = Array.from({ length: 301 }, (_, length) => randomBytes(length));
      messages.push(Buffer.alloc(1024, 0xff), Buffer.alloc(1024), randomBytes(long));
      const ours = messages.map((message) => gostDigest(hash, message).toString('hex'));
      expect(ours).to.deep.equal(engineDigests(engine, names[hash], messages));
    });
  }
});
