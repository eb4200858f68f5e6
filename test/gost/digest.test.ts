import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { type GostHash, GostHasher, gostDigest } from '../../src/gost/digest.ts';
import { Streebog } from '../../src/gost/streebog.ts';
import { hasStreebogModule, ModuleStreebog } from '../../src/gost/streebog-module.ts';
import { seeded } from '../xml/random.ts';

const hashes: readonly GostHash[] = ['streebog256', 'streebog512', 'gost94'];
const hex = (hash: GostHash, text: string) =>
  gostDigest(hash, Buffer.from(text, 'latin1')).toString('hex');

/** The messages of RFC 6986 §10, the first octet first. */
const first = '012345678901234567890123456789012345678901234567890123456789012';
const second = Buffer.from(
  'd1e520e2e5f2f0e82c20d1f2f0e8e1eee6e820e2edf3f6e82c20e2e5fef2fa20f120eceef0ff20f1f2f0e5ebe0ece8' +
    '20ede020f5f0e0e1f0fbff20efebfaeafb20c8e3eef0e5e2fb',
  'hex',
).toString('latin1');

describe('gostDigest', () => {
  it('gives the digests of RFC 6986 §10', () => {
    expect(hex('streebog512', first)).to.equal(
      '1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa' +
        '00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48',
    );
    expect(hex('streebog256', first)).to.equal(
      '9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500',
    );
    expect(hex('streebog512', second)).to.equal(
      '1e88e62226bfca6f9994f1f2d51569e0daf8475a3b0fe61a5300eee46d961376' +
        '035fe83549ada2b8620fcd7c496ce5b33f0cb9dddc2b6460143b03dabac9fb28',
    );
    expect(hex('streebog256', second)).to.equal(
      '9dd2fe4e90409e5da87f53976d7405b0c0cac628fc669a741d50063c557e8f50',
    );
  });

  it('gives the known digests of GOST R 34.11-94 with the parameters of CryptoPro', () => {
    const known = {
      // A block of zeros is taken (RFC 5831 §6), though some tools leave it out: 981e5f3c….
      '': '3f25bc1fbbce27ca10fb1958f319473ae7e17482c3b53ecf47a7e2de8aabe4c8',
      a: 'e74c52dd282183bf37af0079c9f78055715a103f17e3133ceff1aacf2f403011',
      abc: 'b285056dbf18d7392d7677369524dd14747459ed8143997e163b2986f92fd42c',
      'message digest': 'bc6041dd2aa401ebfa6e9886734174febdb4729aa972d60f549ac39b29721ba0',
      'This is message, length=32 bytes':
        '2cefc2f7b7bdc514e18ea57fa74ff357e7fa17d652c75f69cb1be7893ede48eb',
      'Suppose the original message has length = 50 bytes':
        'c3730c5cbccacf915ac292676f21e8bd4ef75331d9405e5f1a61dc3130a65011',
    };
    for (const [text, digest] of Object.entries(known)) {
      expect(hex('gost94', text), text).to.equal(digest);
    }
  });
});

describe('GostHasher', () => {
  for (const hash of hashes) {
    it(`${hash}: parts in any cut, and others in between, change nothing`, () => {
      const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 });
      fc.assert(
        fc.property(parts, parts, (some, others) => {
          const [a, b] = [new GostHasher(hash), new GostHasher('streebog512')];
          for (let at = 0; at < Math.max(some.length, others.length); at += 1) {
            a.update(some[at] ?? new Uint8Array());
            b.update(others[at] ?? new Uint8Array());
          }
          expect(a.digest()).to.deep.equal(gostDigest(hash, Buffer.concat(some)));
          expect(b.digest()).to.deep.equal(gostDigest('streebog512', Buffer.concat(others)));
        }),
        seeded(100),
      );
    });
  }

  it('takes long messages over the edges of its window', () => {
    const message = randomBytes(3 * 65536 + 100);
    const whole = gostDigest('streebog256', message);
    const plain = new Streebog(32);
    plain.update(message);
    expect(plain.digest()).to.deep.equal(whole);
    for (const cut of [1, 63, 64, 65535, 65536, 65537, 2 * 65536 + 64, message.length]) {
      const hasher = new GostHasher('streebog256').update(message.subarray(0, cut));
      expect(hasher.update(message.subarray(cut)).digest(), `${cut}`).to.deep.equal(whole);
    }
  });

  it('gives its digest once', () => {
    for (const hash of hashes) {
      const hasher = new GostHasher(hash);
      hasher.digest();
      expect(() => hasher.digest()).to.throw('taken already');
      expect(() => hasher.update(Buffer.from('x'))).to.throw('taken already');
    }
  });
});

describe('Streebog in WebAssembly', () => {
  before(function () {
    if (hasStreebogModule()) return;
    process.stdout.write('SKIPPED: WebAssembly: not built; npm run build\n');
    this.skip();
  });

  it('gives what plain TypeScript gives, at every length up to some blocks', () => {
    const message = randomBytes(300);
    for (const size of [32, 64] as const) {
      for (let length = 0; length <= message.length; length += 1) {
        const part = message.subarray(0, length);
        const [module, plain] = [new ModuleStreebog(size), new Streebog(size)];
        module.update(part);
        plain.update(part);
        expect(module.digest(), `${size}, ${length}`).to.deep.equal(plain.digest());
      }
    }
  });

  it('carries over all words of the sum', () => {
    for (const octets of [0xff, 0xfe, 0x80, 0x00]) {
      const message = Buffer.alloc(640, octets);
      const [module, plain] = [new ModuleStreebog(64), new Streebog(64)];
      module.update(message);
      plain.update(message);
      expect(module.digest()).to.deep.equal(plain.digest());
    }
  });
});
