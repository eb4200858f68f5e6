import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Database, openDatabase } from '../src/store/database.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../test/harness/node.ts';
import { freshPostgres } from '../test/harness/postgres.ts';
import { startRedis } from '../test/harness/redis.ts';

export type Kind = 'embedded' | 'production';

/** Processes of Mezhved with the services below them, with the settings that come by default. */
export interface Installation {
  readonly url: string;
  readonly database: Database;
  /** CPU time of its processes of Mezhved so far, s. */
  cpu(): number;
  stop(): Promise<void>;
}

/** How types are declared: given a folder, the file for `apply`. */
type Declare = (folder: string) => Promise<string>;

/** Embedded: one process. Production: a node and two workers; undefined where a service is missing. */
export async function startInstallation(
  kind: Kind,
  declare: Declare,
): Promise<Installation | undefined> {
  const end: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const each of end.splice(0).reverse()) await each();
  };
  try {
    const folder = await temporaryFolder();
    end.push(folder.remove);
    const services = kind === 'embedded' ? {} : await startServices(end);
    if (services === undefined) {
      await stop();
      return undefined;
    }
    const config = join(folder.path, 'config.yaml');
    const serve = kind === 'embedded';
    await writeFile(config, stringify({ log: { level: 'error' }, delivery: { serve } }));
    const env = { MEZHVED_CONFIG: config, ...services };
    const data = join(folder.path, 'data');
    const { code, stderr } = await mezhved(['apply', await declare(folder.path)], {
      ...{ MEZHVED_DATA: data },
      ...env,
    });
    if (code !== 0) throw new Error(`apply: ${stderr}`);
    const node = await startNode(data, env);
    end.push(() => node.stop());
    const processes = [node];
    for (const name of kind === 'embedded' ? [] : ['worker-1', 'worker-2']) {
      const worker = await startNode(join(folder.path, name), env, ['worker']);
      end.push(() => worker.stop());
      processes.push(worker);
    }
    const inData = `sqlite:${join(data, 'mezhved.db')}`;
    const database = openDatabase(services['MEZHVED_DATABASE_URL'] ?? inData);
    end.push(() => database.close());
    return { url: node.url, database, stop, cpu: () => cpuOfAll(processes) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServices(
  end: (() => Promise<unknown>)[],
): Promise<NodeJS.ProcessEnv | undefined> {
  const postgres = await freshPostgres();
  if (postgres === undefined) {
    process.stdout.write('SKIPPED: PostgreSQL: install the Debian package postgresql\n');
    return undefined;
  }
  end.push(() => postgres.drop());
  const redis = await startRedis({ appendonly: true });
  if (redis === undefined) return undefined;
  end.push(() => redis.stop());
  return { MEZHVED_DATABASE_URL: postgres.url, MEZHVED_REDIS_URL: redis.url };
}

function cpuOfAll(processes: readonly NodeProcess[]): number {
  return processes.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
}

/** User and system time of a process with all its threads, in seconds (proc(5), stat). */
export function cpuOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Time that the cores of the machine spent at work, for whomever, and in all, in seconds. */
export function machineTime(): { readonly busy: number; readonly all: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  const numbers = line.split(/\s+/).slice(1, 9).map(Number);
  const all = numbers.reduce((sum, each) => sum + each, 0) / 100;
  const [, , , idle = 0, waiting = 0] = numbers;
  return { busy: all - (idle + waiting) / 100, all };
}
