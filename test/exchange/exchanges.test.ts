import { expect } from 'chai';
import fc from 'fast-check';
import {
  acceptAsyncError,
  acceptRequest,
  acceptResponse,
  advance,
  findByReplyTo,
  findMessage,
  findOverdue,
  getExchange,
  type NewMessage,
  type NewRequest,
  type NewResponse,
} from '../../src/exchange/exchanges.ts';
import { judgeRepeat } from '../../src/exchange/repeat.ts';
import { acknowledge, take } from '../../src/smev/incoming-queue.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';

const leaseMs = 1000;

function message(id: string, change: Partial<NewMessage> = {}): NewMessage {
  return {
    exchangeId: 'x1',
    messageId: id,
    version: '1.2',
    messageType: 'note',
    sender: 'agency-b',
    senderSystem: 'B1',
    certificate: 'cert',
    verifiedHash: `verified ${id}`,
    profile: 'xmldsig',
    envelopeHash: `envelope ${id}`,
    answerHash: `answer ${id}`,
    acceptedAt: 10,
    ...change,
  };
}

function request(id: string, change: Partial<NewRequest> = {}): NewRequest {
  return {
    ...message(id),
    exchangeId: `x${id}`,
    typeVersion: '1',
    sender: 'agency-a',
    senderSystem: 'A1',
    recipient: 'agency-b',
    recipientSystem: 'B1',
    lane: null,
    replyTo: `to ${id}`,
    referenceMessageId: null,
    transactionCode: null,
    nodeId: '',
    eol: null,
    test: false,
    queueItemsMax: 100,
    ...change,
  };
}

function response(id: string, change: Partial<NewResponse> = {}): NewResponse {
  return { ...message(id), kind: 'response', queueItemsMax: 100, ...change };
}

const made = { sender: 'node', senderSystem: null, certificate: null, answerHash: null };

/** The transaction of one message, as the journal's writer opens it. */
function commit<T>(
  database: Database,
  work: (tx: Parameters<typeof acceptRequest>[0]) => Promise<T>,
): Promise<T> {
  return database.kysely.transaction().execute(work);
}

describe('a repeated MessageID', () => {
  const stored = { sender_system: 'A1', verified_hash: 'h' };
  const cases = [
    { senderSystem: 'A1', verifiedHash: 'h', judged: 'answer-again' },
    { senderSystem: 'A1', verifiedHash: 'other', judged: 'already-sent' },
    { senderSystem: 'A2', verifiedHash: 'h', judged: 'already-sent' },
    { senderSystem: 'A2', verifiedHash: 'other', judged: 'already-sent' },
  ];
  for (const { judged, ...repeated } of cases) {
    it(`is judged ${judged} from ${repeated.senderSystem} over ${repeated.verifiedHash}`, () => {
      expect(judgeRepeat(stored, repeated)).to.equal(judged);
    });
  }

  it('is never answered again where the node made the message', () => {
    const own = { sender_system: null, verified_hash: 'h' };
    const repeated = { senderSystem: 'A1', verifiedHash: 'h' };
    expect(judgeRepeat(own, repeated)).to.equal('already-sent');
  });
});

forEachDatabase((name, open) => {
  describe('an exchange', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await open();
    });

    const accept = async (accepted: NewRequest) =>
      (await commit(database, (tx) => acceptRequest(tx, accepted))).outcome;
    const respond = async (given: NewResponse) =>
      (await commit(database, (tx) => acceptResponse(tx, given))).outcome;
    const fail = async (error: NewMessage) =>
      (await commit(database, (tx) => acceptAsyncError(tx, error))).outcome;
    const next = (queue: 'request' | 'response', system: string, now = 20, nodeId = '') =>
      take(database.kysely, { queue, system, nodeId, now, leaseMs });
    const stateOf = async (id: string) => {
      const { status, answered } = await getExchange(database.kysely, id);
      return `${status} ${answered}`;
    };
    const rows = async () => {
      const tables = ['message', 'exchange', 'queue_item', 'delivery'] as const;
      const all = tables.map((table) => database.kysely.selectFrom(table).selectAll().execute());
      // A row that was locked may have moved within its table.
      const texts = (await Promise.all(all)).flat().map((row) => JSON.stringify(row));
      return texts.sort().join('\n');
    };

    it('begins with its request in the queue of the recipient', async () => {
      const full = request('1', {
        nodeId: 'n7',
        eol: 99,
        test: true,
        referenceMessageId: 'r',
        transactionCode: 'c',
      });
      expect(await accept(full)).to.equal('accepted');
      expect(await findByReplyTo(database.kysely, 'to 1')).to.include({
        id: 'x1',
        message_id: '1',
        status: 'requestIsQueued',
        node_id: 'n7',
        eol: 99,
        test: 1,
        answered: 0,
        reference_message_id: 'r',
        transaction_code: 'c',
        received_at: 10,
      });
      expect(await findMessage(database.kysely, '1')).to.include({
        exchange_id: 'x1',
        kind: 'request',
        verified_hash: 'verified 1',
        answer_hash: 'answer 1',
      });
      expect(await next('request', 'B1')).to.include({
        message_id: '1',
        exchange_id: 'x1',
        message_type: 'note',
      });
      expect(await findByReplyTo(database.kysely, 'to 2')).to.equal(undefined);
      expect(await findMessage(database.kysely, '2')).to.equal(undefined);
    });

    it('begins with a delivery where a connector takes the request', async () => {
      expect(await accept(request('1', { recipientSystem: null, lane: 'slow' }))).to.equal(
        'accepted',
      );
      const deliveries = await database.kysely.selectFrom('delivery').selectAll().execute();
      expect(deliveries).to.deep.equal([
        {
          exchange_id: 'x1',
          lane: 'slow',
          state: 'due',
          due_at: 10,
          running_until: null,
          attempts: 0,
          cause: null,
          sender: 'A1',
          turn: 1,
          failures: 0,
          ticket: null,
        },
      ]);
      expect(await next('request', 'B1')).to.equal(undefined);
    });

    it('begins once for a MessageID, whoever sends it again', async () => {
      await accept(request('1'));
      const before = await rows();
      expect(await accept(request('1'))).to.equal('repeated');
      expect(await accept(request('1', { exchangeId: 'x2', senderSystem: 'A2' }))).to.equal(
        'repeated',
      );
      expect(await rows()).to.equal(before);
    });

    it('does not begin where the queue is full, and leaves nothing', async () => {
      const bounded = { queueItemsMax: 2 };
      await accept(request('1', bounded));
      await accept(request('2', bounded));
      const before = await rows();
      expect(await accept(request('3', bounded))).to.equal('queue-full');
      expect(await accept(request('1', bounded)), 'a repeat is no new item').to.equal('repeated');
      expect(await rows()).to.equal(before);
      expect(await accept(request('4', { ...bounded, recipientSystem: 'B2' }))).to.equal(
        'accepted',
      );
      await next('request', 'B1');
      await acknowledge(database.kysely, { system: 'B1', messageId: '1', accepted: true, now: 21 });
      expect(await accept(request('3', bounded))).to.equal('accepted');
    });

    it('begins once when many transactions bring the same MessageID at one instant', async function () {
      this.timeout(60_000);
      const others =
        name === 'postgres' ? [openDatabase(database.url), openDatabase(database.url)] : [];
      const nodes = [database, ...others];
      try {
        for (let round = 0; round < 20; round += 1) {
          const outcomes = await Promise.all(
            Array.from({ length: 8 }, (_, n) =>
              commit(nodes[n % nodes.length] ?? database, (tx) =>
                acceptRequest(
                  tx,
                  request(`r${round}`, {
                    exchangeId: `x${round}-${n}`,
                    replyTo: `to ${round}-${n}`,
                  }),
                ),
              ),
            ),
          );
          const accepted = outcomes.filter(({ outcome }) => outcome === 'accepted');
          const repeated = outcomes.filter(({ outcome }) => outcome === 'repeated');
          expect([accepted.length, repeated.length]).to.deep.equal([1, 7]);
        }
        const count = (table: 'message' | 'exchange' | 'queue_item') =>
          database.kysely.selectFrom(table).select('message_id').execute();
        for (const table of ['message', 'exchange', 'queue_item'] as const) {
          expect((await count(table)).length, table).to.equal(20);
        }
      } finally {
        for (const other of others) await other.close();
      }
    });

    // SQLite has one writer at a time anyway.
    if (name === 'postgres') {
      it('waits for the other transaction and takes its place when that one is rolled back', async () => {
        let release = () => {};
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        const first = commit(database, async (tx) => {
          await acceptRequest(tx, request('1'));
          await held;
          throw new Error('rolled back');
        }).catch((error: Error) => error.message);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const second = accept(request('1', { exchangeId: 'x2', replyTo: 'to 2' }));
        await new Promise((resolve) => setTimeout(resolve, 50));
        release();
        expect([await first, await second]).to.deep.equal(['rolled back', 'accepted']);
      });
    }

    it('takes any number of statuses, then one final answer, then nothing more', async () => {
      await accept(request('1', { nodeId: 'n7' }));
      for (let n = 0; n < 5; n += 1) {
        expect(await respond(response(`s${n}`, { kind: 'status' }))).to.equal('accepted');
        expect(await stateOf('x1')).to.equal('underProcessing 0');
      }
      expect(await respond(response('f'))).to.equal('accepted');
      expect(await stateOf('x1')).to.equal('responseIsAcceptedBySmev 1');
      const before = await rows();
      expect(await respond(response('g'))).to.equal('already-final');
      expect(await respond(response('h', { kind: 'rejection' }))).to.equal('already-final');
      expect(await respond(response('i', { kind: 'status' }))).to.equal('already-final');
      expect(await fail(message('j', made))).to.equal('already-final');
      expect(await rows()).to.equal(before);
      const seen: unknown[] = [];
      for (;;) {
        const item = await next('response', 'A1', 20, 'n7');
        if (item === undefined) break;
        seen.push(item.message_id);
      }
      expect(seen).to.deep.equal(['s0', 's1', 's2', 's3', 's4', 'f']);
      expect(await next('response', 'A1')).to.equal(undefined);
    });

    it('may end with a rejection', async () => {
      await accept(request('1'));
      expect(await respond(response('r', { kind: 'rejection' }))).to.equal('accepted');
      expect(await stateOf('x1')).to.equal('responseIsAcceptedBySmev 1');
      expect(await findMessage(database.kysely, 'r')).to.include({ kind: 'rejection' });
    });

    it('takes answers from the recipient alone', async () => {
      await accept(request('1'));
      const before = await rows();
      expect(await respond(response('f', { sender: 'agency-c' }))).to.equal('not-recipient');
      expect(await respond(response('f', { sender: 'agency-a' }))).to.equal('not-recipient');
      expect(await rows()).to.equal(before);
    });

    it('finds an answer repeated before it finds it late', async () => {
      await accept(request('1'));
      await accept(request('2'));
      await respond(response('f'));
      expect(await respond(response('f'))).to.equal('repeated');
      const before = await rows();
      expect(await respond(response('f', { exchangeId: 'x2' })), "another's").to.equal('repeated');
      expect(await respond(response('1', { exchangeId: 'x2' })), 'a request').to.equal('repeated');
      expect(await accept(request('f')), 'as a request').to.equal('repeated');
      expect(await rows()).to.equal(before);
    });

    it('takes no answer that the queue of the sender has no room for', async () => {
      await accept(request('1'));
      await accept(request('2'));
      await accept(request('3', { nodeId: 'other' }));
      const bounded = { queueItemsMax: 1 };
      expect(await respond(response('f', bounded))).to.equal('accepted');
      const before = await rows();
      expect(await respond(response('g', { ...bounded, exchangeId: 'x2' }))).to.equal('queue-full');
      expect(await rows()).to.equal(before);
      const elsewhere = response('h', { ...bounded, exchangeId: 'x3' });
      expect(await respond(elsewhere)).to.equal('accepted');
      expect(await fail(message('j', { ...made, exchangeId: 'x2' }))).to.equal('accepted');
    });

    it('ends once when answers, statuses and failures come at one instant', async function () {
      this.timeout(90_000);
      const kinds = fc.constantFrom('response', 'rejection', 'status', 'async', 'ack', 'same');
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(kinds, { minLength: 2, maxLength: 8 }), async (deeds) => {
          round += 1;
          const id = `q${round}`;
          const exchangeId = `x${id}`;
          const systems = { senderSystem: `A${id}`, recipientSystem: `B${id}` };
          await accept(request(id, systems));
          await next('request', systems.recipientSystem);
          const outcomes = await Promise.all(
            deeds.map(async (deed, n) => {
              const about = { exchangeId, acceptedAt: 30 };
              if (deed === 'ack') {
                return commit(database, async (tx) => {
                  const acknowledged = { system: systems.recipientSystem, messageId: id };
                  await acknowledge(tx, { ...acknowledged, accepted: true, now: 30 });
                  await advance(tx, exchangeId, 'underProcessing', 30);
                  return 'acknowledged';
                });
              }
              if (deed === 'async') return fail(message(`${id}-${n}`, { ...made, ...about }));
              if (deed === 'same') return respond(response(`${id}-same`, about));
              return respond(response(`${id}-${n}`, { ...about, kind: deed }));
            }),
          );
          const finals = deeds.filter(
            (deed, n) => !['status', 'ack'].includes(deed) && outcomes[n] === 'accepted',
          );
          const ends = deeds.some((deed) => !['status', 'ack'].includes(deed));
          expect(finals.length).to.equal(ends ? 1 : 0);
          expect((await getExchange(database.kysely, exchangeId)).answered).to.equal(ends ? 1 : 0);
          const accepted = outcomes.filter((outcome) => outcome === 'accepted').length;
          const seen = new Set<string>();
          for (;;) {
            const item = await next('response', systems.senderSystem, 40);
            if (item === undefined) break;
            seen.add(item.message_id);
          }
          expect(seen.size, 'every accepted answer stands in the queue').to.equal(accepted);
        }),
        { seed: 20_261_124, numRuns: 40 },
      );
    });

    it('moves on as its messages do, and never back', async () => {
      await accept(request('1'));
      const to = (status: Parameters<typeof advance>[2]) =>
        advance(database.kysely, 'x1', status, 30);
      expect(await to('messageIsDelivered')).to.equal(false);
      expect(await to('requestIsAcceptedBySmev')).to.equal(true);
      expect(await to('requestIsAcceptedBySmev')).to.equal(false);
      expect(await to('underProcessing')).to.equal(true);
      expect(await to('requestIsAcceptedBySmev')).to.equal(false);
      await respond(response('f'));
      expect(await to('underProcessing')).to.equal(false);
      expect(await to('messageIsDelivered')).to.equal(true);
      expect(await to('responseIsRejectedBySmev')).to.equal(false);
      expect(await stateOf('x1')).to.equal('messageIsDelivered 1');
    });

    it('may be answered before its request is acknowledged', async () => {
      await accept(request('1'));
      await next('request', 'B1');
      expect(await respond(response('f'))).to.equal('accepted');
      const held = { system: 'B1', messageId: '1', accepted: true, now: 21 };
      expect((await acknowledge(database.kysely, held)).outcome).to.equal('done');
      expect(await advance(database.kysely, 'x1', 'underProcessing', 21)).to.equal(false);
      expect(await stateOf('x1')).to.equal('responseIsAcceptedBySmev 1');
    });

    it('ends with an asynchronous error that is an ordinary answer', async () => {
      await accept(request('1', { nodeId: 'n7' }));
      expect(await fail(message('e', made))).to.equal('accepted');
      expect(await stateOf('x1')).to.equal('requestIsRejectedBySmev 1');
      expect(await next('request', 'B1'), 'withdrawn').to.equal(undefined);
      expect(await next('response', 'A1', 20, 'n7')).to.include({ message_id: 'e' });
      expect(await findMessage(database.kysely, 'e')).to.include({
        kind: 'async',
        sender_system: null,
      });
      const held = { system: 'A1', messageId: 'e', accepted: true, now: 21 };
      expect((await acknowledge(database.kysely, held)).outcome).to.equal('done');
    });

    it('withdraws a request that is held but not one that was acknowledged', async () => {
      await accept(request('1'));
      await accept(request('2'));
      await next('request', 'B1');
      await next('request', 'B1');
      const ack = (messageId: string) =>
        acknowledge(database.kysely, { system: 'B1', messageId, accepted: true, now: 21 });
      await ack('1');
      await fail(message('e', made));
      await fail(message('f', { ...made, exchangeId: 'x2' }));
      expect((await ack('2')).outcome).to.equal('not-found');
      const items = await database.kysely
        .selectFrom('queue_item')
        .select(['message_id', 'state'])
        .where('queue', '=', 'request')
        .orderBy('id')
        .execute();
      expect(items).to.deep.equal([
        { message_id: '1', state: 'done' },
        { message_id: '2', state: 'dropped' },
      ]);
    });

    it('stops its delivery when it ends without an answer', async () => {
      await accept(request('1', { recipientSystem: null, lane: 'slow' }));
      await fail(message('e', made));
      const { state } = await database.kysely
        .selectFrom('delivery')
        .select('state')
        .executeTakeFirstOrThrow();
      expect(state).to.equal('dead');
    });

    it('is overdue when its end of life passed without a final answer', async () => {
      await accept(request('1', { eol: 100 }));
      await accept(request('2', { eol: 50 }));
      await accept(request('3', { eol: 200 }));
      await accept(request('4'));
      await accept(request('5', { eol: 60 }));
      await respond(response('f', { exchangeId: 'x5' }));
      await respond(response('s', { exchangeId: 'x2', kind: 'status' }));
      const overdue = async (now: number, limit = 10) =>
        (await findOverdue(database.kysely, now, limit)).map(({ id }) => id);
      expect(await overdue(49)).to.deep.equal([]);
      expect(await overdue(100)).to.deep.equal(['x2', 'x1']);
      expect(await overdue(100, 1)).to.deep.equal(['x2']);
      expect(await fail(message('e', { ...made, exchangeId: 'x2' }))).to.equal('accepted');
      expect(await overdue(100)).to.deep.equal(['x1']);
      expect(await fail(message('g', { ...made, exchangeId: 'x2' })), 'once').to.equal(
        'already-final',
      );
    });

    it('does nothing when its transaction is rolled back, and the same when it is run again', async () => {
      const before = await rows();
      const works = async (tx: Parameters<typeof acceptRequest>[0]) => {
        await acceptRequest(tx, request('1'));
        await acceptResponse(tx, response('s', { kind: 'status' }));
        return acceptAsyncError(tx, message('e', made));
      };
      const rolledBack = commit(database, async (tx) => {
        await works(tx);
        throw new Error('rolled back');
      });
      expect(await rolledBack.catch((error: Error) => error.message)).to.equal('rolled back');
      expect(await rows()).to.equal(before);
      expect(await commit(database, works)).to.deep.equal({ outcome: 'accepted' });
      expect(await stateOf('x1')).to.equal('requestIsRejectedBySmev 1');
    });
  });
});
