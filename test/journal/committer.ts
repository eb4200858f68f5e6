// Commits to the journal of a node, several at a time, and prints the id of each entry once it is
// acknowledged: URL NODE COUNT (0: until killed). Each work also reads the revision and writes it
// one higher, so that a transaction that reads before it writes meets its like in other processes.
import { randomBytes } from 'node:crypto';
import { newEntryId } from '../../src/journal/entry.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { openDatabase } from '../../src/store/database.ts';

const [url = '', node = '', count = '0'] = process.argv.slice(2);
const database = openDatabase(url);
const journal = new JournalWriter(database, node);
let left = count === '0' ? Number.POSITIVE_INFINITY : Number(count);

async function commit(): Promise<void> {
  const now = Date.now();
  const id = newEntryId(now, randomBytes(10));
  await journal.commit(async (scope) => {
    const { revision } = await scope.tx
      .selectFrom('revision')
      .select('revision')
      .$if(database.kind === 'postgres', (query) => query.forUpdate())
      .executeTakeFirstOrThrow();
    await scope.tx
      .updateTable('revision')
      .set({ revision: revision + 1 })
      .execute();
    const content = scope.content(randomBytes(500));
    scope.journal({ id, at: now, kind: 'receipt', verdict: 'good', content });
  });
  process.stdout.write(`${id}\n`);
}

async function work(): Promise<void> {
  while (left > 0) {
    left -= 1;
    await commit();
  }
}

await Promise.all(Array.from({ length: 8 }, work));
await database.close();
