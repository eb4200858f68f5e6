import { expect } from 'chai';
import type { EndingKind } from '../../src/warnings/ending.ts';
import { jsonOf, mailOf } from '../../src/warnings/letter.ts';
import { logLines } from '../../src/warnings/log-lines.ts';
import { sentenceOf } from '../../src/warnings/words.ts';
import { day, ending, start } from './made.ts';

const kinds: readonly EndingKind[] = [
  ...(['systemCertificate', 'trustAnchor', 'intermediate', 'revocationList'] as const),
  ...(['nodeKey', 'tls', 'client', 'peer'] as const),
];

describe('what is said of an end', () => {
  const letter = (endings: readonly ReturnType<typeof ending>[]) => ({
    ...{ node: 'node1', at: start, test: false },
    warnings: endings.map((each) => ({ ending: each, threshold: 7 * day })),
  });

  it('is in both languages, with what to do, of each kind', () => {
    for (const what of kinds) {
      const one = letter([ending('ИС-1', 5, { what })]);
      const { text } = mailOf(one);
      expect(text).to.match(/срок истекает 2030-01-06T00:00Z, осталось 5 дн\./);
      expect(text).to.match(/it ends at 2030-01-06T00:00Z, days left: 5/);
      expect(JSON.parse(jsonOf(one)).warnings[0].command).to.match(/^npx mezhved /);
    }
  });

  it('counts hours at the end, and says when it is over', () => {
    const words = (days: number) => sentenceOf({ ending: ending('a', days) }, start).en;
    expect(words(1)).to.match(/hours left: 24$/);
    expect(words(2)).to.match(/days left: 2$/);
    expect(words(-1)).to.match(/it expired at 2029-12-31T00:00Z$/);
  });

  it('names of others bring no lines of their own, and no length without end', async () => {
    const evil = `a\r\nBcc: all@example.org\u2028\u202e${'x'.repeat(5000)}`;
    const one = letter([ending('a', 5, { owner: evil, subject: evil })]);
    const { subject, text } = mailOf(one);
    expect(subject).not.to.include('Bcc');
    expect(text).not.to.match(/^Bcc|\u2028|\u202e|x{1000}/m);
    const lines: [object, string][] = [];
    await logLines({ warn: (...line: never[]) => lines.push(line as never) } as never).tell(
      one,
      new AbortController().signal,
    );
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]?.[1]).not.to.match(/[\r\n\u2028]/);
    expect(JSON.parse(jsonOf(one)).warnings[0].subject).not.to.match(/[\r\n\u2028\u202e]/);
  });
});
