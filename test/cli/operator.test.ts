import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { sql } from 'kysely';
import { JournalWriter } from '../../src/journal/writer.ts';
import type { ExchangeTable } from '../../src/store/tables.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { mezhved } from '../harness/node.ts';

const start = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

describe('what an operator reads', function () {
  this.timeout(60_000);

  forEachDatabase((kind, open) => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await open();
      await fill(database);
    });

    it('exchange list: the newest first, limited, by status', async () => {
      const all = await command(database.url, 'exchange', 'list', '--json');
      expect(all.code).to.equal(0);
      const listed = JSON.parse(all.stdout);
      expect(listed.map(({ id }: { id: string }) => id)).to.deep.equal(['e3', 'e2', 'e1']);
      expect(listed[2]).to.deep.equal({
        id: 'e1',
        messageId: 'm1',
        type: 'type',
        sender: 'A',
        recipient: 'B',
        status: 'requestIsQueued',
        receivedAt: '2026-01-02T03:04:06.678Z',
      });
      const one = await command(database.url, 'exchange', 'list', '--json', '--limit', '1');
      expect(JSON.parse(one.stdout)).to.have.lengthOf(1);
      const done = await command(
        ...[database.url, 'exchange', 'list', '--json', '--status', 'messageIsDelivered'],
      );
      expect(JSON.parse(done.stdout)).to.deep.equal([listed[1]]);
    });

    it('exchange show: by either id, with its steps', async () => {
      const timeline = [
        { at: '2026-01-02T03:04:06.678Z', stage: 'receipt', outcome: 'good', ms: 0 },
        { at: '2026-01-02T03:04:06.703Z', stage: 'acceptance', outcome: 'good', ms: 25 },
        { at: '2026-01-02T03:04:07.678Z', stage: 'delivery', outcome: 'AGENCY_FAILED', ms: 975 },
      ];
      for (const id of ['e1', 'm1', 'answer to m1']) {
        const { stdout, code } = await command(database.url, 'exchange', 'show', id, '--json');
        expect(code).to.equal(0);
        expect(JSON.parse(stdout)).to.deep.include({ id: 'e1', messageId: 'm1', timeline });
      }
      const { stdout } = await command(database.url, 'exchange', 'show', 'e1');
      expect(stdout).to.match(/\+975 +доставка +delivery +AGENCY_FAILED/);
      const unknown = await command(database.url, 'exchange', 'show', 'e9');
      expect(unknown).to.include({ code: 1, stdout: '' });
    });

    it('journal verify: good, and then each problem by its entry', async () => {
      const good = await command(database.url, 'journal', 'verify', '--json');
      expect(good.code).to.equal(0);
      expect(JSON.parse(good.stdout)).to.deep.equal({
        ...{ entries: 3, ok: true, problems: [] },
        ...{ checkpoints: 0, signers: [], signedAt: null },
      });
      const trigger = kind === 'sqlite' ? '_no_update' : '_append_only ON journal_entry';
      await sql.raw(`DROP TRIGGER journal_entry${trigger}`).execute(database.kysely);
      await database.kysely
        .updateTable('journal_entry')
        .set({ verdict: 'good' })
        .where('id', '=', 'entry 3')
        .execute();
      const bad = await command(database.url, 'journal', 'verify', '--json');
      expect(bad.code).to.equal(1);
      expect(JSON.parse(bad.stdout)).to.deep.include({
        entries: 3,
        ok: false,
        problems: [{ entry: 'entry 3', kind: 'edited' }],
      });
      const { stdout } = await command(database.url, 'journal', 'verify');
      expect(stdout).to.match(/entry 3 +edited +запись изменена +the entry was edited/);
    });
  });

  it('a database that is not there: exit 3, and none is made', async () => {
    const path = join(import.meta.dirname, 'none', 'mezhved.db');
    const { code, stderr } = await command(`sqlite:${path}`, 'journal', 'verify');
    expect(code).to.equal(3);
    expect(stderr).to.match(/there is no database/);
    expect(existsSync(path)).to.equal(false);
    const nobody = await command('postgres://127.0.0.1:1/none', 'exchange', 'list');
    expect(nobody.code).to.equal(3);
    expect(nobody.stderr).to.match(/does not answer: .*ECONNREFUSED/);
  });

  it('a wrong option: exit 2', async () => {
    for (const option of [
      ['--limit', '0'],
      ['--status', 'lost'],
    ]) {
      const { code } = await command('sqlite:/none', 'exchange', 'list', ...option);
      expect(code).to.equal(2);
    }
  });
});

const command = (url: string, ...args: string[]) => mezhved(args, { MEZHVED_DATABASE_URL: url });

async function fill(database: TestDatabase): Promise<void> {
  const statuses = ['requestIsQueued', 'messageIsDelivered', 'underProcessing'];
  const journal = new JournalWriter(database, 'n');
  await journal.commit(async ({ tx, journal: enter }) => {
    for (const [n, status] of statuses.entries()) {
      await tx
        .insertInto('exchange')
        .values(exchange(n + 1, status))
        .execute();
    }
    await tx
      .insertInto('message')
      .values({
        ...{ message_id: 'answer to m1', exchange_id: 'e1', kind: 'response', version: '1.3' },
        ...{ message_type: 'type', sender: 'B', sender_system: 'B1', certificate: null },
        ...{
          verified_hash: 'h',
          profile: 'xmldsig',
          envelope_hash: 'h',
          answer_hash: null,
          accepted_at: start,
        },
      })
      .execute();
    const about = { exchangeId: 'e1', messageId: 'm1' };
    const at = start + 1000;
    enter({ ...about, id: 'entry 1', at, kind: 'receipt', verdict: 'good' });
    enter({ ...about, id: 'entry 2', at: at + 25, kind: 'acceptance', verdict: 'good' });
    enter({ ...about, id: 'entry 3', at: at + 1000, kind: 'delivery', verdict: 'AGENCY_FAILED' });
  });
}

function exchange(n: number, status: string): ExchangeTable {
  return {
    ...{ id: `e${n}`, message_id: `m${n}`, message_type: 'type', version: '1.3', status },
    type_version: '1',
    ...{ sender: 'A', sender_system: 'A1', recipient: 'B', recipient_system: 'B1' },
    ...{ reply_to: `r${n}`, reference_message_id: null, transaction_code: null, node_id: '' },
    ...{ eol: null, test: 0, answered: 0, updated_at: start },
    received_at: start + 1000 * n,
  };
}
