import { expect } from 'chai';
import { type OpinionLimits, OpinionPool } from '../../src/compute/opinion-pool.ts';
import { sandboxSigner } from '../harness/client.ts';
import { disputed } from '../harness/disputed.ts';
import { questionOf, signedNote } from './questions.ts';

const generous: OpinionLimits = { threads: 1, waitingMax: 10, withinMs: 60_000 };

describe('OpinionPool', function () {
  this.timeout(60_000);
  let pool: OpinionPool;
  let logged: unknown[];
  afterEach(() => pool?.close());

  function open(limits: Partial<OpinionLimits> = {}): OpinionPool {
    logged = [];
    const log = { error: (...words: unknown[]) => logged.push(words) };
    pool = new OpinionPool({ ...generous, ...limits }, log as never);
    return pool;
  }

  it('gives the opinions that judgeAgain gives', async () => {
    open();
    expect(await pool.ask(questionOf(signedNote('gost')))).to.deep.equal({ verdict: 'agreed' });
    const question = questionOf(disputed(signedNote(), sandboxSigner('agency-a')));
    const opinion = await pool.ask(question);
    expect(opinion).to.include({ verdict: 'disagreed', difference: 'digest', of: 'element' });
    expect(logged).to.deep.equal([]);
  });

  it('says BUSY when more would wait than may', async () => {
    open({ waitingMax: 1 });
    const question = questionOf(signedNote());
    const asked = Array.from({ length: 4 }, () => saidTo(question));
    const said = await Promise.all(asked);
    expect(said).to.include('BUSY');
    expect(said).to.include('agreed');
    expect(pool.waiting).to.equal(0);
  });

  it('says BUSY when the time is over', async () => {
    open({ withinMs: 1 });
    expect(await saidTo(questionOf(signedNote()))).to.equal('BUSY');
  });

  it('works on with a new thread after one was ended', async () => {
    open({ withinMs: 5000 });
    const question = questionOf(signedNote());
    // A comment is taken out of its parent by walking all that follow it: so many take minutes.
    const filler = '<!-- c -->'.repeat(100_000);
    const text = Buffer.from(question.bytes).toString().replace('<n:Text>', `${filler}$&`);
    const slow = { ...question, bytes: Buffer.from(text) };
    expect(await saidTo(slow)).to.equal('BUSY');
    expect(await saidTo(question)).to.equal('agreed');
  });

  it('tells a failure of its own as what it is', async () => {
    open();
    expect(await saidTo({ ...questionOf(signedNote()), bytes: Buffer.from('<a/>') })).to.equal(
      'SOAP_ENVELOPE',
    );
  });

  function saidTo(question: Parameters<OpinionPool['ask']>[0]): Promise<string> {
    return pool.ask(question).then(
      ({ verdict }) => verdict,
      (error: { code: string }) => error.code,
    );
  }
});
