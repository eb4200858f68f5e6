import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { checkout } from '../test/harness/node.ts';

/** Time of a number of verifications, in microseconds. */
export interface Spent {
  readonly cpu: number;
  readonly wall: number;
}

/** xmlsec1 in a process of its own that verifies one document as often as it is told. */
export class Xmlsec1 {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  private constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout === null) throw new Error('no output');
    this.#lines = createInterface(this.#child.stdout);
  }

  /**
   * The C driver where gcc and libxmlsec1-dev are, else python3-xmlsec, else nothing.
   *
   * @param folder for the compiled driver
   * @param files document and certificate
   */
  static start(folder: string, files: readonly [string, string]): Xmlsec1 | undefined {
    const driver = join(folder, 'xmlsec-verify');
    if (compiles(driver)) return new Xmlsec1('xmlsec1 (C)', driver, files);
    if (spawnSync('python3', ['-c', 'import xmlsec']).status !== 0) return undefined;
    const script = join(checkout, 'bench', 'xmlsec-verify.py');
    return new Xmlsec1('xmlsec1 (python3)', 'python3', [script, ...files]);
  }

  /** @throws Error where a verification fails */
  async verify(count: number): Promise<Spent> {
    const line = new Promise<string>((resolve, reject) => {
      this.#lines.once('line', resolve);
      this.#child.once('exit', () => reject(new Error(`${this.name} did not verify`)));
    });
    this.#child.stdin?.write(`${count}\n`);
    const [cpu = Number.NaN, wall = Number.NaN] = (await line).split(' ').map(Number);
    return { cpu, wall };
  }

  stop(): void {
    this.#child.removeAllListeners('exit');
    this.#child.stdin?.end();
  }
}

function compiles(driver: string): boolean {
  const flags = spawnSync('pkg-config', ['--cflags', '--libs', 'xmlsec1-openssl'], {
    encoding: 'utf8',
  });
  if (flags.status !== 0) return false;
  const source = join(checkout, 'bench', 'xmlsec-verify.c');
  const args = ['-O2', '-o', driver, source, ...flags.stdout.trim().split(/\s+/)];
  return spawnSync('gcc', args).status === 0;
}
