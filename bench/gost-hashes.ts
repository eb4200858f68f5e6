import { spawnSync } from 'node:child_process';
import { constants, createHash, randomBytes, setEngine } from 'node:crypto';
import { type GostHash, gostDigest } from '../src/gost/digest.ts';
import { gostEngine } from '../test/harness/gost-engine.ts';

const sizes = [
  { name: '3 KB', octets: 3000, times: 200 },
  { name: '100 KB', octets: 100_000, times: 8 },
  { name: '5 MB', octets: 5_000_000, times: 1 },
];
const hashes: readonly (readonly [GostHash, string])[] = [
  ['streebog256', 'md_gost12_256'],
  ['streebog512', 'md_gost12_512'],
];

/**
 * Prints how fast GOST R 34.11-2012 is beside OpenSSL's engine: the median of rounds that take turns in
 * one process. It is a process of its own, since node:crypto never lets an engine go.
 */
export function benchGostHashes(): void {
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', import.meta.filename], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the measurement of GOST hashes failed');
}

function measure(rounds: number): void {
  const engine = gostEngine();
  if (engine === undefined) {
    process.stdout.write('SKIPPED: GOST hashes: install libengine-gost-openssl\n');
    return;
  }
  setEngine(engine, constants.ENGINE_METHOD_ALL);
  for (const [hash, name] of hashes) {
    for (const size of sizes) {
      const message = randomBytes(size.octets);
      const ours = () => gostDigest(hash, message);
      const theirs = () => createHash(name).update(message).digest();
      if (!ours().equals(theirs())) throw new Error(`${hash} differs from the engine`);
      const ratios: number[] = [];
      const rates: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const [a, b] = [timeOf(ours, size.times), timeOf(theirs, size.times)];
        ratios.push(b / a);
        rates.push((size.octets * size.times) / a / 1000);
      }
      process.stdout.write(
        `${hash} ${size.name}: ${median(ratios).toFixed(2)} of the engine's rate, ` +
          `${median(rates).toFixed(0)} MB/s\n`,
      );
    }
  }
}

/** Milliseconds. */
function timeOf(work: () => void, times: number): number {
  const from = performance.now();
  for (let time = 0; time < times; time += 1) work();
  return performance.now() - from;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

if (process.argv[1] === import.meta.filename) measure(31);
