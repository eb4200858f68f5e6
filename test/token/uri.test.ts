import { expect } from 'chai';
import fc from 'fast-check';
import { readTokenUri } from '../../src/token/uri.ts';
import { seeded } from '../xml/random.ts';

function written(octets: Buffer): string {
  return [...octets].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');
}

describe('PKCS#11 URIs', () => {
  it('name a token and a key', () => {
    expect(readTokenUri('pkcs11:token=mezhved;object=node-2026;type=private')).to.deep.equal({
      token: 'mezhved',
      serial: undefined,
      object: 'node-2026',
      id: undefined,
    });
    const { serial, id } = readTokenUri('pkcs11:id=%01%fF;serial=85f972a4f86ed45e');
    expect(serial).to.equal('85f972a4f86ed45e');
    expect(id).to.deep.equal(Buffer.from([1, 255]));
  });

  const refused: readonly (readonly [string, string])[] = [
    ['PKCS11-object', 'begin with pkcs11:'],
    ['pkcs11:', 'only token'],
    ['pkcs11:object=a', 'no token is named'],
    ['pkcs11:token=a', 'no key is named'],
    ['pkcs11:token=a;object=b;object=c', 'object: дважды'],
    ['pkcs11:token=a;object=', 'object: пусто'],
    ['pkcs11:token=a;object=b c', 'object: пусто'],
    ['pkcs11:token=a;object=ключ', 'object: пусто'],
    ['pkcs11:token=a;object=%4', 'object: пусто'],
    ['pkcs11:token=%ff;object=b', 'token: не UTF-8'],
    ['pkcs11:token=a;object=b;type=public', 'type: только private'],
    ['pkcs11:token=a;object=b;slot-id=1', 'slot-id: только'],
    ['pkcs11:token=a;object=b;', 'только'],
    ['pkcs11:token=a;object=b?module-path=/tmp/x.so', 'node.pkcs11.module'],
    ['pkcs11:token=a;object=b?pin-source=/tmp/pin', 'node.pkcs11.pinFile'],
    ['pkcs11:token=a;object=b?pin-value=4711', 'node.pkcs11.pinFile'],
    ['pkcs11:token=a;pin-value=4711;object=b', 'node.pkcs11.pinFile'],
    [`pkcs11:token=a;object=${'b'.repeat(1000)}`, 'longer than 1000'],
  ];
  for (const [uri, why] of refused) {
    it(`are refused: ${uri.slice(0, 60)}`, () => {
      expect(() => readTokenUri(uri))
        .to.throw(why)
        .with.property('message')
        .that.does.not.include('4711');
    });
  }

  it('hold any octets, and any text is read or refused', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        text,
        text,
        fc.uint8Array({ minLength: 1, maxLength: 20 }),
        (token, object, id) => {
          const parts = [token, object].map((each) => written(Buffer.from(each)));
          const uri = `pkcs11:token=${parts[0]};object=${parts[1]};id=${written(Buffer.from(id))}`;
          const read = readTokenUri(uri);
          expect([read.token, read.object]).to.deep.equal([token, object]);
          expect(read.id).to.deep.equal(Buffer.from(id));
        },
      ),
      seeded(300),
    );
    fc.assert(
      fc.property(fc.string(), (tail) => {
        try {
          readTokenUri(`pkcs11:${tail}`);
        } catch (error) {
          expect((error as Error).message).to.match(/^URI PKCS#11/);
        }
      }),
      seeded(500),
    );
  });
});
