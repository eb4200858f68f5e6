import { execFileSync } from 'node:child_process';

/** A disk of its own of that size; undefined where this user may not mount one. */
export function smallDisk(path: string, mebibytes: number) {
  const mount = (...options: string[]) =>
    execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'mezhved-test', path], {
      stdio: 'pipe',
    });
  try {
    mount(`size=${mebibytes}m`);
  } catch {
    process.stdout.write('SKIPPED: a full disk: only root may mount a small one\n');
    return undefined;
  }
  return {
    grow: (to: number) => mount('remount', `size=${to}m`),
    remove: () => execFileSync('umount', ['-l', path], { stdio: 'pipe' }),
  };
}
