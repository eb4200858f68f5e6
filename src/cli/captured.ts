/** XML bytes found in a file, and how many lines stand before them. */
export interface Captured {
  readonly xml: Uint8Array;
  readonly linesBefore: number;
}

const part = /^--(\S[^\r\n]*)\r?\n(?:[\w-]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*\r?\n/gm;

/**
 * The XML in a file: the file itself, without the byte order mark that editors leave; or the root
 * part of a multipart HTTP message that somebody captured (RFC 2046 §5.1, XOP 1.0 §4.1).
 */
export function capturedXml(bytes: Buffer): Captured {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const xml = marked ? bytes.subarray(3) : bytes;
  if (/^\s*</.test(xml.subarray(0, 1000).toString('latin1'))) return { xml, linesBefore: 0 };
  return rootPart(xml) ?? { xml, linesBefore: 0 };
}

function rootPart(bytes: Buffer): Captured | undefined {
  const text = bytes.toString('latin1');
  for (const match of text.matchAll(part)) {
    const start = match.index + match[0].length;
    if (text[start] !== '<') continue;
    const end = text.indexOf(`\n--${match[1]}`, start);
    const xml = bytes.subarray(start, end < 0 ? undefined : end);
    return { xml, linesBefore: text.slice(0, start).split('\n').length - 1 };
  }
  return undefined;
}
