import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Kysely, sql } from 'kysely';
import { beginning, type Entry, hashEntry } from '../../src/journal/entry.ts';
import { type JournalVerdict, verifyJournal } from '../../src/journal/reader.ts';
import type { Tables } from '../../src/store/tables.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { fill, forgeContent, length, set, tamper } from './tampering.ts';

describe('the chain of the journal', () => {
  forEachDatabase((kind, open) => {
    let database: TestDatabase;
    let entries: Entry[];
    beforeEach(async () => {
      database = await open();
      entries = await fill(database);
    });

    // Each runs in a transaction that is rolled back, the triggers dropped in it too.
    const tampered = (forge: (db: Kysely<Tables>) => Promise<unknown>) =>
      tamper(database, async (db) => {
        await forge(db);
        return verifyJournal(db);
      });
    const place = fc.integer({ min: 0, max: length - 1 });
    const check = (property: fc.IAsyncProperty<unknown>) =>
      fc.assert(property as fc.IAsyncProperty<[unknown]>, {
        numRuns: kind === 'sqlite' ? 150 : 30,
      });

    it('is good as it was written', async () => {
      expect(await verifyJournal(database.kysely)).to.deep.equal({
        ...{ entries: length, ok: true, problems: [] },
        ...{ checkpoints: 0, signers: [], signedAt: undefined },
      });
    });

    it('names the entry of which any member was changed', () =>
      check(
        fc.asyncProperty(place, fc.constantFrom(...columns), async (at, column) => {
          const entry = entries[at] as Entry;
          const value = changed(entry, column);
          const { problems } = await tampered((db) => set(db, entry.id, { [column]: value }));
          const found = { entry: column === 'id' ? value : entry.id };
          expect(problems).to.deep.include(
            { ...found, kind: column === 'format' ? 'format' : 'edited' },
            JSON.stringify(problems),
          );
        }),
      ));

    it('names the entry after one that was replaced together with its hash', () =>
      check(
        fc.asyncProperty(place, fc.constantFrom(...unplaced), async (at, column) => {
          const entry = entries[at] as Entry;
          const forged = { ...entry, [column]: changed(entry, column) };
          const verdict = await tampered((db) =>
            set(db, entry.id, { [column]: forged[column], hash: hashEntry(forged) }),
          );
          named(verdict, following(entries, at), 'link');
        }),
      ));

    it('names the entry after those that were removed', () =>
      check(
        fc.asyncProperty(place, fc.integer({ min: 1, max: 5 }), async (at, count) => {
          const gone = entries.slice(at, at + count).map(({ id }) => id);
          const verdict = await tampered((db) =>
            db.deleteFrom('journal_entry').where('id', 'in', gone).execute(),
          );
          named(verdict, following(entries, at + gone.length - 1), 'missing-before');
        }),
      ));

    it('names both entries that changed places', () =>
      check(
        fc.asyncProperty(place, place, async (one, two) => {
          fc.pre(one !== two);
          const [a, b] = [entries[one] as Entry, entries[two] as Entry];
          const { problems } = await tampered(async (db) => {
            await set(db, a.id, { sequence: -1 });
            await set(db, b.id, { sequence: a.sequence });
            await set(db, a.id, { sequence: b.sequence });
          });
          for (const { id } of [a, b]) {
            expect(problems).to.deep.include({ entry: id, kind: 'edited' });
          }
        }),
      ));

    it('names an entry that was inserted, or that it was put at the end', () =>
      check(
        fc.asyncProperty(fc.constantFrom(-3, 0, length + 1, length + 5), async (sequence) => {
          const before = entries.at(-1) as Entry;
          const previous_hash = sequence > 0 ? before.hash : beginning;
          const forged = { ...before, id: 'FORGED', sequence, previous_hash };
          const row = { ...forged, hash: hashEntry(forged) };
          const { problems } = await tampered((db) =>
            db.insertInto('journal_entry').values(row).execute(),
          );
          if (sequence > 0) expect(problems).to.deep.include({ entry: 'n', kind: 'head' });
          else expect(problems).to.deep.include({ entry: 'FORGED', kind: 'order' });
        }),
      ));

    it('names every entry whose bytes were changed or are gone', () =>
      check(
        fc.asyncProperty(
          fc.constantFrom(...new Set(entries.map(({ content_hash }) => content_hash as string))),
          fc.constantFrom('bytes', 'size', 'gone'),
          async (hash, what) => {
            const { problems } = await tampered((db) => forgeContent(db, hash, what));
            const kind = what === 'gone' ? 'content-missing' : 'content-edited';
            expect(problems).to.deep.equal(
              entries.filter((e) => e.content_hash === hash).map(({ id }) => ({ entry: id, kind })),
            );
          },
        ),
      ));

    it('names a chain whose recorded end was changed or is gone', async () => {
      const forgeries = [
        (db: Kysely<Tables>) => db.updateTable('journal_chain').set({ sequence: 5 }).execute(),
        (db: Kysely<Tables>) => db.updateTable('journal_chain').set({ hash: 'x' }).execute(),
        (db: Kysely<Tables>) => db.deleteFrom('journal_chain').execute(),
        (db: Kysely<Tables>) => db.deleteFrom('journal_entry').execute(),
      ];
      for (const forge of forgeries) {
        const { problems } = await tampered(forge);
        expect(problems).to.deep.equal([{ entry: 'n', kind: 'head' }]);
      }
    });

    if (kind !== 'sqlite') return;
    it('is judged the same by the documented check in Python', async function () {
      if (!hasPython()) {
        process.stdout.write('SKIPPED: the documented check of the journal: python3\n');
        this.skip();
      }
      const file = database.url.slice('sqlite:'.length);
      expect(documentedCheck(file)).to.equal(`${length}`);
      const { id } = entries[7] as Entry;
      await sql`DROP TRIGGER journal_entry_no_update`.execute(database.kysely);
      await set(database.kysely, id, { verdict: 'good ' });
      expect(documentedCheck(file)).to.equal(`not good: ${id}`);
    });
  });
});

/** Members that may be changed and hashed anew without losing the place. */
const unplaced = [
  'at',
  'kind',
  'protocol',
  'system',
  'message_id',
  'exchange_id',
  'certificate',
  'verdict',
  'detail',
] as const;
const columns = [
  ...unplaced,
  'id',
  'node',
  'sequence',
  'format',
  'version',
  'message_type',
  'correlation_id',
  'content_hash',
  'content_size',
  'previous_hash',
  'hash',
] as const;

function changed(entry: Entry, column: keyof Entry): string | number {
  const value = entry[column];
  if (typeof value === 'number') return value + 1000;
  if (value === null) return column === 'content_size' ? 1 : 'x';
  return column === 'detail' ? '{"kept":false}' : `${value}x`;
}

function following(entries: readonly Entry[], at: number): Entry | undefined {
  return entries[at + 1];
}

/** The problem is at the next entry, or at the chain's end where there is none. */
function named({ problems }: JournalVerdict, next: Entry | undefined, kind: string): void {
  const expected = next === undefined ? { entry: 'n', kind: 'head' } : { entry: next.id, kind };
  expect(problems).to.deep.equal([expected]);
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function documentedCheck(file: string): string {
  const text = readFileSync(new URL('../../docs/journal-format.md', import.meta.url), 'utf8');
  const program = /```python\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  try {
    return execFileSync('python3', ['-c', program, file], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch (error) {
    return String((error as { stderr?: string }).stderr).trim();
  }
}
