import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { sql } from 'kysely';
import { stringify } from 'yaml';
import type { ListedKey } from '../../src/cli/cert-node-list.ts';
import { openCheckpoint, readCheckpointLine } from '../../src/journal/checkpoint.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { openDatabase } from '../../src/store/database.ts';
import { Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';

const version = '1.3';

describe('the journal of a node at work, signed', function () {
  this.timeout(120_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess | undefined;
  let env: NodeJS.ProcessEnv;
  let data: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    data = join(folder.path, 'data');
    await mkdir(data);
    await writeFile(join(folder.path, 'passphrase'), 'ключи узла\n');
    await writeFile(
      join(folder.path, 'config.yaml'),
      stringify({
        compute: { threads: 1 },
        node: { passphraseFile: 'passphrase' },
        journal: { checkpointMs: 200 },
      }),
    );
    env = { MEZHVED_DATA: data, MEZHVED_CONFIG: join(folder.path, 'config.yaml') };
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
    await folder.remove();
  });

  async function command(...words: string[]) {
    const { code, stdout, stderr } = await mezhved([...words, '--json'], env);
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  }

  async function checkpoints() {
    const { code, stdout, stderr } = await mezhved(['journal', 'checkpoints'], env);
    expect(code, stderr).to.equal(0);
    const lines = stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const read = readCheckpointLine(line);
      return read && openCheckpoint(read);
    });
  }

  async function send(): Promise<string> {
    const messageId = freshMessageId();
    const client = new Client(node?.url ?? '', version, sandboxSigner('agency-a'));
    const call = sendRequestCall(version, { messageId, content: birthRequest('Тест') });
    const answer = await client.call(call, 'SendRequest');
    expect(answer.code, answer.text).to.equal(undefined);
    return messageId;
  }

  async function becomesSigned(by: string): Promise<void> {
    for (;;) {
      await send();
      await wait(300);
      if ((await checkpoints()).some((each) => each?.signer.fingerprint === by)) return;
    }
  }

  it('by its first key, then by a key for that alone; what leaves with the log finds a forger out', async () => {
    node = await startNode(data, env);
    const first = sandboxSigner('node').certificate;
    await becomesSigned(first.fingerprint);

    const stem = join(folder.path, 'journal');
    const words = ['--kind', 'ec', '--name', 'Журнал', '--organization', 'Тест', '--out', stem];
    await command('cert', 'csr', '--node', '--for', 'journal', ...words);
    const authority = (name: string) => join(checkout, 'certs.example', `ca.${name}.pem`);
    const by = ['-CA', authority('crt'), '-CAkey', authority('key'), '-set_serial', '78'];
    const issued = spawnSync('openssl', ['x509', '-req', '-in', `${stem}.csr.pem`, ...by]);
    const own = readCertificate(issued.stdout.toString());
    await writeFile(`${stem}.crt.pem`, issued.stdout);
    await command('cert', 'import', `${stem}.crt.pem`, '--node');
    const rotated = await command('cert', 'rotate', own.fingerprint, '--node');
    expect(rotated).to.deep.include({ purpose: 'journal', replaced: [], answered: [] });
    await becomesSigned(own.fingerprint);
    const listed = (await command('cert', 'list', '--node')) as ListedKey[];
    const states = (purpose: string) =>
      listed.filter((each) => each.purpose === purpose).map(({ kind, state }) => [kind, state]);
    expect(states('journal')).to.deep.equal([['ec', 'active']]);
    expect(states('messages')).to.deep.include(['ec', 'active']);

    const messageId = await send();
    const { output } = node;
    await node.stop();
    node = undefined;
    const [last] = (await checkpoints()).slice(-1);
    const verdict = await command('journal', 'verify');
    expect(last).to.deep.include({ sequence: verdict.entries });
    expect(verdict.signers.map(({ known }: { known: boolean }) => known)).to.deep.equal([
      true,
      true,
    ]);

    const kept = join(folder.path, 'kept.log');
    await writeFile(kept, output());
    const certificate = join(folder.path, 'first.pem');
    await writeFile(certificate, first.x509.toString());
    const trusting = ['--certificate', certificate, `${stem}.crt.pem`, '--checkpoints', kept];
    expect((await command('journal', 'verify', ...trusting)).ok).to.equal(true);

    await forget(join(data, 'mezhved.db'), messageId);
    const blind = await mezhved(['journal', 'verify', '--json'], env);
    expect(JSON.parse(blind.stdout), 'hashes and heads are right again').to.include({ ok: true });
    const found = await mezhved(['journal', 'verify', ...trusting], env);
    expect(found.code).to.equal(1);
    expect(found.stdout).to.match(/ checkpoint +цепочка не та, что подписана/);
  });

  it('is told by verify to be signed by a key that was not named', async () => {
    node = await startNode(data, env);
    await becomesSigned(sandboxSigner('node').certificate.fingerprint);
    const other = join(checkout, 'certs.example', 'agency-a.crt.pem');
    const refused = await mezhved(['journal', 'verify', '--certificate', other], env);
    expect(refused.code).to.equal(1);
    expect(refused.stdout).to.contain('checkpoint-signer');
    const nothing = await mezhved(['journal', 'verify', '--checkpoints', other], env);
    expect(nothing.code).to.equal(2);
    expect(nothing.stderr).to.match(/контрольных точек нет/);
  });
});

/** As one would who owns the database: a message and all that was entered after it never were. */
async function forget(file: string, messageId: string): Promise<void> {
  const database = openDatabase(`sqlite:${file}`);
  const { kysely } = database;
  for (const table of ['journal_entry', 'journal_checkpoint']) {
    await sql.raw(`DROP TRIGGER ${table}_no_delete`).execute(kysely);
  }
  const entries = kysely.selectFrom('journal_entry').select(['sequence', 'hash']);
  const first = await entries
    .where('message_id', '=', messageId)
    .orderBy('sequence')
    .executeTakeFirstOrThrow();
  await kysely.deleteFrom('journal_entry').where('sequence', '>=', first.sequence).execute();
  await kysely.deleteFrom('journal_checkpoint').where('sequence', '>=', first.sequence).execute();
  const last = await entries.orderBy('sequence', 'desc').executeTakeFirstOrThrow();
  await kysely.updateTable('journal_chain').set(last).execute();
  await database.close();
}
