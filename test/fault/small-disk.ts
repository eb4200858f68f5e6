import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  /** In mebibytes. */
  grow(to: number): void;
  remove(): void;
}

/** A disk of its own of that size. @throws Error where this user may not mount one */
export function smallDisk(path: string, mebibytes: number): SmallDisk {
  const mount = (...options: string[]) =>
    execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'mezhved-test', path], {
      stdio: 'pipe',
    });
  mount(`size=${mebibytes}m`);
  return {
    grow: (to) => {
      mount('remount', `size=${to}m`);
    },
    remove: () => {
      execFileSync('umount', ['-l', path], { stdio: 'pipe' });
    },
  };
}

/** Prints why and skips the test where this user may not mount a disk. */
export function needSmallDisk(context: Mocha.Context): void {
  const path = mkdtempSync(join(tmpdir(), 'mezhved-'));
  try {
    smallDisk(path, 1).remove();
  } catch {
    process.stdout.write('SKIPPED: a full disk: only root may mount a small one\n');
    context.skip();
  } finally {
    rmdirSync(path);
  }
}
