import type { KeyObject } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { privateKeyPem } from '../../src/pki/issuing-key.ts';

const chunkBytes = 8 << 20;
const needleBytes = 24;

/** What gives a key away: its numbers, either end first, and the text of its PEM. */
function needlesOf(key: KeyObject): Buffer[] {
  const { d, p, q } = key.export({ format: 'jwk' });
  const numbers = [d, p, q].filter((each) => each !== undefined);
  const octets = numbers.map((each) => Buffer.from(each, 'base64url'));
  const lines = privateKeyPem(key).split('\n');
  // Of RSA the beginning is public, of EC the end.
  const line = key.asymmetricKeyType === 'rsa' ? lines.at(-4) : lines[1];
  return [
    ...octets.map((each) => each.subarray(-needleBytes)),
    // OpenSSL keeps numbers as little-endian words.
    ...octets.map((each) => Buffer.from(each).reverse().subarray(0, needleBytes)),
    Buffer.from(line ?? ''),
  ];
}

function found(keys: readonly KeyObject[], has: (needle: Buffer) => boolean): KeyObject[] {
  return keys.filter((key) => needlesOf(key).some(has));
}

/** Which of the keys stand anywhere in the memory of a process or its children, threads included. */
export function memoryHas(pid: number, keys: readonly KeyObject[]): KeyObject[] {
  const seen = new Set<KeyObject>();
  for (const each of [pid, ...childrenOf(pid)]) {
    for (const chunk of memoryOf(each)) {
      for (const key of found(keys, (needle) => chunk.includes(needle))) seen.add(key);
    }
  }
  return keys.filter((key) => seen.has(key));
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter((word) => word !== '')
      .map(Number),
  );
}

/** All that is mapped and readable, with overlaps. */
function* memoryOf(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const chunk = Buffer.alloc(chunkBytes);
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? [];
      // No file of the system holds a key; what a process has written into one is anonymous.
      if (from === undefined || to === undefined || line.includes('[v')) continue;
      const end = Number(`0x${to}`);
      for (let at = Number(`0x${from}`); at < end; at += chunkBytes - 256) {
        const length = readOr(memory, chunk, Math.min(chunkBytes, end - at), at);
        if (length > 0) yield chunk.subarray(0, length);
      }
    }
  } finally {
    closeSync(memory);
  }
}

/** A mapping may be gone meanwhile. */
function readOr(memory: number, chunk: Buffer, length: number, at: number): number {
  try {
    return readSync(memory, chunk, 0, length, at);
  } catch {
    return 0;
  }
}

/** Files under a folder that hold one of the keys. */
export function filesWith(folder: string, keys: readonly KeyObject[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const octets = readFileSync(path);
      return found(keys, (needle) => octets.includes(needle)).length > 0;
    });
}
