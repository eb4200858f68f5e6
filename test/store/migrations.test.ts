import { expect } from 'chai';
import { sql } from 'kysely';
import { migrate } from '../../src/store/migrations.ts';
import { forEachDatabase } from '../harness/databases.ts';

describe('migrations', () => {
  forEachDatabase((_name, open) => {
    it('leave a migrated database as it is', async () => {
      const database = await open();
      await database.kysely.insertInto('participant').values({ id: 'A', name: 'Б' }).execute();
      await migrate(database);
      const rows = await database.kysely.selectFrom('participant').selectAll().execute();
      expect(rows).to.deep.equal([{ id: 'A', name: 'Б' }]);
    });

    it('refuse a database that a newer version made', async () => {
      const database = await open();
      await sql`INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-later', '2030')`.execute(
        database.kysely,
      );
      const failure = await migrate(database).then(
        () => undefined,
        (error: Error) => error.message,
      );
      expect(failure).to.match(/newer version/);
    });
  });
});
