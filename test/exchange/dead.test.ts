import { expect } from 'chai';
import {
  countDead,
  type DecisionContext,
  listDead,
  rejectDead,
  requeueDead,
} from '../../src/exchange/dead.ts';
import type { Exchange } from '../../src/exchange/exchanges.ts';
import { answerForgotten, expireExchanges } from '../../src/exchange/expire.ts';
import { Fault } from '../../src/fault/fault.ts';
import { forEachDatabase } from '../harness/databases.ts';
import { noteResponse } from '../harness/rules.ts';
import { failing, lane, Stand, scripted } from './stand.ts';

const rejection = { code: 'NO_DATA', description: 'Сведений нет' };

forEachDatabase((_, open) => {
  describe('a dead letter', () => {
    let stand: Stand;
    beforeEach(async () => {
      stand = new Stand(await open());
    });
    async function dead(how: Parameters<Stand['accept']>[0] = {}): Promise<Exchange> {
      const exchange = await stand.accept(how);
      await stand.attempt(exchange, scripted(failing('REFUSED')));
      return exchange;
    }
    const requeue = (exchange: Exchange) => requeueDead(stand.context, exchange, 'оператор');
    const reject = (
      exchange: Exchange,
      words?: typeof rejection,
      by: DecisionContext = stand.context,
    ) => rejectDead(by, exchange, 'оператор', words);
    const list = (how: { exchangeId?: string; before?: number } = {}) =>
      listDead(stand.database.kysely, { limit: 10, ...how });
    const decisions = async (exchange: Exchange) =>
      (await stand.journal(exchange)).flatMap(({ kind, detail }) =>
        kind === 'decision' ? [detail] : [],
      );

    it('is listed with its cause, the eldest first', async () => {
      const first = await dead();
      stand.now += 10;
      const second = await dead();
      await stand.accept();
      const letters = await list();
      expect(letters.map(({ exchange }) => exchange.id)).to.deep.equal([first.id, second.id]);
      expect(letters[0]).to.deep.include({
        lane,
        attempts: 1,
        diedAt: stand.now - 10,
        cause: { code: 'REFUSED', why: 'failed by REFUSED', at: stand.now - 10 },
      });
      expect(letters[0]?.exchange).to.deep.equal(first);
      expect(await countDead(stand.database.kysely)).to.equal(2);
      expect(await list({ exchangeId: second.id })).to.have.lengthOf(1);
      expect(await list({ before: stand.now - 1 })).to.have.lengthOf(1);
      expect(await listDead(stand.database.kysely, { limit: 1 })).to.have.lengthOf(1);
    });

    it('is delivered again from the beginning, by the same MessageID, as often as an operator says', async () => {
      const exchange = await dead();
      expect(await requeue(exchange)).to.equal(true);
      expect(await requeue(exchange), 'no dead letter any more').to.equal(false);
      expect(await list()).to.deep.equal([]);
      let asked = '';
      const { ask: _, ...connector } = scripted();
      await stand.attempt(exchange, {
        ...connector,
        deliver: async ({ messageId }) => {
          asked = messageId;
          return { kind: 'content', content: Buffer.from(noteResponse('ответ')) };
        },
      });
      expect(asked).to.equal(exchange.message_id);
      expect((await stand.answers(exchange)).map(([kind]) => kind)).to.deep.equal(['response']);
      expect(await decisions(exchange)).to.deep.equal([{ who: 'оператор', decision: 'requeue' }]);
    });

    it('is answered by a rejection in the words of the operator', async () => {
      const exchange = await dead();
      expect(await reject(exchange, rejection)).to.equal(true);
      const [[kind, text] = ['', ''], ...others] = await stand.answers(exchange);
      expect([kind, others.length]).to.deep.equal(['rejection', 0]);
      expect(text).to.include('NO_DATA').and.to.include('Сведений нет');
      expect(await stand.delivery(exchange)).to.include({ state: 'done' });
      expect(await decisions(exchange)).to.deep.equal([
        { who: 'оператор', decision: 'reject', code: 'NO_DATA' },
      ]);
    });

    it('is answered by an asynchronous error where the operator says nothing', async () => {
      const exchange = await dead();
      expect(await reject(exchange)).to.equal(true);
      const [[kind, text] = ['', '']] = await stand.answers(exchange);
      expect(kind).to.equal('async');
      expect(text).to.include('AGENCY_FAILED');
      expect((await stand.exchange(exchange.id)).status).to.equal('requestIsRejectedBySmev');
      expect((await stand.journal(exchange)).at(-1)).to.include({
        ...{ kind: 'refusal', verdict: 'AGENCY_FAILED' },
      });
    });

    it('is answered once, however many decide at one instant', async () => {
      for (const words of [rejection, undefined]) {
        const exchange = await dead();
        const decided = await Promise.all(Array.from({ length: 5 }, () => reject(exchange, words)));
        expect(decided.filter(Boolean)).to.have.lengthOf(1);
        expect(await stand.answers(exchange)).to.have.lengthOf(1);
        expect(await decisions(exchange)).to.have.lengthOf(1);
        expect(await reject(exchange, words)).to.equal(false);
        expect(await requeue(exchange)).to.equal(false);
      }
    });

    it('is never both answered and attempted, whichever decision is first', async () => {
      for (let round = 0; round < 5; round += 1) {
        const exchange = await dead();
        const both = [requeue(exchange), reject(exchange, rejection)];
        const [requeued, rejected] = await Promise.all(round % 2 === 0 ? both : both.reverse());
        expect([requeued, rejected]).to.include(true);
        const { state } = await stand.delivery(exchange);
        expect((await stand.answers(exchange)).length).to.equal(state === 'done' ? 1 : 0);
        expect(state).to.be.oneOf(['done', 'due']);
      }
    });

    it('is no such thing while it is due, or after its end of life was told', async () => {
      const due = await stand.accept();
      expect([await requeue(due), await reject(due)]).to.deep.equal([false, false]);
      const late = await dead({ eol: stand.now + 10 });
      stand.now += 10;
      expect(await expireExchanges(stand.context)).to.equal(1);
      expect(await list()).to.deep.equal([]);
      expect(await countDead(stand.database.kysely)).to.equal(0);
      expect(await reject(late)).to.equal(false);
      expect(await requeue(late)).to.equal(false);
      expect(await stand.delivery(late)).to.include({ state: 'dead' });
      expect((await stand.answers(late)).map(([kind]) => kind)).to.deep.equal(['async']);
    });

    it("waits on where the sender's queue has no room for a rejection", async () => {
      const exchange = await dead();
      const full = { ...stand.context.limits, queueItemsMax: 0 };
      const { context } = new Stand(stand.database, { limits: full });
      const thrown = await reject(exchange, rejection, context).catch((error) => error);
      expect(thrown).to.be.instanceOf(Fault).and.to.include({ code: 'QUEUE_FULL' });
      expect(await list()).to.have.lengthOf(1);
      expect(await decisions(exchange)).to.deep.equal([]);
    });

    it('that nobody decided on in time is answered by the node, and no other', async () => {
      const old = [await dead(), await dead()];
      stand.now += 500;
      const young = await dead();
      stand.now += 500;
      expect(await answerForgotten(stand.context, 1001)).to.equal(0);
      expect(await answerForgotten(stand.context, 1000)).to.equal(2);
      expect(await answerForgotten(stand.context, 1000)).to.equal(0);
      for (const exchange of old) {
        expect((await stand.answers(exchange)).map(([kind]) => kind)).to.deep.equal(['async']);
        expect(await decisions(exchange)).to.deep.equal([{ who: 'mezhved', decision: 'reject' }]);
      }
      expect((await list()).map(({ exchange }) => exchange.id)).to.deep.equal([young.id]);
    });
  });
});
