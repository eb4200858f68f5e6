import { expect } from 'chai';
import type { AgencyAnswer, Collected, Connector, Inbox } from '../../src/connectors/connector.ts';
import { ConnectorFailure } from '../../src/connectors/failure.ts';
import { collectAnswers, takeCallback, takeCollected } from '../../src/exchange/collect.ts';
import { deliverExchange } from '../../src/exchange/deliver.ts';
import type { Exchange } from '../../src/exchange/exchanges.ts';
import { Fault } from '../../src/fault/fault.ts';
import { forEachDatabase } from '../harness/databases.ts';
import { noteResponse } from '../harness/rules.ts';
import { rules, Stand, scripted } from './stand.ts';

type Answer = Collected['answer'];

function contentOf(text: string): AgencyAnswer {
  const content = Buffer.from(text);
  return { kind: 'content', content, evidence: content };
}
const answer = contentOf(noteResponse('ответ'));
const broken = contentOf(noteResponse('Иванов').replaceAll('NoteResponse', 'Other'));

function interim(code: number): Answer {
  const statuses = [{ code, description: `шаг ${code}` }];
  return { kind: 'interim', statuses, evidence: Buffer.from(`status ${code}`) };
}

forEachDatabase((_, open) => {
  describe('an answer that was not asked for', () => {
    let stand: Stand;
    beforeEach(async () => {
      stand = new Stand(await open());
    });
    const take = (exchange: Exchange, said: Answer) =>
      takeCollected(stand.context, 'note', { messageId: exchange.message_id, answer: said });
    const kinds = async (exchange: Exchange) =>
      (await stand.answers(exchange)).map(([kind]) => kind);
    const steps = async (exchange: Exchange) =>
      (await stand.journal(exchange)).map(({ kind, detail }) =>
        `${kind} ${detail['outcome'] ?? ''}`.trim(),
      );
    /** The request was handed over, and its answer is awaited. */
    async function handedOver(): Promise<Exchange> {
      const exchange = await stand.accept();
      const waiting = { kind: 'waiting', ticket: 't', askAfterMs: 86_400_000 };
      await stand.attempt(
        exchange,
        scripted(() => waiting),
      );
      return exchange;
    }

    it('is taken once, however often it comes', async () => {
      const exchange = await handedOver();
      for (let n = 0; n < 3; n += 1) expect(await take(exchange, answer)).to.equal('taken');
      expect(await kinds(exchange)).to.deep.equal(['response']);
      expect(await stand.delivery(exchange)).to.include({ state: 'done' });
      expect(await steps(exchange)).to.deep.equal([
        ...['delivery waiting', 'delivery content', 'acceptance'],
      ]);
      const [, collected] = await stand.journal(exchange);
      expect(collected?.detail).to.deep.equal({ outcome: 'content', collected: true });
    });

    it('is taken once when it comes many times at one instant', async () => {
      const exchange = await handedOver();
      await Promise.all(Array.from({ length: 6 }, () => take(exchange, answer)));
      expect(await kinds(exchange)).to.deep.equal(['response']);
    });

    it('is unknown where it is of no request of this type', async () => {
      const exchange = await handedOver();
      const about = (messageId: string, type = 'note') =>
        takeCollected(stand.context, type, { messageId, answer });
      expect(await about('no such message')).to.equal('unknown');
      expect(await about(exchange.message_id, 'other')).to.equal('unknown');
      await take(exchange, answer);
      const { message_id } = await stand.database.kysely
        .selectFrom('message')
        .select('message_id')
        .where('kind', '=', 'response')
        .executeTakeFirstOrThrow();
      expect(await about(message_id), 'an answer is no request').to.equal('unknown');
    });

    it('makes a dead letter where it does not fit the type; a right one helps it still', async () => {
      const exchange = await handedOver();
      for (let n = 0; n < 2; n += 1) expect(await take(exchange, broken)).to.equal('taken');
      const { state, cause } = await stand.delivery(exchange);
      expect(state).to.equal('dead');
      expect(JSON.parse(cause ?? '').code).to.equal('ANSWER_BROKEN');
      expect(`${cause} ${stand.logged}`).not.to.include('Иванов');
      expect(await steps(exchange)).to.deep.equal([
        ...['delivery waiting', 'delivery ANSWER_BROKEN', 'dead ANSWER_BROKEN'],
      ]);
      await take(exchange, answer);
      expect(await stand.delivery(exchange)).to.include({ state: 'done' });
      expect(await kinds(exchange)).to.deep.equal(['response']);
    });

    it('that is only a step is told once each, and the delivery goes on', async () => {
      const exchange = await handedOver();
      for (const code of [1, 2, 1, 2, 2]) await take(exchange, interim(code));
      expect(await kinds(exchange)).to.deep.equal(['status', 'status']);
      expect(await stand.delivery(exchange)).to.include({ state: 'due', ticket: 't' });
    });

    it('changes nothing after the final one', async () => {
      const exchange = await handedOver();
      await take(exchange, answer);
      for (const late of [contentOf(noteResponse('второй')), interim(1), broken]) {
        expect(await take(exchange, late)).to.equal('taken');
      }
      expect(await kinds(exchange)).to.deep.equal(['response']);
      expect(await stand.delivery(exchange)).to.include({ state: 'done' });
      expect(await steps(exchange), 'nobody waits for a dead letter').not.to.include(
        'dead ANSWER_BROKEN',
      );
    });

    it('that comes before the attempt that handed the request over has ended counts once', async () => {
      const exchange = await stand.accept();
      const claimed = await stand.claim(exchange);
      const connector = scripted(async () => {
        await take(exchange, answer);
        return { kind: 'waiting', ticket: 't', askAfterMs: 5 };
      });
      const { signal } = new AbortController();
      await deliverExchange(stand.context, () => connector, rules, claimed, signal);
      expect(await stand.delivery(exchange)).to.include({ state: 'done', ticket: null });
      expect(await kinds(exchange)).to.deep.equal(['response']);
    });

    it("is left where it is when the sender's queue has no room", async () => {
      const exchange = await handedOver();
      const full = { ...stand.context.limits, queueItemsMax: 0 };
      const other = new Stand(stand.database, { limits: full });
      const collected = { messageId: exchange.message_id, answer };
      const thrown = await takeCollected(other.context, 'note', collected).catch((error) => error);
      expect(thrown).to.be.instanceOf(Fault).and.to.include({ code: 'QUEUE_FULL' });
      expect(await stand.delivery(exchange)).to.include({ state: 'due' });
      await take(exchange, answer);
      expect(await kinds(exchange)).to.deep.equal(['response']);
    });

    it('is collected by one process at a time, and not again before the time between', async () => {
      const exchange = await handedOver();
      let collecting = 0;
      const how = {
        everyMs: 1000,
        collect: async (inbox: Inbox) => {
          collecting += 1;
          await inbox.take({ messageId: exchange.message_id, answer });
          await new Promise((resolve) => setTimeout(resolve, 50));
        },
      };
      const { signal } = new AbortController();
      const collect = () => collectAnswers(stand.context, 'note', how, signal);
      await Promise.all([collect(), collect(), collect()]);
      expect(collecting).to.equal(1);
      expect(await kinds(exchange)).to.deep.equal(['response']);
      stand.now += 999;
      await collect();
      expect(collecting).to.equal(1);
      stand.now += 1;
      await collect();
      expect(collecting).to.equal(2);
    });

    it('lets go of collecting when it fails', async () => {
      const { signal } = new AbortController();
      let tries = 0;
      const collect = () => {
        tries += 1;
        throw new ConnectorFailure('UNREACHABLE', 'no connection');
      };
      const how = { everyMs: 10, collect };
      for (let n = 1; n <= 2; n += 1) {
        const thrown = await collectAnswers(stand.context, 'note', how, signal).catch((e) => e);
        expect(thrown).to.include({ code: 'UNREACHABLE' });
        expect(tries).to.equal(n);
        stand.now += 10;
      }
    });

    describe('and was posted to the callback address', () => {
      const reading: Connector = {
        ...scripted(),
        readCallback: (_request, { body }) => {
          const text = Buffer.from(body).toString();
          if (text === '') throw new ConnectorFailure('ANSWER_BROKEN', 'an empty body');
          return { kind: 'content', content: body };
        },
      };
      const post = (replyTo: string, body: string, connector: Connector = reading) =>
        takeCallback(stand.context, () => connector, replyTo, {
          contentType: 'application/xml',
          body: Buffer.from(body),
        });

      it('is taken once, by whoever knows the secret', async () => {
        const exchange = await handedOver();
        for (let n = 0; n < 3; n += 1) {
          const { outcome } = await post(exchange.reply_to, noteResponse('ответ'));
          expect(outcome).to.equal('taken');
        }
        expect(await kinds(exchange)).to.deep.equal(['response']);
      });

      it('is unknown by another secret, of a queue, and where the route takes none', async () => {
        const exchange = await handedOver();
        const queued = await stand.accept({ system: 'B1' });
        const body = noteResponse('ответ');
        expect(await post('other', body)).to.deep.equal({ outcome: 'unknown' });
        expect(await post(queued.reply_to, body)).to.deep.equal({ outcome: 'unknown' });
        const { readCallback: _, ...mute } = reading;
        expect(await post(exchange.reply_to, body, mute)).to.deep.equal({ outcome: 'unknown' });
        expect(await kinds(exchange)).to.deep.equal([]);
      });

      it('is refused where it will not do, and may be posted anew, mended', async () => {
        const exchange = await handedOver();
        for (const body of ['', noteResponse('Иванов').replaceAll('NoteResponse', 'Other')]) {
          const { outcome, why } = await post(exchange.reply_to, body);
          expect(outcome).to.equal('broken');
          expect(why)
            .to.match(/empty|type/)
            .and.not.include('Иванов');
        }
        expect(await stand.delivery(exchange)).to.include({ state: 'due' });
        const { outcome } = await post(exchange.reply_to, noteResponse('ответ'));
        expect(outcome).to.equal('taken');
        expect(await kinds(exchange)).to.deep.equal(['response']);
      });
    });
  });
});
