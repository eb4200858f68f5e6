import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Answer } from '../harness/client.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { freshPostgres } from '../harness/postgres.ts';

export type Store = 'sqlite' | 'postgres';

/** A node that is killed and started again over the same data; its address changes each time. */
export class MortalNode {
  #node: NodeProcess;
  /** Resolves once the node that was started last is up. */
  #up: Promise<unknown> = Promise.resolve();
  readonly #config: string;
  readonly #remove: () => Promise<void>;

  /** undefined where the store is not installed. */
  static async start(store: Store, config: object): Promise<MortalNode | undefined> {
    const database = store === 'postgres' ? await freshPostgres() : undefined;
    if (store === 'postgres' && database === undefined) return undefined;
    const folder = await temporaryFolder();
    const file = join(folder.path, 'config.yaml');
    await writeFile(file, textOf(config));
    const node = await startNode(folder.path, {
      MEZHVED_CONFIG: file,
      ...(database === undefined ? {} : { MEZHVED_DATABASE_URL: database.url }),
    });
    return new MortalNode(node, file, async () => {
      await folder.remove();
      await database?.drop();
    });
  }

  private constructor(node: NodeProcess, config: string, remove: () => Promise<void>) {
    this.#node = node;
    this.#config = config;
    this.#remove = remove;
  }

  get url(): string {
    return this.#node.url;
  }

  /** Of the file store, where the configuration opens it. */
  get storeUrl(): string {
    return this.#node.storeUrl;
  }

  get filesFolder(): string {
    return join(this.#node.data, 'files');
  }

  get databaseUrl(): string {
    return (
      this.#node.env['MEZHVED_DATABASE_URL'] ?? `sqlite:${join(this.#node.data, 'mezhved.db')}`
    );
  }

  /** kill -9, and a start over what it left; with another configuration where one is given. */
  async killAndRestart(config?: object): Promise<void> {
    const { data, env } = this.#node;
    const next = this.#node.kill().then(async () => {
      if (config !== undefined) await writeFile(this.#config, textOf(config));
      this.#node = await startNode(data, databaseOf(env, this.#config));
    });
    this.#up = next;
    await next;
  }

  /**
   * Makes a call until the whole answer came. After a broken connection it waits for the node and
   * calls again, unless `goOn` says that the caller lost its patience: then undefined.
   */
  async callUntilAnswered(
    call: (url: string) => Promise<Answer>,
    goOn: () => boolean = () => true,
  ): Promise<Answer | undefined> {
    for (;;) {
      try {
        const answer = await call(this.url);
        if (answer.status !== 503) return answer;
        await wait(50);
      } catch (error) {
        // What fetch throws where the connection broke, before or in the answer.
        if (!(error instanceof TypeError)) throw error;
        if (!goOn()) return undefined;
        await this.#up;
      }
    }
  }

  async journalVerdict(): Promise<{ ok: boolean; entries: number; problems: unknown[] }> {
    const { stdout, stderr } = await mezhved(['journal', 'verify', '--json'], this.#node.env);
    if (stdout === '') throw new Error(`journal verify: ${stderr}`);
    return JSON.parse(stdout);
  }

  async stop(): Promise<number | null> {
    await this.#up;
    return this.#node.stop();
  }

  /** Stops what runs and removes what it left. */
  async end(): Promise<void> {
    await this.#node.kill();
    await this.#remove();
  }
}

function textOf(config: object): string {
  return stringify({ log: { level: 'error' }, ...config });
}

function databaseOf(env: NodeJS.ProcessEnv, config: string): NodeJS.ProcessEnv {
  const url = env['MEZHVED_DATABASE_URL'];
  return { MEZHVED_CONFIG: config, ...(url === undefined ? {} : { MEZHVED_DATABASE_URL: url }) };
}
