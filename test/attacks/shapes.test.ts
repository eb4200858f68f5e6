import { expect } from 'chai';
import { judge } from '../../src/compute/judge.ts';
import { noteRequest, testRules } from '../harness/rules.ts';
import { posting, signedNote, withHeader } from './messages.ts';

// As many as a message may hold, with MEZHVED_FULL=1.
const crowd = process.env['MEZHVED_FULL'] === '1' ? 100_000 : 5_000;
const many = (count: number, make: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => make(n)).join('');

/** Shapes that cost readers dearly, where no signature is and inside what is signed. */
const shapes: Record<string, (put: (element: string) => string) => string> = {
  'a crowd of attributes': (put) =>
    put(`<w:w xmlns:w="urn:w"${many(crowd, (n) => ` a${n}=""`)}></w:w>`),
  'a crowd of namespace declarations': (put) =>
    put(`<w:w xmlns:w="urn:w"${many(crowd, (n) => ` xmlns:p${n}="urn:p"`)}></w:w>`),
  'a crowd of elements beside each other': (put) =>
    put(`<w:w xmlns:w="urn:w">${'<w:v></w:v>'.repeat(crowd)}</w:w>`),
  '240 elements in each other, each with declarations of its own': (put) =>
    put(
      many(240, (n) => `<w:w xmlns:w="urn:w" xmlns:p${n}="urn:p${n}" p${n}:a="">`) +
        '</w:w>'.repeat(240),
    ),
  'a crowd of numeric references': (put) =>
    put(`<w:w xmlns:w="urn:w">${'&#65;'.repeat(crowd)}</w:w>`),
  'a crowd of comments': (put) => put(`<w:w xmlns:w="urn:w">${'<!---->'.repeat(crowd)}</w:w>`),
  'names that hash alike in simple tables': (put) =>
    put(
      `<w:w xmlns:w="urn:w">${many(Math.min(crowd, 32_768), (n) => `<w:${collidingName(n)}></w:${collidingName(n)}>`)}</w:w>`,
    ),
};

/** Aa and BB have one hash under the polynomial of Java's strings. */
function collidingName(n: number): string {
  return Array.from({ length: 15 }, (_, bit) => ((n >> bit) & 1 ? 'Aa' : 'BB')).join('');
}

// Seconds, and generous: a slow machine may be busy. What is quadratic takes minutes here.
const withinMs = 15_000;

describe('hostile shapes', function () {
  this.timeout(60_000);
  for (const [name, make] of Object.entries(shapes)) {
    for (const [where, put] of [
      ['in the Header', (element: string) => withHeader(signedNote(), element)],
      ['inside what is signed', (element: string) => signedNote(noteRequest('x', element))],
    ] as const) {
      it(`${name} ${where} are judged in time`, () => {
        const text = make(put);
        const started = process.hrtime.bigint();
        const { verdict } = judge(posting(text), testRules());
        const tookMs = Number(process.hrtime.bigint() - started) / 1e6;
        expect(['verified', 'refused']).to.include(verdict);
        expect(tookMs).to.be.below(withinMs);
      });
    }
  }
});
