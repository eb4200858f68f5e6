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

/**
 * The other parts of a captured multipart message by Content-ID, without < and >; base64 is decoded
 * (RFC 2045 §6). Empty for a file that is XML alone.
 */
export function capturedParts(bytes: Buffer): Map<string, Buffer> {
  const parts = new Map<string, Buffer>();
  const text = bytes.toString('latin1');
  for (const match of text.matchAll(part)) {
    const id = /^content-id:\s*<?([^>\r\n]+)>?/im.exec(match[0])?.[1]?.trim();
    const start = match.index + match[0].length;
    const end = text.indexOf(`\n--${match[1]}`, start);
    if (id === undefined || end < 0) continue;
    const content = bytes.subarray(start, text[end - 1] === '\r' ? end - 1 : end);
    const encoded = /^content-transfer-encoding:\s*base64/im.test(match[0]);
    parts.set(id, encoded ? Buffer.from(content.toString('latin1'), 'base64') : content);
  }
  return parts;
}
