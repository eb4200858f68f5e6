import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The wall clock of child processes, which can be set while they run. */
export interface FalseClock {
  /** For the child's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets it so much ahead of the true time, or behind where negative. The monotonic clock goes on. */
  set(offsetMs: number): void;
  remove(): Promise<void>;
}

/** Undefined where libfaketime is not installed, and then says so. */
export async function falseClock(): Promise<FalseClock | undefined> {
  const library = libraries().at(0);
  if (library === undefined) {
    process.stdout.write('SKIPPED: clock set back: install the Debian package faketime\n');
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'mezhved-clock-'));
  const file = join(folder, 'time');
  const set = (offsetMs: number) => {
    const seconds = offsetMs / 1000;
    writeFileSync(`${file}.new`, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds).toFixed(3)}\n`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      // Read the file at every look at the clock.
      FAKETIME_NO_CACHE: '1',
      // Timers and timeouts run on the monotonic clock, which no administrator sets.
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_RESET: '1',
    },
    set,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function libraries(): string[] {
  const folders = ['/usr/lib', '/usr/local/lib', ...subfolders('/usr/lib')];
  return folders.flatMap((folder) =>
    subfolders(folder)
      .filter((path) => path.endsWith('/faketime'))
      .flatMap(subfolders)
      .filter((path) => path.endsWith('/libfaketimeMT.so.1')),
  );
}

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}
