import { expect } from 'chai';
import { sha256 } from '../../src/compute/kept.ts';
import { type FailureCode, failures } from '../../src/connectors/failure.ts';
import { deliverExchange } from '../../src/exchange/deliver.ts';
import { expireExchanges } from '../../src/exchange/expire.ts';
import { receiverOf } from '../../src/exchange/pressure.ts';
import { endDelivery } from '../../src/queue/delivery.ts';
import { noteDown, readLane } from '../../src/queue/lanes.ts';
import { forEachDatabase } from '../harness/databases.ts';
import { noteResponse } from '../harness/rules.ts';
import { failing, lane, rules, Stand, scripted, waits } from './stand.ts';

const content = () => ({ kind: 'content', content: Buffer.from(noteResponse('ответ')) });
const never = () => new Promise(() => undefined);

forEachDatabase((_, open) => {
  describe('an attempt at a delivery', () => {
    let stand: Stand;
    beforeEach(async () => {
      stand = new Stand(await open());
    });
    const laneNow = () => readLane(stand.database.kysely, lane);

    it('brings the answer to the sender, with the bytes of the agency in the journal', async () => {
      const exchange = await stand.accept();
      await noteDown(stand.database.kysely, lane, stand.now, rules.breaker);
      const evidence = Buffer.from('HTTP answer');
      const connector = scripted(() => ({ ...content(), evidence }));
      await stand.attempt(exchange, connector);
      expect(connector.calls).to.deep.equal(['deliver 1']);
      expect(await stand.delivery(exchange)).to.include({ state: 'done', attempts: 1 });
      const [[kind, text] = ['', ''], ...others] = await stand.answers(exchange);
      expect([kind, others.length]).to.deep.equal(['response', 0]);
      expect(text).to.include('ответ').and.to.include(exchange.reply_to);
      expect((await stand.exchange(exchange.id)).answered).to.equal(1);
      const [delivery, acceptance] = await stand.journal(exchange);
      const detail = { attempt: 1, ms: 0, outcome: 'content' };
      expect(delivery).to.deep.equal({
        ...{ kind: 'delivery', verdict: 'good', detail, content: sha256(evidence) },
      });
      expect(acceptance).to.include({ kind: 'acceptance', verdict: 'good' });
      expect(await laneNow(), 'the agency is up').to.include({ failures: 0 });
    });

    const kinds = [
      ['rejection', { code: 'NO_DATA', description: 'нет сведений' }, 'rejection', 'NO_DATA'],
      ['failure', { code: 'UPSTREAM', description: 'узел выше' }, 'async', 'UPSTREAM'],
    ] as const;
    for (const [kind, said, message, found] of kinds) {
      it(`brings a ${kind} as the message that it is`, async () => {
        const exchange = await stand.accept();
        await stand.attempt(
          exchange,
          scripted(() => ({ kind, ...said })),
        );
        const [[made, text] = ['', '']] = await stand.answers(exchange);
        expect(made).to.equal(message);
        expect(text).to.include(found).and.to.include(said.description);
        expect(await stand.delivery(exchange)).to.include({ state: 'done' });
      });
    }

    it('brings what was told on the way before the answer', async () => {
      const exchange = await stand.accept();
      const statuses = [1, 2].map((code) => ({ code, description: `шаг ${code}` }));
      await stand.attempt(
        exchange,
        scripted(() => ({ ...content(), statuses })),
      );
      const answers = await stand.answers(exchange);
      expect(answers.map(([kind]) => kind)).to.deep.equal(['status', 'status', 'response']);
      expect(answers[1]?.[1]).to.include('шаг 2');
    });

    for (const code of Object.keys(failures) as FailureCode[]) {
      const { retry, agencyDown } = failures[code];
      it(`that fails by ${code} ${retry ? 'is made again later' : 'makes a dead letter'}`, async () => {
        const exchange = await stand.accept();
        await noteDown(stand.database.kysely, lane, stand.now, rules.breaker);
        await stand.attempt(exchange, scripted(failing(code)));
        const { state, failures: failed, due_at, cause } = await stand.delivery(exchange);
        expect(state).to.equal(retry ? 'due' : 'dead');
        expect(failed).to.equal(code === 'STOPPED' ? 0 : 1);
        const waits = retry && code !== 'STOPPED' ? [500, 1000] : [0, 0];
        expect(due_at - stand.now).to.be.within(waits[0] ?? 0, waits[1] ?? 0);
        expect(JSON.parse(cause ?? '')).to.deep.equal({
          ...{ code, why: `failed by ${code}`, at: stand.now },
        });
        expect(stand.told.map(({ due_at: at }) => at)).to.deep.equal(retry ? [due_at] : []);
        const verdict = code === 'ANSWER_BROKEN' ? 'AGENCY_ANSWER_INVALID' : 'AGENCY_FAILED';
        const detail = { attempt: 1, ms: 0, outcome: code };
        const dead = { kind: 'dead', verdict, content: null };
        expect(await stand.journal(exchange)).to.deep.equal([
          { kind: 'delivery', verdict, detail, content: null },
          ...(retry ? [] : [{ ...dead, detail: { outcome: code, attempts: 1 } }]),
        ]);
        const own = code === 'NODE_ERROR' || code === 'STOPPED';
        expect((await laneNow()).failures).to.equal(agencyDown ? 2 : own ? 1 : 0);
        expect(await stand.answers(exchange), 'the sender waits').to.deep.equal([]);
        expect((await stand.exchange(exchange.id)).answered).to.equal(0);
      });
    }

    it('is the last when so many failed in a row', async () => {
      const exchange = await stand.accept();
      const connector = scripted(
        ...['UNREACHABLE', 'STOPPED', 'AGENCY_ERROR', 'TIMEOUT'].map((code) =>
          failing(code as FailureCode),
        ),
      );
      const states = [];
      for (let n = 0; n < 4; n += 1) {
        await stand.attempt(exchange, connector);
        states.push((await stand.delivery(exchange)).state);
        stand.now += rules.backoffMaxMs;
      }
      expect(states).to.deep.equal(['due', 'due', 'due', 'dead']);
      expect((await stand.journal(exchange)).at(-1)?.detail).to.include({ attempts: 4 });
    });

    it('leaves room for others once it was answered or buried, and not while it waits', async () => {
      const receiver = receiverOf({ kind: 'connector', lane });
      const { pressure } = stand.context;
      const steps = [content, failing('REFUSED'), failing('UNREACHABLE')];
      for (const [n, step] of steps.entries()) {
        const exchange = await stand.accept();
        pressure.note(receiver, 'A1');
        await stand.attempt(exchange, scripted(step));
        expect(pressure.waiting).to.equal(n < 2 ? 0 : 1);
      }
    });

    it('shuts the lane when the agency was found down so often', async () => {
      for (let n = 1; n <= rules.breaker.failures; n += 1) {
        await stand.attempt(await stand.accept(), scripted(failing('UNREACHABLE')));
        const { open_until } = await laneNow();
        expect(open_until).to.equal(n < rules.breaker.failures ? 0 : stand.now + 2000);
      }
    });

    it('waits as long as the agency asks, and no longer than the node ever waits', async () => {
      const exchange = await stand.accept();
      const connector = scripted(failing('BUSY', 5000), failing('BUSY', 999_999_999));
      await stand.attempt(exchange, connector);
      expect((await stand.delivery(exchange)).due_at).to.equal(stand.now + 5000);
      expect((await laneNow()).open_until).to.equal(stand.now + 5000);
      stand.now += 5000;
      await stand.attempt(exchange, connector);
      expect((await stand.delivery(exchange)).due_at).to.equal(stand.now + rules.backoffMaxMs);
      expect((await laneNow()).open_until).to.equal(stand.now + rules.breaker.openMaxMs);
    });

    it('asks after an answer that comes later, and says nothing where nothing is new', async () => {
      const exchange = await stand.accept();
      const waiting = { kind: 'waiting', ticket: 'at /7', askAfterMs: 500 };
      const statuses = [{ code: 1, description: 'в работе' }];
      const connector = scripted(
        () => waiting,
        () => waiting,
        failing('UNREACHABLE'),
        () => ({ ...waiting, ticket: 'at /8', statuses }),
        content,
      );
      await stand.attempt(exchange, connector);
      expect(await stand.delivery(exchange)).to.include({
        ...{ state: 'due', ticket: 'at /7', due_at: stand.now + 500, failures: 0 },
      });
      expect(stand.told[0]).to.include({ exchange_id: exchange.id, due_at: stand.now + 500 });
      for (let n = 0; n < 4; n += 1) {
        stand.now += 10_000;
        await stand.attempt(exchange, connector);
      }
      expect(connector.calls).to.deep.equal([
        ...['deliver 1', 'ask 2 at /7', 'ask 3 at /7', 'ask 4 at /7', 'ask 5 at /8'],
      ]);
      const outcomes = (await stand.journal(exchange)).flatMap(({ kind, detail }) =>
        kind === 'delivery' ? [`${detail['attempt']} ${detail['outcome']}`] : [],
      );
      expect(outcomes).to.deep.equal(['1 waiting', '3 UNREACHABLE', '4 waiting', '5 content']);
      const answers = await stand.answers(exchange);
      expect(answers.map(([kind]) => kind)).to.deep.equal(['status', 'response']);
    });

    it('cannot ask by a route that knows no asking', async () => {
      const exchange = await stand.accept();
      const waiting = { kind: 'waiting', ticket: 't', askAfterMs: 0 };
      const { ask: _, ...mute } = scripted(() => waiting);
      await stand.attempt(exchange, mute);
      await stand.attempt(exchange, mute);
      expect(JSON.parse((await stand.delivery(exchange)).cause ?? '').code).to.equal('NOT_SENT');
    });

    it('buries an answer that does not fit the type, and keeps its values out of the cause', async () => {
      for (const text of [
        noteResponse('x').replace(
          '</n:NoteResponse>',
          '<n:Count>Иванов</n:Count></n:NoteResponse>',
        ),
        noteResponse('Иванов').replaceAll('NoteResponse', 'NoteRequest'),
        'Иванов',
        '<a>Иванов',
      ]) {
        const exchange = await stand.accept();
        const evidence = Buffer.from(text);
        await stand.attempt(
          exchange,
          scripted(() => ({ kind: 'content', content: evidence, evidence })),
        );
        const { state, cause } = await stand.delivery(exchange);
        expect(state, text).to.equal('dead');
        expect(JSON.parse(cause ?? '').code).to.equal('ANSWER_BROKEN');
        expect(cause).not.to.include('Иванов');
        expect(stand.logged.join()).not.to.include('Иванов');
      }
    });

    it('records nothing once its claim was given up and another attempt has it', async () => {
      const steps = [
        content,
        failing('UNREACHABLE'),
        failing('REFUSED'),
        () => ({
          ...{ kind: 'waiting', ticket: 't', askAfterMs: 1 },
        }),
      ];
      for (const step of steps) {
        const exchange = await stand.accept();
        const late = await stand.claim(exchange);
        const connector = scripted(async () => {
          stand.now += waits.attemptMaxMs;
          await stand.claim(exchange);
          return step();
        });
        const { signal } = new AbortController();
        await deliverExchange(stand.context, () => connector, rules, late, signal);
        expect(await stand.delivery(exchange)).to.include({
          ...{ state: 'running', attempts: 2, failures: 0, cause: null, ticket: null },
        });
        expect(await stand.journal(exchange)).to.deep.equal([]);
        expect(await stand.answers(exchange)).to.deep.equal([]);
        expect(stand.told).to.deep.equal([]);
      }
    });

    it('ends with its time, and with the process, whatever its connector does', async () => {
      for (const [name, code, failed] of [
        ['TimeoutError', 'TIMEOUT', 1],
        ['AbortError', 'STOPPED', 0],
      ] as const) {
        const exchange = await stand.accept();
        const over = new AbortController();
        const attempt = stand.attempt(exchange, scripted(never), over.signal);
        over.abort(new DOMException('over', name));
        await attempt;
        const { state, cause, failures: count } = await stand.delivery(exchange);
        expect([state, JSON.parse(cause ?? '').code, count]).to.deep.equal(['due', code, failed]);
      }
    });

    it('is not made once the end of life has passed, or the exchange has its answer', async () => {
      const exchange = await stand.accept({ eol: stand.now + 100 });
      stand.now += 100;
      const connector = scripted();
      await stand.attempt(exchange, connector);
      expect(await stand.delivery(exchange)).to.include({
        ...{ state: 'due', due_at: stand.now + 1000, failures: 0 },
      });
      const claimed = await stand.claim(await stand.accept({ eol: stand.now }));
      expect(await expireExchanges(stand.context)).to.equal(2);
      const { signal } = new AbortController();
      await deliverExchange(stand.context, () => connector, rules, claimed, signal);
      expect(connector.calls).to.deep.equal([]);
      expect(await stand.delivery({ id: claimed.exchange_id })).to.include({ state: 'dead' });
    });

    it("is made again where the sender's queue has no room: an error of the node's own", async () => {
      const full = { ...stand.context.limits, queueItemsMax: 0 };
      const { context } = new Stand(stand.database, { limits: full, clock: stand.context.clock });
      const exchange = await stand.accept();
      const claimed = await stand.claim(exchange);
      const { signal } = new AbortController();
      await deliverExchange(context, () => scripted(content), rules, claimed, signal);
      const { state, cause } = await stand.delivery(exchange);
      expect([state, JSON.parse(cause ?? '').code]).to.deep.equal(['due', 'NODE_ERROR']);
      expect((await stand.journal(exchange)).map(({ verdict }) => verdict)).to.deep.equal([
        'QUEUE_FULL',
      ]);
    });

    it('records nothing where the answer came by another way meanwhile', async () => {
      const exchange = await stand.accept();
      const connector = scripted(async () => {
        await endDelivery(stand.database.kysely, exchange.id, 'done', stand.now);
        return content();
      });
      await stand.attempt(exchange, connector);
      expect(await stand.answers(exchange)).to.deep.equal([]);
      expect(await stand.journal(exchange)).to.deep.equal([]);
    });
  });
});
