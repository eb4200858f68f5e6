import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { compose, type Order } from '../../src/compute/compose.ts';
import type { ExchangeContext } from '../../src/exchange/context.ts';
import { type Known, refuse } from '../../src/exchange/refuse.ts';
import type { FaultCode } from '../../src/fault/codes.ts';
import { Fault, type FaultDetail } from '../../src/fault/fault.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { sandboxSigner } from '../harness/client.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';

const secret = 'Иванова-Петрова';
const hidden = 'at Object.<anonymous> (src/secret.ts:1:1)';
const refusedBytesKeptMax = 1000;

describe('a refusal', () => {
  forEachDatabase((_, open) => {
    let database: TestDatabase;
    let logged: string[];
    let context: ExchangeContext;
    beforeEach(async () => {
      database = await open();
      logged = [];
      const signers = [sandboxSigner('node')];
      const write = (...words: unknown[]) => logged.push(JSON.stringify(words));
      context = {
        limits: { refusedBytesKeptMax, faultFindingsMax: 2 },
        clock: { now: () => 1_700_000_000_000 },
        random: randomBytes,
        compute: { compose: async (order: Order) => compose(order, signers) },
        journal: new JournalWriter(database, 'n'),
        log: { error: write, warn: write, info: write, debug: write },
      } as Pick<ExchangeContext, 'clock' | 'log'> as ExchangeContext;
    });

    function known(bytes: Uint8Array, more: Partial<Known> = {}): Known {
      return {
        call: {
          endpoint: '1.2',
          method: 'POST',
          contentType: 'text/xml',
          soapAction: undefined,
          peer: '192.0.2.1',
          body: async () => ({ bytes, parts: [] }),
        },
        at: 1_700_000_000_000,
        journalId: '01J0000000000000000000TEST',
        bytes,
        hash: createHash('sha256').update(bytes).digest('hex'),
        ...more,
      };
    }

    const findings = [1, 2, 3].map((line) => ({
      path: `/a/b[${line}]`,
      line,
      rule: 'cvc-pattern-valid',
      text: `значение «${secret}» не по образцу`,
    }));

    async function give(code: FaultCode, detail: FaultDetail, how: Known) {
      const reply = await refuse(context, new Fault(code, detail), how);
      return { ...reply, text: Buffer.from(reply.bytes).toString() };
    }

    const message = () => Buffer.from(`<a><b>${secret}</b></a>`);

    it('shows the sender its own values, and the log none of them', async () => {
      const how = known(message(), { system: 'agency-a', messageId: 'm1' });
      const { status, text } = await give('CONTENT_INVALID', { findings, private: hidden }, how);
      expect(status).to.equal(500);
      expect(text).to.include(secret);
      expect(text).to.include('01J0000000000000000000TEST');
      expect(logged).to.have.lengthOf(1);
      expect(logged[0]).to.include('CONTENT_INVALID');
      expect(logged[0]).to.include('/a/b[1]');
      expect(logged.join()).not.to.include(secret);
    });

    it('shows as many findings as the limit says, and nothing that is private', async () => {
      const { text } = await give(
        'CONTENT_INVALID',
        { findings, private: hidden },
        known(message()),
      );
      expect(text.match(/<f:ValidationError /g)).to.have.lengthOf(2);
      const again = known(message(), { journalId: 'second' });
      const failure = await give('INTERNAL', { private: hidden }, again);
      expect(failure.text).not.to.include('secret.ts');
      expect(logged.at(-1)).to.include('secret.ts');
    });

    it('stands in the journal with the bytes that came and those that left', async () => {
      const bytes = message();
      const { text } = await give('SENDER_UNKNOWN', {}, known(bytes, { certificate: 'f' }));
      const rows = await database.kysely
        .selectFrom('journal_entry')
        .select(['id', 'kind', 'verdict', 'certificate', 'content_hash', 'content_size'])
        .orderBy('sequence')
        .execute();
      const hash = (of: Uint8Array | string) => createHash('sha256').update(of).digest('hex');
      expect(rows.map(({ kind }) => kind)).to.deep.equal(['refusal', 'answer']);
      expect(rows[0]).to.include({
        id: '01J0000000000000000000TEST',
        verdict: 'SENDER_UNKNOWN',
        certificate: 'f',
        content_hash: hash(bytes),
        content_size: bytes.byteLength,
      });
      expect(rows[1]).to.include({ content_hash: hash(text) });
      const kept = await database.kysely.selectFrom('content').select('hash').execute();
      expect(kept.map((row) => row.hash)).to.have.members([hash(bytes), hash(text)]);
    });

    it("keeps no more than the limit of a stranger's bytes, but their hash and size", async () => {
      const bytes = Buffer.alloc(refusedBytesKeptMax + 1, 0x61);
      const how = known(bytes);
      await give('XML_MALFORMED', {}, how);
      const row = await database.kysely
        .selectFrom('journal_entry')
        .select(['content_hash', 'content_size', 'detail'])
        .where('kind', '=', 'refusal')
        .executeTakeFirstOrThrow();
      expect(row).to.include({ content_hash: how.hash, content_size: bytes.byteLength });
      expect(JSON.parse(row.detail ?? '')).to.include({ kept: false });
      const kept = await database.kysely
        .selectFrom('content')
        .select('hash')
        .where('hash', '=', how.hash ?? '')
        .execute();
      expect(kept).to.deep.equal([]);
    });

    it('of an overloaded node costs nothing more: unsigned, not journalled, 503', async () => {
      const { status, headers, text } = await give('BUSY', {}, known(message()));
      expect(status).to.equal(503);
      expect(headers).to.have.property('Retry-After');
      expect(text).not.to.include('Security');
      const rows = await database.kysely.selectFrom('journal_entry').select('id').execute();
      expect(rows).to.deep.equal([]);
    });

    it('that cannot be recorded is still answered, and the log says why', async () => {
      const journal = { commit: () => Promise.reject(new Error('the disk is full')) };
      context = { ...context, journal: journal as unknown as JournalWriter };
      const { status, text } = await give('SENDER_UNKNOWN', {}, known(message()));
      expect(status).to.equal(500);
      expect(text).to.include('SENDER_UNKNOWN');
      expect(text).not.to.include('disk');
      expect(logged.at(-1)).to.include('the disk is full');
    });
  });
});
