import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';

/** A part as it stands in a body: its header lines and its octets, transfer encoding and all. */
export interface WrittenPart {
  readonly headers: readonly string[];
  readonly octets: string | Uint8Array;
}

export function freshBoundary(): string {
  return `b${randomBytes(12).toString('hex')}`;
}

/** Parts between their boundaries, in the order given; nothing is checked. */
export function writtenBody(boundary: string, parts: readonly WrittenPart[], end = true): Buffer {
  const pieces = parts.flatMap(({ headers, octets }) => [
    Buffer.from(['', `--${boundary}`, ...headers, '', ''].join('\r\n')),
    Buffer.from(octets),
  ]);
  const last = end ? `\r\n--${boundary}--\r\n` : '';
  return Buffer.concat([...pieces, Buffer.from(last)]);
}

/** The root part of MTOM. */
export function rootPart(envelope: string): WrittenPart {
  return {
    headers: ['Content-Type: application/xop+xml; charset=UTF-8; type="text/xml"'],
    octets: envelope,
  };
}

export function filePart(contentId: string, octets: string | Uint8Array): WrittenPart {
  return {
    headers: ['Content-Type: application/octet-stream', `Content-ID: <${contentId}>`],
    octets,
  };
}

export function relatedType(boundary: string, more = ''): string {
  return `multipart/related; type="application/xop+xml"; start-info="text/xml"; boundary="${boundary}"${more}`;
}

/**
 * Posts by hand: the Content-Length may lie. Resolves with what came when the peer closes.
 *
 * @param contentLength as it is announced
 */
export function postRaw(
  url: string,
  contentType: string,
  body: Uint8Array,
  contentLength: number,
): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const came: Buffer[] = [];
    const head = [
      `POST ${pathname} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      `Content-Type: ${contentType}`,
      `Content-Length: ${contentLength}`,
      'Connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(body);
    socket.on('data', (chunk) => came.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(came).toString()));
  });
}

/** What an answer says, and whether it came before the body was sent. */
export interface EarlyAnswer {
  readonly text: string;
  readonly sentBytes: number;
}

/**
 * Sends the beginning and then this chunk again and again, until it is answered: there is no end of the
 * body.
 *
 * @throws Error after that many bytes without an answer
 */
export function postEndless(
  url: string,
  contentType: string,
  beginning: Uint8Array,
  chunk: Uint8Array,
  bytesMax: number,
): Promise<EarlyAnswer> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', headers: { 'Content-Type': contentType } });
    let sentBytes = beginning.byteLength;
    let answered = false;
    const goOn = () => {
      if (answered) return;
      if (sentBytes > bytesMax) {
        sending.destroy(new Error(`no answer after ${sentBytes} bytes`));
        return;
      }
      sentBytes += chunk.byteLength;
      sending.write(chunk, () => setImmediate(goOn));
    };
    sending.on('response', async (response) => {
      answered = true;
      const came: Buffer[] = [];
      for await (const piece of response as AsyncIterable<Buffer>) came.push(piece);
      resolve({ text: Buffer.concat(came).toString(), sentBytes });
      sending.destroy();
    });
    sending.on('error', reject);
    sending.write(beginning, goOn);
  });
}
