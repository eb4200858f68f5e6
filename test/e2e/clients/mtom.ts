import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Version } from '../../../src/smev/namespaces.ts';

const sources = fileURLToPath(new URL('mtom', import.meta.url));

/** Why it cannot be built here; the packages to install. */
export interface Toolchain {
  readonly name: string;
  readonly packages: string;
  readonly isHere: () => boolean;
}

export const toolchains = {
  java: {
    name: 'JAX-WS with MTOM',
    packages: 'jaxws libjaxws-java libsaaj-ri-java default-jdk-headless',
    isHere: () => jars.every(existsSync) && runs('javac', '-version'),
  },
  gsoap: {
    name: 'gSOAP with MTOM',
    packages: 'gsoap libgsoap-dev gcc',
    isHere: () => runs('soapcpp2', '-V') && runs('gcc', '--version'),
  },
} as const satisfies Record<string, Toolchain>;

/** Prints why and skips the test where it cannot be built. */
export function needToolchain(context: Mocha.Context, { name, packages, isHere }: Toolchain): void {
  if (isHere()) return;
  process.stdout.write(`SKIPPED: ${name}: install the Debian packages ${packages}\n`);
  context.skip();
}

const jars = [
  ...['jaxws-api', 'jaxws-rt', 'saaj-impl', 'javax.activation', 'jaxb-api', 'jaxb-runtime'],
  ...['jaxb-core', 'mimepull', 'stax-ex', 'metro-policy', 'jws-api', 'streambuffer'],
  ...['istack-commons-runtime', 'FastInfoset', 'txw2', 'geronimo-annotation-1.3-spec'],
  ...['javax.xml.soap-api', 'jaxws-ri-runtime'],
].map((name) => `/usr/share/java/${name}.jar`);

function runs(command: string, word: string): boolean {
  return spawnSync(command, [word], { timeout: 30_000, stdio: 'ignore' }).status === 0;
}

/**
 * Compiles the Java client over the classes that wsimport makes of a WSDL.
 *
 * @param used where the client finds the same WSDL, and so the service
 */
export function javaClient(folder: string, wsdl: string, used: string): MtomClient {
  mkdirSync(folder, { recursive: true });
  const generate = ['-quiet', '-Xnocompile', '-d', folder, '-s', folder, '-p', 'generated', wsdl];
  call('wsimport', generate, folder);
  const generated = join(folder, 'generated');
  const files = readdirSync(generated).map((name) => join(generated, name));
  const path = [folder, ...jars].join(':');
  const client = join(sources, 'MtomClient.java');
  call('javac', ['-nowarn', '-cp', path, '-d', folder, client, ...files], folder);
  return new MtomClient('java', [`-Dwsdl=${used}`, '-cp', path, 'MtomClient']);
}

/** Compiles the C client for a version. */
export function gsoapClient(folder: string, version: Version, url: string): MtomClient {
  mkdirSync(folder, { recursive: true });
  const header = readFileSync(join(sources, 'mtom.h'), 'utf8').replaceAll('@VERSION@', version);
  writeFileSync(join(folder, 'mtom.h'), header);
  call('soapcpp2', ['-c', '-C', '-L', '-x', '-w', 'mtom.h'], folder);
  const files = [join(sources, 'mtom.c'), 'soapC.c', 'soapClient.c'];
  call('gcc', ['-w', '-I.', '-o', 'mtom', ...files, '-lgsoap'], folder);
  return new MtomClient(join(folder, 'mtom'), [url]);
}

function call(command: string, words: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ends with ${status}:\n${stdout}\n${stderr}`);
}

/** A program that answers each line of words with one line. */
export class MtomClient {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(command: string, words: readonly string[]) {
    const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** @throws Error with what the program printed, when it ends instead of answering */
  async ask(...words: string[]): Promise<string> {
    this.#child.stdin?.write(`${words.join('\t')}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the client ended:\n${this.#errors}`);
    return value;
  }

  /** What it said of its errors. */
  get errors(): string {
    return this.#errors;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin?.end();
    await ended;
  }
}
