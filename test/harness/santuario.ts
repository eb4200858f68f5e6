import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkout } from './node.ts';

const packages = 'default-jdk-headless libxml-security-java libbcprov-java libbcpkix-java';
const jars = [
  ...['xmlsec', 'bcprov', 'bcutil', 'bcpkix', 'slf4j-api', 'slf4j-nop', 'commons-codec'],
  ...['woodstox-core', 'stax2-api'],
].map((name) => `/usr/share/java/${name}.jar`);
const sources = join(checkout, 'test/oracle/santuario');

/** Prints why and skips the test where a JDK, Apache Santuario or BouncyCastle is not installed. */
export function needSantuario(context: Mocha.Context): void {
  const there = jars.every((jar) => existsSync(jar));
  if (there && spawnSync('javac', ['-version'], { timeout: 30_000 }).status === 0) return;
  process.stdout.write(`SKIPPED: Apache Santuario: install the Debian packages ${packages}\n`);
  context.skip();
}

export interface Verdict {
  /** What the References point to, without #. */
  readonly id: string;
  readonly digest: 'good' | 'bad';
  readonly signature: 'good' | 'bad';
}

export interface SignJob {
  readonly xml: string;
  /** Id of the element to sign. */
  readonly id: string;
  /** Where the signature goes: the first element of this name that has no children. */
  readonly namespace: string;
  readonly container: string;
  /** PEM, PKCS#8. */
  readonly key: string;
  readonly certificate: string;
  readonly signatureMethod: string;
  readonly digestMethod: string;
}

interface Waiting {
  readonly resolve: (lines: readonly Line[]) => void;
  readonly reject: (error: Error) => void;
}

type Line = Readonly<Record<string, string>>;

/**
 * Apache Santuario with BouncyCastle's GOST and a SMEV transform of its own, on Woodstox: one Java
 * process for many jobs. Jobs may be asked without waiting for the answers before.
 */
export class Santuario {
  readonly #java: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  #lines: Line[] = [];
  #said = '';

  /** Compiles the oracle where its source has changed, and starts it. */
  constructor() {
    const path = [...jars, compiled()].join(':');
    // The signature's base64 stays in one line, as SMEV wants it.
    const settings = ['-XX:TieredStopAtLevel=1', '-Dorg.apache.xml.security.ignoreLineBreaks=true'];
    this.#java = spawn('java', [...settings, '-cp', path, 'Oracle']);
    this.#java.stderr.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString();
    });
    this.#java.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(this.#said));
    });
    // A process that died says so by its end.
    this.#java.stdin.on('error', () => {});
    createInterface({ input: this.#java.stdout }).on('line', (line) => this.#heard(line));
  }

  /**
   * The octets of the root element after exclusive canonicalization and the SMEV transform.
   *
   * @throws Error with what Java said, where the reader, Santuario or the writer refuses
   */
  async transform(xml: string | Uint8Array): Promise<Buffer> {
    return octetsOf(await this.#ask({ job: 'transform', xml: base64(xml) }));
  }

  /**
   * The document with a detached signature: exc-c14n, then the SMEV transform.
   *
   * @throws Error with what Java said
   */
  async sign(job: SignJob): Promise<Buffer> {
    return octetsOf(await this.#ask({ ...job, job: 'sign', xml: base64(job.xml) }));
  }

  /**
   * What each ds:Signature of the document is worth by the certificate inside it, in their order.
   *
   * @throws Error with what Java said, as where an Id is missing or there twice
   */
  async verify(xml: string | Uint8Array): Promise<readonly Verdict[]> {
    const lines = await this.#ask({ job: 'verify', xml: base64(xml) });
    return lines.slice(0, -1) as unknown as Verdict[];
  }

  /**
   * A detached CMS signature by BouncyCastle.
   *
   * @param algorithm as the Java Cryptography Architecture calls it
   * @throws Error with what Java said
   */
  async signCms(
    content: Uint8Array,
    { key, certificate }: { readonly key: string; readonly certificate: string },
    algorithm: string,
    encoding: 'BER' | 'DER',
  ): Promise<Buffer> {
    const job = { job: 'sign-cms', content: base64(content), key, certificate };
    return octetsOf(await this.#ask({ ...job, algorithm, encoding }));
  }

  /**
   * Whether BouncyCastle finds a detached CMS signature good by the certificate inside it.
   *
   * @throws Error with what Java said, as where the digest differs
   */
  async verifyCms(content: Uint8Array, signature: Uint8Array): Promise<boolean> {
    const job = { job: 'verify-cms', content: base64(content), signature: base64(signature) };
    return octetsOf(await this.#ask(job))[0] === 1;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#java.once('close', resolve));
    this.#java.stdin.end();
    if (this.#java.exitCode === null) await closed;
  }

  #ask(job: Line): Promise<readonly Line[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#java.stdin.write(`${JSON.stringify(job)}\n`);
    });
  }

  #heard(text: string): void {
    const line: Line = JSON.parse(text);
    this.#lines.push(line);
    // A verdict is followed by more.
    if (line['digest'] !== undefined) return;
    const waiting = this.#waiting.shift();
    const lines = this.#lines;
    this.#lines = [];
    if (line['error'] === undefined) waiting?.resolve(lines);
    else waiting?.reject(new Error(line['error']));
  }
}

function octetsOf(lines: readonly Line[]): Buffer {
  return Buffer.from(lines.at(-1)?.['octets'] ?? '', 'base64');
}

function base64(xml: string | Uint8Array): string {
  return Buffer.from(xml).toString('base64');
}

/** The folder of classes, made anew where a source has changed. */
function compiled(): string {
  const files = readdirSync(sources)
    .sort()
    .map((name) => join(sources, name));
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  const folder = join(checkout, '.build', `santuario-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(join(checkout, '.build'), { recursive: true });
  const made = mkdtempSync(join(checkout, '.build', 'santuario-'));
  const lint = ['-Xlint:all,-path', '-Werror'];
  const { status, stderr } = spawnSync(
    'javac',
    [...lint, '-cp', jars.join(':'), '-d', made, ...files],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`javac does not compile the oracle:\n${stderr}`);
  renameSync(made, folder);
  return folder;
}
