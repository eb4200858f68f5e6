import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { checkout, temporaryFolder } from './node.ts';

const softhsm = '/usr/lib/softhsm/libsofthsm2.so';

/** The library that speaks to `p11-kit server`: Debian has it in a folder of the architecture. */
function clientModule(): string | undefined {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  return folders
    .map((name) => join('/usr/lib', name, 'pkcs11', 'p11-kit-client.so'))
    .find((path) => existsSync(path));
}

/** Prints why and skips the test where there is no software token. */
export function needToken(context: Mocha.Context): void {
  const tools = ['/usr/bin/softhsm2-util', '/usr/bin/p11-kit', softhsm];
  if (clientModule() !== undefined && tools.every((path) => existsSync(path))) return;
  process.stdout.write(
    'SKIPPED: tokens: install the Debian packages softhsm2 p11-kit p11-kit-modules\n',
  );
  context.skip();
}

export const tokenPin = '73914862';

const tellAttributes = `
  const pkcs11 = require('pkcs11js');
  const [module, pin, object] = process.argv.slice(1);
  const library = new pkcs11.PKCS11();
  library.load(module);
  library.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
  const [slot] = library.C_GetSlotList(true);
  const session = library.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION);
  library.C_Login(session, pkcs11.CKU_USER, pin);
  library.C_FindObjectsInit(session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_LABEL, value: object },
  ]);
  const [key] = library.C_FindObjects(session, 1);
  const types = {
    token: pkcs11.CKA_TOKEN,
    private: pkcs11.CKA_PRIVATE,
    sensitive: pkcs11.CKA_SENSITIVE,
    extractable: pkcs11.CKA_EXTRACTABLE,
    neverExtractable: pkcs11.CKA_NEVER_EXTRACTABLE,
  };
  const asked = Object.values(types).map((type) => ({ type }));
  const values = library.C_GetAttributeValue(session, key, asked);
  const told = Object.keys(types).map((name, at) => [name, values[at].value[0] === 1]);
  process.stdout.write(JSON.stringify(Object.fromEntries(told)));
  library.C_Finalize();
`;

/** A SoftHSM2 token behind `p11-kit server`, a process of its own that dies like an HSM. */
export class TestToken {
  readonly folder: string;
  readonly label: string;
  readonly pinFile: string;
  /** What the node loads. */
  readonly module = clientModule() ?? '';
  /** Of whoever loads it. */
  readonly env: Readonly<Record<string, string>>;
  readonly #remove: () => Promise<void>;
  readonly #own: NodeJS.ProcessEnv;
  #server: ChildProcess | undefined;

  static async start(label = 'mezhved-test'): Promise<TestToken> {
    const { path, remove } = await temporaryFolder();
    const token = new TestToken(path, label, remove);
    await token.serve();
    return token;
  }

  private constructor(folder: string, label: string, remove: () => Promise<void>) {
    this.folder = folder;
    this.label = label;
    this.#remove = remove;
    const tokens = join(folder, 'tokens');
    mkdirSync(tokens);
    const conf = join(folder, 'softhsm2.conf');
    writeFileSync(conf, `directories.tokendir = ${tokens}\nlog.level = ERROR\n`);
    this.#own = { ...process.env, SOFTHSM2_CONF: conf };
    this.env = { P11_KIT_SERVER_ADDRESS: `unix:path=${join(folder, 'token.sock')}` };
    this.pinFile = this.writePin('pin', tokenPin);
    this.#softhsm('--init-token', '--free', '--label', label, '--so-pin', '87654321');
  }

  /** @returns the path of a file with this PIN */
  writePin(name: string, pin: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, `${pin}\n`, { mode: 0o600 });
    return file;
  }

  uri(object: string): string {
    return `pkcs11:token=${this.label};object=${object}`;
  }

  /** A key that the test knows. @param pem PKCS#8 */
  import(object: string, pem: string, id: string): void {
    const file = join(this.folder, 'import.pem');
    writeFileSync(file, pem);
    this.#softhsm('--import', file, '--token', this.label, '--label', object, '--id', id);
    rmSync(file);
  }

  /** What the token says of a private key, asked by a process that has its library and nothing else. */
  attributesOf(object: string): Record<string, boolean> {
    const words = ['-e', tellAttributes, this.module, tokenPin, object];
    const told = execFileSync(process.execPath, words, {
      cwd: checkout,
      env: { ...process.env, ...this.env },
      encoding: 'utf8',
    });
    return JSON.parse(told) as Record<string, boolean>;
  }

  async serve(): Promise<void> {
    const socket = join(this.folder, 'token.sock');
    rmSync(socket, { force: true });
    // A group of its own: the server has a process for each client.
    this.#server = spawn(
      'p11-kit',
      ['server', '-f', '-n', socket, '--provider', softhsm, `pkcs11:token=${this.label}`],
      { env: this.#own, stdio: 'ignore', detached: true },
    );
    while (!existsSync(socket)) await wait(10);
  }

  /** kill -9 */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server?.pid === undefined) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    this.signal('SIGKILL', server.pid);
    await ended;
  }

  /** SIGSTOP makes the token silent. */
  signal(signal: NodeJS.Signals, pid = this.#server?.pid): void {
    if (pid !== undefined) process.kill(-pid, signal);
  }

  async remove(): Promise<void> {
    await this.kill();
    await this.#remove();
  }

  #softhsm(...words: string[]): void {
    execFileSync('softhsm2-util', [...words, '--pin', tokenPin], { env: this.#own, stdio: 'pipe' });
  }
}
