/** 100 ns intervals between 1582-10-15 and 1970-01-01 (RFC 4122 §4.1.4). */
const gregorianOffset = 122_192_928_000_000_000n;

const v1 = /^([0-9a-f]{8})-([0-9a-f]{4})-1([0-9a-f]{3})-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The time inside a version 1 UUID (RFC 4122 §4.2) in ms UTC, or undefined for any other text:
 * lower case is demanded, as the schema does.
 */
export function messageIdTime(id: string): number | undefined {
  const parts = v1.exec(id);
  if (parts === null) return undefined;
  const [, low, middle, high] = parts;
  const intervals = BigInt(`0x${high}${middle}${low}`);
  return Number((intervals - gregorianOffset) / 10_000n);
}

/**
 * A version 1 UUID of this moment. The node part is random with the multicast bit set, as RFC 4122
 * §4.5 has it for makers without a network card's address.
 *
 * @param now ms UTC
 * @param random 8 bytes: two for the clock sequence, six for the node; the sub-millisecond part of
 *   the time is taken from them too, so that ids of one millisecond differ
 */
export function newMessageId(now: number, random: Uint8Array): string {
  const bytes = Buffer.from(random);
  const within = BigInt(bytes.readUInt16BE(0) % 10_000);
  const intervals = BigInt(now) * 10_000n + gregorianOffset + within;
  const time = intervals.toString(16).padStart(15, '0');
  const sequence = ((bytes.readUInt16BE(2) & 0x3fff) | 0x8000).toString(16);
  bytes[2] = (bytes[2] ?? 0) | 0x01;
  const node = bytes.subarray(2, 8).toString('hex');
  return `${time.slice(7)}-${time.slice(3, 7)}-1${time.slice(0, 3)}-${sequence}-${node}`;
}
