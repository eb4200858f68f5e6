import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Kysely, sql } from 'kysely';
import {
  type ChainEnd,
  type Checkpoint,
  checkpointLine,
  openCheckpoint,
  readCheckpointLine,
  readStatement,
  statementOf,
} from '../../src/journal/checkpoint.ts';
import { keepCheckpoint, readCheckpoints, unsignedEnd } from '../../src/journal/checkpoints.ts';
import { type Entry, hashEntry } from '../../src/journal/entry.ts';
import { verifyJournal } from '../../src/journal/reader.ts';
import { SignedEnds } from '../../src/journal/signed-ends.ts';
import type { Tables } from '../../src/store/tables.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { signatureOf } from '../harness/files.ts';
import { checkout } from '../harness/node.ts';
import { fill, length, set, tamper } from './tampering.ts';

const at = 1_700_000_000_000;
type Kind = Parameters<typeof signatureOf>[1];

function signed(end: Omit<ChainEnd, 'at'>, kind: Kind = 'rsa', agency = 'agency-a' as const) {
  const statement = statementOf({ ...end, at });
  return { statement, signature: signatureOf(agency, kind, Buffer.from(statement)) };
}

const end = { node: 'node-1', sequence: 12, hash: 'ab'.repeat(32) };

describe('a checkpoint of the journal', () => {
  it('says the end of a chain in the words that docs/journal-format.md gives', () => {
    const text = statementOf({ ...end, at });
    expect(readStatement(text)).to.deep.equal({ ...end, at });
    const document = readFileSync(join(checkout, 'docs', 'journal-format.md'), 'utf8');
    const example = /^\["mezhved-checkpoint".*$/m.exec(document)?.[0] ?? '';
    const read = readStatement(example);
    expect(read).to.include({ node: 'node-1', sequence: 1 });
    expect(read && statementOf(read)).to.equal(example);
  });

  for (const [what, text] of [
    ['not JSON', 'text'],
    ['no array', '{}'],
    ['another title', JSON.stringify(['other', 1, 'n', 1, 'h', at])],
    ['another format', JSON.stringify(['mezhved-checkpoint', 2, 'n', 1, 'h', at])],
    ['a sequence that is no number', JSON.stringify(['mezhved-checkpoint', 1, 'n', '1', 'h', at])],
    ['more members', JSON.stringify(['mezhved-checkpoint', 1, 'n', 1, 'h', at, 0])],
  ] as const) {
    it(`is none where the text is ${what}`, () => {
      expect(readStatement(text)).to.equal(undefined);
    });
  }

  for (const kind of ['rsa', 'ec', 'gost'] as const) {
    it(`is known by its signer: ${kind}`, () => {
      const checkpoint = signed(end, kind);
      const opened = openCheckpoint(checkpoint);
      expect(opened).to.include({ ...end, at });
      expect(opened?.signer.subject).to.be.a('string');
      const other = statementOf({ ...end, at, sequence: 13 });
      expect(openCheckpoint({ ...checkpoint, statement: other })).to.equal(undefined);
      expect(openCheckpoint({ ...checkpoint, signature: Buffer.from('no') })).to.equal(undefined);
    });
  }

  it('goes through a line of a log and back', () => {
    const checkpoint = signed(end);
    const line = JSON.stringify({ level: 30, ...JSON.parse(checkpointLine(checkpoint)), msg: 'x' });
    const read = readCheckpointLine(line);
    expect(read?.statement).to.equal(checkpoint.statement);
    expect(Buffer.from(checkpoint.signature).equals(read?.signature ?? Buffer.alloc(0))).to.equal(
      true,
    );
    for (const other of ['', 'text', '{"statement":1}', '"statement"', '{"msg":"statement"}']) {
      expect(readCheckpointLine(other), other).to.equal(undefined);
    }
  });

  for (const kind of ['rsa', 'ec'] as const) {
    it(`is verified by openssl as the document says: ${kind}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
      try {
        const line = checkpointLine(signed(end, kind));
        writeFileSync(join(folder, 'checkpoints'), `${line}\n`);
        const document = readFileSync(join(checkout, 'docs', 'journal-format.md'), 'utf8');
        const program = /```sh\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
        const authority = kind === 'rsa' ? 'ca.crt.pem' : `ca-${kind}.crt.pem`;
        copyFileSync(join(checkout, 'certs.example', authority), join(folder, 'authority.pem'));
        const ran = spawnSync('sh', ['-ec', program], { cwd: folder, encoding: 'utf8' });
        expect(ran.status, ran.stderr).to.equal(0);
        expect(ran.stdout).to.contain('mezhved-checkpoint');
        const forged = line.replace('12', '13');
        writeFileSync(join(folder, 'checkpoints'), `${forged}\n`);
        const refused = spawnSync('sh', ['-ec', program], { cwd: folder });
        expect(refused.status).not.to.equal(0);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});

describe('the chain of the journal under checkpoints', () => {
  forEachDatabase((_, open) => {
    let database: TestDatabase;
    let entries: Entry[];
    let outside: Checkpoint[];

    beforeEach(async () => {
      database = await open();
      entries = await fill(database);
      outside = [];
      for (const entry of [entries[9], entries[length - 1]]) {
        const { node = '', sequence = 0, hash = '' } = entry ?? {};
        const checkpoint = signed({ node, sequence, hash });
        await keepCheckpoint(database.kysely, { node, sequence }, checkpoint);
        outside.push(checkpoint);
      }
    });

    const problemsOf = async (db: Kysely<Tables>, ends = new SignedEnds()) =>
      (await verifyJournal(db, { signed: ends })).problems.map(({ entry, kind }) => [entry, kind]);
    const kept = (known?: ReadonlySet<string>) => {
      const ends = new SignedEnds(known, known !== undefined);
      for (const each of outside) ends.add(each);
      return ends;
    };
    /** As one would who owns the database: hashes and heads are right again. */
    const recompute = async (db: Kysely<Tables>, from: number) => {
      let previous = entries[from - 1]?.hash ?? '';
      for (const entry of entries.slice(from)) {
        const forged = { ...entry, verdict: 'FORGED', previous_hash: previous };
        previous = hashEntry(forged);
        const { verdict, previous_hash } = forged;
        await set(db, entry.id, { verdict, previous_hash, hash: previous });
      }
      await db.updateTable('journal_chain').set({ hash: previous }).execute();
    };

    it('is good, and says who signed it up to when', async () => {
      const verdict = await verifyJournal(database.kysely);
      expect(verdict).to.deep.include({ ok: true, checkpoints: 2, signedAt: at });
      expect(verdict.signers.map(({ known, count }) => [known, count])).to.deep.equal([[false, 2]]);
    });

    it('is signed only where it has grown', async () => {
      expect(await unsignedEnd(database.kysely, 'n')).to.equal(undefined);
      expect(await unsignedEnd(database.kysely, 'another')).to.equal(undefined);
      await fill(database, length);
      expect(await unsignedEnd(database.kysely, 'n')).to.include({
        ...{ node: 'n', sequence: 2 * length },
      });
    });

    it('is found out where it was computed anew', () =>
      tamper(database, async (db) => {
        await recompute(db, 5);
        expect(await problemsOf(db)).to.deep.equal([[entries[9]?.id, 'checkpoint']]);
      }));

    it('is found out where its checkpoints went with it, by those that were kept elsewhere', () =>
      tamper(database, async (db) => {
        await recompute(db, 15);
        await db.deleteFrom('journal_checkpoint').execute();
        expect(await problemsOf(db)).to.deep.equal([]);
        expect(await problemsOf(db, kept())).to.deep.equal([
          [entries[length - 1]?.id, 'checkpoint'],
        ]);
      }));

    it('is found out where its tail was cut with its recorded end', () =>
      tamper(database, async (db) => {
        const { sequence = 0, hash = '' } = entries[length - 3] ?? {};
        await db.deleteFrom('journal_entry').where('sequence', '>', sequence).execute();
        await db.updateTable('journal_chain').set({ sequence, hash }).execute();
        expect(await problemsOf(db)).to.deep.equal([[`n ${length}`, 'checkpoint']]);
      }));

    it('is found out where it is gone whole', () =>
      tamper(database, async (db) => {
        for (const table of ['journal_entry', 'journal_chain', 'journal_checkpoint'] as const) {
          await sql`DELETE FROM ${sql.table(table)}`.execute(db);
        }
        expect(await problemsOf(db)).to.deep.equal([]);
        expect(await problemsOf(db, kept())).to.deep.include([
          `n ${entries[9]?.sequence}`,
          'checkpoint',
        ]);
      }));

    it('is not saved by checkpoints that a forger signs', () =>
      tamper(database, async (db) => {
        await recompute(db, 5);
        await db.deleteFrom('journal_checkpoint').execute();
        const { sequence, hash } = await db
          .selectFrom('journal_chain')
          .selectAll()
          .executeTakeFirstOrThrow();
        const forged = signed({ node: 'n', sequence, hash }, 'ec');
        await keepCheckpoint(db, { node: 'n', sequence }, forged);
        const [mine] = outside.map((each) => openCheckpoint(each)?.signer.fingerprint ?? '');
        expect(await problemsOf(db, new SignedEnds(new Set([mine ?? '']), true))).to.deep.equal([
          [`n ${sequence}`, 'checkpoint-signer'],
        ]);
        expect(await problemsOf(db, kept())).to.deep.equal([[entries[9]?.id, 'checkpoint']]);
      }));

    it('is not what a checkpoint with a wrong signature says', () =>
      tamper(database, async (db) => {
        const { sequence } = entries[9] ?? {};
        await db
          .updateTable('journal_checkpoint')
          .set({ statement: statementOf({ ...end, node: 'n', at }) })
          .where('sequence', '=', sequence ?? 0)
          .execute();
        expect(await problemsOf(db)).to.deep.equal([[`n ${end.sequence}`, 'checkpoint-signature']]);
      }));

    it('changes its checkpoints as little as its entries', async () => {
      const change = database.kysely.updateTable('journal_checkpoint').set({ sequence: 1 });
      expect(String(await change.execute().catch(String))).to.contain('append-only');
      const removal = database.kysely.deleteFrom('journal_checkpoint');
      expect(String(await removal.execute().catch(String))).to.contain('append-only');
      const lines = [];
      for await (const each of readCheckpoints(database.kysely, 1)) lines.push(each.statement);
      expect(lines).to.deep.equal(outside.map(({ statement }) => statement));
    });
  });
});
