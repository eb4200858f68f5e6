import { expect } from 'chai';
import { sql } from 'kysely';
import { openDatabase } from '../../src/store/database.ts';
import { forEachDatabase } from '../harness/databases.ts';

describe('the database', () => {
  it('is named by a URL of a known kind', () => {
    expect(() => openDatabase('mysql://localhost/x')).to.throw(/sqlite:PATH or postgres/);
  });

  forEachDatabase((kind, open) => {
    it('gives bytes back as a Buffer, and large integers as numbers', async () => {
      const { kysely } = await open();
      const bytes = Buffer.from([0, 255, 128, 10, 0]);
      await kysely
        .insertInto('content')
        .values({ hash: 'a', size: 2 ** 40, bytes })
        .execute();
      const row = await kysely.selectFrom('content').selectAll().executeTakeFirstOrThrow();
      expect(row).to.deep.equal({ hash: 'a', size: 2 ** 40, bytes });
      expect(Buffer.isBuffer(row.bytes)).to.equal(true);
      const { count } = await kysely
        .selectFrom('content')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      expect(count).to.equal(1);
    });

    if (kind === 'postgres') {
      it('refuses an integer that a number cannot hold', async () => {
        const { kysely } = await open();
        const failure = await sql`SELECT CAST(9007199254740993 AS bigint) AS beyond`
          .execute(kysely)
          .then(
            () => undefined,
            (error: Error) => error.message,
          );
        expect(failure).to.match(/beyond/);
      });
    }

    it('keeps what the journal says: no update, no delete', async () => {
      const { kysely } = await open();
      await kysely
        .insertInto('content')
        .values({ hash: 'a', size: 1, bytes: Buffer.from('x') })
        .execute();
      const changes = [
        kysely.updateTable('content').set({ size: 2 }).execute(),
        kysely.deleteFrom('content').execute(),
      ];
      for (const change of await Promise.allSettled(changes)) {
        expect(change).to.have.nested.property('reason.message', 'content is append-only');
      }
    });
  });
});
