import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A SOAP tool that nobody here wrote. */
export interface Tool {
  readonly name: string;
  /** What to install where it is not there. */
  readonly packages: string;
  /** A call that succeeds where it is there. */
  readonly probe: readonly [string, ...string[]];
}

// The Python of Debian, which is not always the first one in PATH.
const python = '/usr/bin/python3';

export const tools = {
  zeep: { name: 'zeep', packages: 'python3-zeep', probe: [python, '-c', 'import zeep'] },
  php: {
    name: 'PHP SoapClient',
    packages: 'php-cli php-soap',
    probe: ['php', '-r', 'exit(class_exists("SoapClient") ? 0 : 1);'],
  },
  gsoap: { name: 'gSOAP', packages: 'gsoap', probe: ['wsdl2h', '-V'] },
  java: {
    name: 'Java wsimport',
    packages: 'jaxws libjaxws-java libsaaj-ri-java',
    probe: ['wsimport', '-version'],
  },
} as const satisfies Record<string, Tool>;

/** Prints why and skips the test where the tool is not installed. */
export function needTool(context: Mocha.Context, { name, packages, probe }: Tool): void {
  const [command, ...args] = probe;
  if (spawnSync(command, args, { timeout: 30_000 }).status === 0) return;
  process.stdout.write(`SKIPPED: ${name}: install the Debian package ${packages}\n`);
  context.skip();
}

/** The operations that wsdl2h finds in a WSDL. */
export function listByGsoap(wsdl: string): string[] {
  return inFolder((folder) => {
    const file = join(folder, 'service.h');
    call('wsdl2h', ['-c', '-O1', '-o', file, wsdl], folder);
    const found = readFileSync(file, 'utf8').matchAll(
      /^\/\/gsoap \w+\s+service method-input-action:\s+(\w+) urn:\1$/gm,
    );
    return [...new Set([...found].map((match) => match[1] ?? ''))].sort();
  });
}

/** The operations that wsimport makes methods of. */
export function listByJava(wsdl: string): string[] {
  return inFolder((folder) => {
    call('wsimport', ['-quiet', '-Xnocompile', '-keep', '-d', folder, '-s', folder, wsdl], folder);
    const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith('SMEVMessageExchangePortType.java'),
    );
    if (file === undefined) throw new Error('wsimport made no SMEVMessageExchangePortType');
    const text = readFileSync(join(folder, file), 'utf8');
    const found = text.matchAll(/@WebMethod\((?:operationName = "(\w+)")?/g);
    return [...found].map((match) => match[1] ?? '').sort();
  });
}

function call(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ends with ${status}:\n${stdout}\n${stderr}`);
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'mezhved-client-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface ForeignSettings {
  readonly wsdl: string;
  /** A command that prints the signed document; the file to sign is added to it. */
  readonly sign: readonly string[];
  /** An unsigned ds:Signature. */
  readonly signature: string;
}

/** A program of clients/ that answers each command with one line of JSON. */
export class ForeignClient {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(tool: 'zeep' | 'php', settings: ForeignSettings) {
    const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
    const [command, file] =
      tool === 'zeep' ? [python, script('zeep_client.py')] : ['php', script('soap_client.php')];
    const child = spawn(command, [file, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** @throws Error with what the program printed, when it ends instead of answering */
  // biome-ignore lint/suspicious/noExplicitAny: what came is for the test to judge
  async ask(command: object): Promise<any> {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the client ended:\n${this.#errors}`);
    return JSON.parse(value);
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    if (this.#child.exitCode !== null) return;
    this.#child.stdin?.end();
    await ended;
  }
}
