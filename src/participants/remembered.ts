import { createHash } from 'node:crypto';

/**
 * Reads octets once and gives the same again: what is long, and seldom changes when something else does.
 *
 * @param most how many are remembered; the oldest are forgotten
 */
export function remembering<T>(read: (der: Uint8Array) => T, most: number): (der: Uint8Array) => T {
  const known = new Map<string, T>();
  return (der) => {
    const hash = createHash('sha256').update(der).digest('hex');
    const before = known.get(hash);
    if (before !== undefined) return before;
    const value = read(der);
    if (known.size >= most) known.delete(known.keys().next().value ?? '');
    known.set(hash, value);
    return value;
  };
}
