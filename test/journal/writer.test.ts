import { randomBytes, randomInt } from 'node:crypto';
import { expect } from 'chai';
import { type EntryDraft, newEntryId } from '../../src/journal/entry.ts';
import { readEntries, verifyJournal } from '../../src/journal/reader.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import type { Database } from '../../src/store/database.ts';
import { full } from '../fault/full.ts';
import { startChild } from '../harness/child.ts';
import { forEachDatabase } from '../harness/databases.ts';

describe('the journal writer', () => {
  forEachDatabase((_kind, open) => {
    it('writes the entries of a work with its bytes, in the order they were made', async () => {
      const database = await open();
      const writer = new JournalWriter(database, 'n');
      const works = Array.from({ length: 300 }, (_, n) =>
        writer.commit(async (scope) => {
          const content = scope.content(Buffer.from(`bytes ${n % 10}`));
          scope.journal(draft({ messageId: `${n}`, content }));
          scope.journal(draft({ messageId: `${n}`, kind: 'answer' }));
        }),
      );
      await Promise.all(works);
      const entries = await all(database, 'n');
      expect(entries.map(({ sequence }) => sequence)).to.deep.equal(
        Array.from({ length: 600 }, (_, n) => n + 1),
      );
      expect(entries.map(({ message_id, kind }) => `${message_id} ${kind}`)).to.deep.equal(
        Array.from({ length: 600 }, (_, n) => `${n >> 1} ${n % 2 === 0 ? 'receipt' : 'answer'}`),
      );
      expect(await contents(database)).to.equal(10);
      expect(await verifyJournal(database.kysely)).to.deep.include({
        entries: 600,
        ok: true,
        problems: [],
      });
    });

    it('leaves nothing of a work that throws: no entry, no bytes', async () => {
      const database = await open();
      const writer = new JournalWriter(database, 'n');
      const results = await Promise.allSettled(
        Array.from({ length: 40 }, (_, n) =>
          writer.commit(async (scope) => {
            scope.journal(draft({ messageId: `${n}`, content: scope.content(randomBytes(9)) }));
            if (n % 4 === 1) throw new Error('no');
          }),
        ),
      );
      expect(results.filter(({ status }) => status === 'rejected')).to.have.lengthOf(10);
      const entries = await all(database, 'n');
      expect(entries.map(({ message_id }) => Number(message_id))).to.deep.equal(
        Array.from({ length: 40 }, (_, n) => n).filter((n) => n % 4 !== 1),
      );
      expect(await contents(database)).to.equal(30);
      expect((await verifyJournal(database.kysely)).ok).to.equal(true);
    });

    it('lets several processes append to one chain and others to theirs', async () => {
      const database = await open();
      const children = ['n', 'n', 'm'].map((node) =>
        startChild('journal/committer.ts', database.url, node, '200'),
      );
      expect(await Promise.all(children.map(({ exited }) => exited))).to.deep.equal([0, 0, 0]);
      expect(await all(database, 'n')).to.have.lengthOf(400);
      expect(await all(database, 'm')).to.have.lengthOf(200);
      expect((await verifyJournal(database.kysely)).problems).to.deep.equal([]);
      expect(await revision(database)).to.equal(600);
    }).timeout(60_000);

    it('keeps all that was acknowledged before kill -9', async () => {
      const database = await open();
      const acknowledged: string[] = [];
      for (let round = 0; round < (full ? 10 : 1); round += 1) {
        const child = startChild('journal/committer.ts', database.url, 'n', '0');
        await child.printed(randomInt(1, 300));
        await child.kill();
        acknowledged.push(...child.lines);
      }
      const kept = new Set((await all(database, 'n')).map(({ id }) => id));
      expect(acknowledged.filter((id) => !kept.has(id))).to.deep.equal([]);
      const verdict = await verifyJournal(database.kysely);
      expect(verdict.problems).to.deep.equal([]);
      // Entry and state stand or fall together.
      expect(await revision(database)).to.equal(verdict.entries);
    }).timeout(60_000);

    it('is verified while it grows', async () => {
      const database = await open();
      const child = startChild('journal/committer.ts', database.url, 'n', '400');
      await child.printed(1);
      for (let running = true; running; ) {
        const ended = await Promise.race([child.exited, wait(5)]);
        running = ended === undefined;
        expect((await verifyJournal(database.kysely)).problems).to.deep.equal([]);
      }
    }).timeout(60_000);
  });
});

function draft(particulars: Partial<EntryDraft>): EntryDraft {
  const now = Date.now();
  const id = newEntryId(now, randomBytes(10));
  return { id, at: now, kind: 'receipt', verdict: 'good', ...particulars };
}

async function all({ kysely }: Database, node: string) {
  const entries = [];
  // A small page, so that the end of one is met.
  for await (const entry of readEntries(kysely, node, undefined, 7)) entries.push(entry);
  return entries;
}

async function contents({ kysely }: Database): Promise<number> {
  return (await kysely.selectFrom('content').select('hash').execute()).length;
}

async function revision({ kysely }: Database): Promise<number> {
  const row = await kysely.selectFrom('revision').select('revision').executeTakeFirstOrThrow();
  return row.revision;
}

function wait(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}
