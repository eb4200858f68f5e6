const declaration = /^<\?xml[^>]*?\?>/;
const encodingOf = /\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/;

/**
 * Schemas that partners send may be windows-1251 or UTF-16, or begin with a byte order mark
 * (XML 1.0 §4.3.3); the same text in UTF-8, its declaration saying so. What cannot be decoded comes
 * back as it is, for the reader to refuse.
 */
export function toUtf8(bytes: Uint8Array): Uint8Array {
  const encoding = declared(bytes);
  if (encoding === undefined) return bytes;
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    const head = declaration.exec(text)?.[0];
    if (head === undefined) return Buffer.from(text);
    return Buffer.from(head.replace(encodingOf, ' encoding="UTF-8"') + text.slice(head.length));
  } catch {
    return bytes;
  }
}

/** The encoding to decode from; undefined where the bytes are plain UTF-8. */
function declared(bytes: Uint8Array): string | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  const head = declaration.exec(Buffer.from(bytes.subarray(0, 200)).toString('latin1'))?.[0];
  const name = head === undefined ? undefined : encodingOf.exec(head)?.[1]?.toLowerCase();
  return name === 'utf-8' ? undefined : name;
}
