import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/clock.ts';
import type { FtpHost } from '../../src/ftp/host.ts';
import { type FtpServer, startFtpServer } from '../../src/ftp/server.ts';
import {
  type FtpLimits,
  type FtpSettings,
  type FtpTls,
  ftpLimits,
} from '../../src/ftp/settings.ts';
import { createLog, type Log } from '../../src/log.ts';
import { FolderHost } from './folder-host.ts';

export interface Wanted {
  readonly limits?: Partial<FtpLimits>;
  readonly settings?: Partial<Omit<FtpSettings, 'limits'>>;
  readonly tls?: FtpTls;
  readonly clock?: Clock;
  readonly host?: FtpHost;
}

export interface TestServer extends FtpServer {
  readonly host: FolderHost;
  /** What was logged. */
  readonly lines: string[];
}

/** Servers of one test, each over a folder of its own. */
export class TestServers {
  readonly #folders: string[] = [];
  readonly #servers: FtpServer[] = [];

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'mezhved-ftp-'));
    this.#folders.push(folder);
    return folder;
  }

  async start(wanted: Wanted = {}): Promise<TestServer> {
    const host = new FolderHost(this.folder());
    const lines: string[] = [];
    const server = await startFtpServer(
      {
        host: wanted.host ?? host,
        clock: wanted.clock ?? { now: () => Date.now() },
        log: logInto(lines),
        pick: (below) => Math.floor(Math.random() * below),
      },
      {
        host: '127.0.0.1',
        port: 0,
        passivePorts: { from: 0, to: 0 },
        tls: wanted.tls ?? { mode: 'off' },
        ...wanted.settings,
        limits: { ...ftpLimits, loginDelayMs: 1, ...wanted.limits },
      },
    );
    this.#servers.push(server);
    return { ...server, host, lines };
  }

  async end(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.close(0)));
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}

function logInto(lines: string[]): Log {
  return createLog({ level: 'debug' }, { write: (line: string) => lines.push(line) });
}

/** Until it holds; the test's own limit ends a wait that never does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Ports that this process listens on. */
export function listeners(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
}
