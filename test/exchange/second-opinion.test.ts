import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { Opinion, Question } from '../../src/compute/judge-again.ts';
import type { ExchangeContext } from '../../src/exchange/context.ts';
import type { Known } from '../../src/exchange/refuse.ts';
import { seekSecondOpinion } from '../../src/exchange/second-opinion.ts';
import type { Called } from '../../src/exchange/stages.ts';
import { Fault } from '../../src/fault/fault.ts';
import { createMetrics } from '../../src/metrics.ts';

const agreed: Opinion = { verdict: 'agreed' };
const disagreed: Opinion = {
  verdict: 'disagreed',
  difference: 'octets',
  of: 'element',
  first: Buffer.from('<a/>'),
  second: Buffer.from('<b/>'),
};

/** Asks about messages of a type ('' for no content) with this share, and tells what came of it. */
async function seek(
  share: number,
  answer: () => Promise<Opinion>,
  { messages = 1, messageType = 'note' }: { messages?: number; messageType?: string } = {},
) {
  const questions: Question[] = [];
  const logged: string[] = [];
  const metrics = createMetrics();
  const log = (...words: unknown[]) => logged.push(JSON.stringify(words));
  const context = {
    random: randomBytes,
    metrics,
    log: { error: log, warn: log, info: log, debug: log },
    registry: () => ({
      findMessageType: (id: string) => (id === 'note' ? { secondOpinion: share } : undefined),
    }),
    opinions: {
      ask: (question: Question) => {
        questions.push(question);
        return answer();
      },
    },
  } as unknown as ExchangeContext;
  const bytes = Buffer.from('<message/>');
  const called = {
    received: { bytes },
    verified: {
      version: '1.2',
      profile: 'xmldsig',
      octetsHash: 'a',
      certificate: { fingerprint: 'b' },
      content: messageType === '' ? undefined : { messageType, role: 'request' },
    },
  } as unknown as Called;
  const known = {} as Known;
  const codes: string[] = [];
  for (let n = 0; n < messages; n += 1) {
    await seekSecondOpinion(context, called, known).then(
      () => codes.push('none'),
      (error: { code?: string }) => codes.push(error.code ?? String(error)),
    );
  }
  const text = await metrics.text();
  const counted = Object.fromEntries(
    [...text.matchAll(/second_opinions_total\{outcome="(\w+)"\} (\d+)/g)]
      .filter(([, , count]) => count !== '0')
      .map(([, outcome, count]) => [outcome, Number(count)]),
  );
  return { questions, logged, known, codes, counted };
}

const refuses = (fault: Fault) => () => Promise.reject(fault);

describe('seeking a second opinion', () => {
  it('asks what the first verifier found, and goes on when both agree', async () => {
    const { questions, codes, counted } = await seek(1, async () => agreed);
    expect(questions).to.deep.equal([
      {
        bytes: Buffer.from('<message/>'),
        version: '1.2',
        profile: 'xmldsig',
        octetsHash: 'a',
        fingerprint: 'b',
      },
    ]);
    expect(codes).to.deep.equal(['none']);
    expect(counted).to.deep.equal({ asked: 1, agreed: 1 });
  });

  it('refuses a disagreement, drawn by chance or not, and hands on both forms', async () => {
    for (const share of [1, 0.999999]) {
      const { codes, counted, known } = await seek(share, async () => disagreed);
      expect(codes).to.deep.equal(['SIGNATURE_DISPUTED']);
      expect(counted).to.deep.equal({ asked: 1, disagreed: 1 });
      expect(known.disagreement).to.equal(disagreed);
    }
  });

  it('asks nothing where it is off, where there is no content, where no type is known', async () => {
    const answer = async () => disagreed;
    for (const { questions, counted } of [
      await seek(0, answer, { messages: 100 }),
      await seek(1, answer, { messageType: '' }),
      await seek(1, answer, { messageType: 'other' }),
    ]) {
      expect(questions).to.deep.equal([]);
      expect(counted).to.deep.equal({});
    }
  });

  it('asks as often as the share says', async () => {
    const messages = 2000;
    const { questions } = await seek(0.25, async () => agreed, { messages });
    // Five standard deviations to each side: once in a million runs.
    expect(questions.length).to.be.within(403, 597);
  });

  it('refuses what was to be judged always and could not be', async () => {
    const busy = await seek(1, refuses(new Fault('BUSY')));
    expect(busy.codes).to.deep.equal(['BUSY']);
    expect(busy.counted).to.deep.equal({ asked: 1, busy: 1 });
    const failed = await seek(1, refuses(new Fault('INTERNAL', { private: 'died' })));
    expect(failed.codes).to.deep.equal(['INTERNAL']);
    expect(failed.counted).to.deep.equal({ asked: 1, failed: 1 });
  });

  it('lets what was drawn by chance go on without, and says so', async () => {
    const { codes, counted, logged } = await seek(0.999999, refuses(new Fault('BUSY')));
    expect(codes).to.deep.equal(['none']);
    expect(counted).to.deep.equal({ asked: 1, busy: 1 });
    expect(logged.join()).to.include('BUSY');
  });
});
