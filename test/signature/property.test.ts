import { expect } from 'chai';
import fc from 'fast-check';
import { signText } from '../../src/signature/insert.ts';
import { canonicalize, carried } from '../../src/xml/canonicalize.ts';
import { withXml } from '../../src/xml/document.ts';
import { randomElement, seeded } from '../xml/random.ts';
import { codeOf, partsOf, sendRequest, signerOf, types, verifyRequest } from './documents.ts';

const signer = () => signerOf('ec');

describe('signatures over random documents', () => {
  it('verify, and give the canonical octets back', () => {
    fc.assert(
      fc.property(randomElement, (content) => {
        const text = signText(sendRequest(content), 'caller', signer());
        const { octets } = verifyRequest(text);
        const canonical = withXml(Buffer.from(text), (d) => canonicalize(partsOf(d).data));
        expect(octets.equals(canonical)).to.equal(true);
      }),
      seeded(200),
    );
  });

  it('verify after the element is carried into another envelope', () => {
    fc.assert(
      fc.property(randomElement, (content) => {
        const text = signText(sendRequest(content, 'xmlns:soap2="urn:s"'), 'caller', signer());
        const first = verifyRequest(text);
        const moved = withXml(Buffer.from(text), (d) => {
          const { payload, data } = partsOf(d);
          const container = payload.lastChild;
          if (container === null) throw new Error('no container');
          return (
            `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:p="urn:other"><e:Body>` +
            `<t:SendRequestRequest xmlns:t="${types}" xmlns="urn:elsewhere">${carried(data)}` +
            `${carried(container as typeof data)}</t:SendRequestRequest></e:Body></e:Envelope>`
          );
        });
        expect(verifyRequest(moved).octets.equals(first.octets)).to.equal(true);
      }),
      seeded(200),
    );
  });

  it('never verify as something else once a byte has changed', () => {
    const text = signText(
      sendRequest('<x:Q xmlns:x="urn:x" a="1">42<y/>ё</x:Q>'),
      'caller',
      signer(),
    );
    const { octets } = verifyRequest(text);
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ difference;
        const code = codeOf(() => {
          // What still verifies is the same message: the change lay outside of it.
          const verified = verifyRequest(decode(changed));
          expect(verified.octets.equals(octets)).to.equal(true);
        });
        expect(code).to.not.match(/AssertionError/);
      }),
      seeded(1500),
    );
  });
});

function decode(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
