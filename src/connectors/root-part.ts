import { ConnectorFailure } from './failure.ts';

const headerBytesMax = 16 * 1024;

/**
 * The XML of an answer that may have come as multipart/related (MTOM, RFC 2387): SMEV sends even an
 * empty queue so. The root is the first part, or the one that `start` names; other parts are not
 * read.
 *
 * @throws ConnectorFailure ANSWER_BROKEN
 */
export function rootPart(contentType: string, body: Buffer): Buffer {
  if (!/^\s*multipart\/related\s*(;|$)/i.test(contentType)) return body;
  const boundary = parameter(contentType, 'boundary');
  if (boundary === undefined || boundary.length > 70) throw broken('no boundary');
  const start = parameter(contentType, 'start');
  // The line break before a delimiter belongs to it (RFC 2046 §5.1.1); the first may stand alone.
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const alone = body.subarray(0, delimiter.byteLength - 2).equals(delimiter.subarray(2));
  let from = alone ? delimiter.byteLength - 2 : after(body, delimiter, 0);
  for (let end = body.indexOf(delimiter, from); from > 0 && end >= 0; ) {
    const part = body.subarray(from, end);
    const split = part.indexOf('\r\n\r\n');
    if (split < 0 || split > headerBytesMax) throw broken('a part without a header');
    const headers = part.subarray(0, split).toString('latin1');
    if (start === undefined || contentId(headers) === start) return part.subarray(split + 4);
    from = end + delimiter.byteLength;
    end = body.indexOf(delimiter, from);
  }
  throw broken('no root part');
}

function after(body: Buffer, delimiter: Buffer, start: number): number {
  const at = body.indexOf(delimiter, start);
  return at < 0 ? 0 : at + delimiter.byteLength;
}

function parameter(contentType: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(contentType);
  return found?.[1] ?? found?.[2];
}

function contentId(headers: string): string | undefined {
  return /^content-id:\s*(<[^>\r\n]*>)/im.exec(headers)?.[1];
}

function broken(why: string): ConnectorFailure {
  return new ConnectorFailure('ANSWER_BROKEN', `multipart/related: ${why}`);
}
