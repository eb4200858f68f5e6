import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Path of OpenSSL's GOST engine; undefined where it is not installed. */
export function gostEngine(): string | undefined {
  const { stdout } = spawnSync('openssl', ['version', '-e'], { encoding: 'utf8' });
  const folder = /ENGINESDIR: "([^"]+)"/.exec(stdout ?? '')?.[1];
  const file = folder && join(folder, 'gost.so');
  return file && existsSync(file) ? file : undefined;
}

/** The engine's path; prints why and skips the test where it is not installed. */
export function needGostEngine(context: Mocha.Context): string {
  const engine = gostEngine();
  if (engine !== undefined) return engine;
  process.stdout.write(
    'SKIPPED: GOST of another maker: install the Debian package libengine-gost-openssl\n',
  );
  return context.skip();
}

/** A folder where openssl works with its GOST engine. */
export class GostOpenssl {
  readonly folder = mkdtempSync(join(tmpdir(), 'mezhved-gost-'));
  readonly #environment: Readonly<Record<string, string>>;

  /** @param environment what the engine is told besides, such as GOST_PK_FORMAT */
  constructor(engine: string, environment: Readonly<Record<string, string>> = {}) {
    this.#environment = { ...environment, OPENSSL_CONF: this.path('openssl.cnf') };
    this.write(
      'openssl.cnf',
      [
        'openssl_conf = all',
        '[all]',
        'engines = engines',
        '[engines]',
        'gost = gost',
        '[gost]',
        'engine_id = gost',
        `dynamic_path = ${engine}`,
        'default_algorithms = ALL',
        '',
      ].join('\n'),
    );
    // For -config of req, which would load the engine a second time from the file above.
    this.write(
      'req.cnf',
      [
        '[req]',
        'distinguished_name = name',
        '[name]',
        '[ca]',
        'basicConstraints = critical, CA:TRUE',
        'keyUsage = critical, keyCertSign, digitalSignature',
        'subjectKeyIdentifier = hash',
        '',
      ].join('\n'),
    );
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  /** What openssl answers to these words; names of files are those of the folder. */
  ask(...words: string[]): { readonly good: boolean; readonly said: string } {
    const { status, stdout, stderr } = spawnSync('openssl', words, {
      cwd: this.folder,
      env: { ...process.env, ...this.#environment },
      encoding: 'utf8',
    });
    return { good: status === 0, said: stdout + stderr };
  }

  /** @throws Error with what openssl said */
  run(...words: string[]): string {
    const { good, said } = this.ask(...words);
    if (!good) throw new Error(`openssl ${words.join(' ')}:\n${said}`);
    return said;
  }

  /** Starts openssl and lets it run. */
  begin(...words: string[]): ChildProcess {
    return spawn('openssl', words, {
      cwd: this.folder,
      env: { ...process.env, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  end(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Digests by the engine through node:crypto, in a process of its own: an engine is for good. */
export function engineDigests(
  engine: string,
  algorithm: string,
  messages: readonly Uint8Array[],
): string[] {
  const script = `
    const crypto = require('node:crypto');
    crypto.setEngine(${JSON.stringify(engine)}, crypto.constants.ENGINE_METHOD_ALL);
    const messages = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
    process.stdout.write(JSON.stringify(messages.map((message) =>
      crypto.createHash('${algorithm}').update(message, 'base64').digest('hex'))));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    input: JSON.stringify(messages.map((message) => Buffer.from(message).toString('base64'))),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`the engine does not digest:\n${stderr}`);
  return JSON.parse(stdout);
}
