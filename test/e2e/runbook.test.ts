import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';

const runbook = (name: string) => readFileSync(join(checkout, 'docs', 'runbooks', name), 'utf8');

/** The commands of a runbook, each in one line, in its order. */
function commandsOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith('    '));
  return lines
    .join('\n')
    .replace(/ \\\n\s+/g, ' ')
    .split('\n')
    .map((line) => line.trim());
}

/** The words of a command as a shell has them; nothing but double quotes is in them. */
function wordsOf(command: string): string[] {
  return (command.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
}

// They want a list, a token, or what an operator reads off the screen.
const elsewhere = /issuing\.crl|--pkcs11|FINGERPRINT|ОТПЕЧАТОК|PACKAGE/;

describe('runbooks', function () {
  this.timeout(240_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess;

  before(async () => {
    folder = await temporaryFolder();
    node = await startNode(join(folder.path, 'data'));
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  /** In a folder of the test, against its node, and at once. */
  function here(word: string): string {
    if (/^(node|partner|journal)-next/.test(word)) return join(folder.path, word);
    if (/^(certs\.example|examples)\//.test(word)) return join(checkout, word);
    if (word === '+10m') return '+0s';
    return word === '.' ? folder.path : word.replace('http://127.0.0.1:8080', node.url);
  }

  async function run(command: string): Promise<{ code: number | null; said: string }> {
    const [program, ...words] = wordsOf(command);
    if (program === 'npx') {
      const { code, stdout, stderr } = await mezhved(words.slice(1).map(here), node.env);
      return { code, said: stdout + stderr };
    }
    // `npm run certs -- …`: the name of a new certificate stays a name.
    const [name = '', ...rest] = words.slice(3);
    const given = [name.endsWith('.pem') ? here(name) : name, ...rest.map(here)];
    const script = join(checkout, 'scripts', 'make-certs.ts');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', script, ...given],
      { cwd: checkout },
    );
    return { code: 0, said: stdout };
  }

  async function untilGood(work: () => ReturnType<typeof run>): ReturnType<typeof run> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const outcome = await work();
      if (outcome.code === 0 || Date.now() > deadline) return outcome;
      await wait(200);
    }
  }

  for (const name of ['rotation', 'schema-update']) {
    it(`${name}: has the same commands in both languages`, () => {
      const plain = (file: string) =>
        commandsOf(runbook(file)).map((command) =>
          command.replace(/"[^"]*"/g, '""').replace(/[A-ZА-Я-]{6,}/g, '…'),
        );
      const russian = plain(`${name}.ru.md`).map((each) => each.replace('ПАПКА', 'FOLDER'));
      expect(russian).to.deep.equal(plain(`${name}.md`));
    });
  }

  /** Runs each command, and has what it said looked at. @returns the commands */
  async function follow(
    name: string,
    look: (command: string, said: string, told: readonly string[]) => void,
  ): Promise<readonly string[]> {
    const told: string[] = [];
    for (const command of commandsOf(runbook(name))) {
      if (elsewhere.test(command)) continue;
      const isSend = command.startsWith('npx mezhved send');
      // Here the change before it was at once: a node knows of it within two seconds.
      const { code, said } = await (isSend ? untilGood(() => run(command)) : run(command));
      expect(code, `${command}\n${said}`).to.equal(0);
      if (isSend) expect(said).to.include('SendRequestResponse');
      told.push(command);
      look(command, said, told);
    }
    return told;
  }

  it('schema-update: can be followed word for word', async () => {
    const told = await follow('schema-update.md', (command, said) => {
      if (command.includes('--check')) expect(said).to.match(/^Ошибок нет/);
      else if (command.includes('schema admit')) expect(said).to.match(/^Принята/);
      if (command.includes('schema plan')) {
        expect(said).to.include('Добавлен необязательный элемент Purpose');
      }
      if (command.includes('schema rollback')) expect(said).to.match(/1\.0\.0: снова действует/);
    });
    expect(told).to.have.length.above(9);
    const listed = await run('npx mezhved schema list --type birth-record');
    expect(listed.said)
      .to.match(/1\.0\.0 +действует/)
      .and.match(/1\.1\.0 +снята/);
  });

  it('rotation: can be followed word for word', async () => {
    const told = await follow('rotation.md', (command, said, before) => {
      if (command.startsWith('npx mezhved cert why')) expect(said).to.match(/trusted\s*$/);
      if (command === 'npx mezhved cert list --node' && before.length > 1) {
        expect(said)
          .to.match(/active .*Exchange node/)
          .and.match(/active .*Exchange node/);
      }
    });
    expect(told).to.have.length.above(12);
  });
});
