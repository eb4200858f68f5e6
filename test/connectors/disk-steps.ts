import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const calls = ['open', 'rename', 'mkdir', 'unlink', 'lstat', 'stat', 'opendir', 'rm'] as const;
const handleCalls = ['writeFile', 'sync', 'close', 'read', 'stat'] as const;

type Call = (...args: unknown[]) => unknown;

/**
 * Calls `step` before everything that node:fs/promises is asked to do, until it is told to stop. What
 * `step` throws, the asker gets.
 */
export async function onEachDiskStep(step: (call: string) => void): Promise<() => void> {
  const handle = await fs.promises.open('/dev/null');
  const prototype = Object.getPrototypeOf(handle) as Record<string, Call>;
  await handle.close();
  const undo = [
    ...calls.map((name) => wrap(fs.promises as unknown as Record<string, Call>, name, step)),
    ...handleCalls.map((name) => wrap(prototype, name, step)),
  ];
  syncBuiltinESMExports();
  return () => {
    for (const one of undo) one();
    syncBuiltinESMExports();
  };
}

function wrap(holder: Record<string, Call>, name: string, step: (call: string) => void) {
  const real = holder[name] as Call;
  holder[name] = async function (this: unknown, ...args: unknown[]) {
    step(name);
    return real.apply(this, args);
  };
  return () => {
    holder[name] = real;
  };
}
