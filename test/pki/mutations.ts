import fc from 'fast-check';

/** One harm to octets: where, as a part of their length, and what. */
export type Mutation = readonly [
  kind: 'set' | 'cut' | 'drop' | 'put',
  at: number,
  octets: Uint8Array,
];

// Lengths and tags that mislead readers: long, indefinite, of several octets.
const hostile = fc.constantFrom(
  ...['80', '84ffffffff', '83ffffff', '88ffffffffffffffff', '8100', '1f', 'bf8f', '3080', '0000'],
  ...[`06${'8a'.repeat(60)}`, `0680${'ff'.repeat(20)}01`, '0200', '0300', '0500', 'ff'],
);

const octets = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3 }),
  hostile.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))),
);

export const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.constantFrom('set' as const, 'set' as const, 'cut' as const, 'drop' as const, 'put' as const),
  fc.double({ min: 0, max: 1, noNaN: true }),
  octets,
);

/** The octets after all harms, one after another. */
export function mutated(bytes: Buffer, mutations: readonly Mutation[]): Buffer {
  return mutations.reduce((from, [kind, part, change]) => {
    const at = Math.floor(part * from.length);
    const before = from.subarray(0, at);
    if (kind === 'cut') return before;
    if (kind === 'put') return Buffer.concat([before, change, from.subarray(at)]);
    const after = from.subarray(at + change.length);
    return kind === 'drop'
      ? Buffer.concat([before, after])
      : Buffer.concat([before, change, after]);
  }, bytes);
}
