import { expect } from 'chai';
import fc from 'fast-check';
import {
  NameRefused,
  readOrdered,
  renamed,
  writeOrdered,
} from '../../src/connectors/ordered-xml.ts';
import { randomElement } from '../xml/random.ts';
import { meaning } from './same-xml.ts';

const seed = 20_261_124;

describe('XML by fast-xml-parser', () => {
  it('is read as the reader of the node reads it, and written so', () => {
    fc.assert(
      fc.property(randomElement, (text) => {
        const bytes = Buffer.from(text);
        const read = readOrdered(bytes);
        expect(meaning(writeOrdered(read))).to.equal(meaning(bytes));
        expect(meaning(Buffer.from(read.outer()))).to.equal(meaning(bytes));
      }),
      { seed, numRuns: 200 },
    );
  });

  it('is renamed and renamed back to what it was', () => {
    fc.assert(
      fc.property(randomElement, (text) => {
        const bytes = Buffer.from(`<p:Root xmlns:p="urn:root">${text}</p:Root>`);
        const there = renamed(bytes, { namespace: 'urn:service', local: 'Call' });
        const { name } = readOrdered(Buffer.from(there));
        expect(name).to.deep.equal({ namespace: 'urn:service', local: 'Call' });
        expect(there).not.to.include('urn:root');
        const back = renamed(Buffer.from(there), { namespace: 'urn:root', local: 'Root' });
        expect(meaning(Buffer.from(back))).to.equal(meaning(bytes));
      }),
      { seed, numRuns: 100 },
    );
  });

  it('is not renamed where the way back would be lost, or a name has no namespace', () => {
    const to = { namespace: 'urn:b', local: 'B' };
    const refused: [string, typeof to][] = [
      ['<A xmlns="urn:a"><c xmlns="urn:b"/></A>', to],
      ['<A/>', to],
      ['<A xmlns="urn:a"/>', { namespace: '', local: 'B' }],
    ];
    for (const [text, name] of refused) {
      expect(() => renamed(Buffer.from(text), name), text).to.throw(NameRefused);
    }
    expect(renamed(Buffer.from('<A xmlns="urn:b"/>'), to)).to.equal('<B xmlns="urn:b"></B>');
  });
});
