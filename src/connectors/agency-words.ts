/** Most characters of an agency's words that go on to the sender. */
const wordsMax = 4000;

/** An agency's words as XML can hold them; undefined where there are none. */
export function agencyWords(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const plain = value
    .slice(0, wordsMax)
    .replace(/[^\t\n\r\x20-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .trim();
  return plain === '' ? undefined : plain;
}
