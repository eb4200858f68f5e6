import { MultipartError } from '../../src/soap/multipart-error.ts';
import { type MultipartLimits, MultipartReader } from '../../src/soap/multipart-reader.ts';
import type { multipartHead } from '../../src/soap/multipart-writer.ts';
import type { PartHeaders } from '../../src/soap/part-headers.ts';

interface Part {
  readonly headers: PartHeaders;
  data: string;
  ended: boolean;
}

/** What a reader said of a body, and why it went no further; a part that did not end is not there. */
export interface Outcome {
  readonly parts: readonly Part[];
  readonly reason?: string;
  /** The most that was held between two chunks. */
  readonly held: number;
}

export const wide: MultipartLimits = {
  partsMax: 100,
  headerBytesMax: 2000,
  totalBytesMax: 1 << 30,
};

/** How many octets the next chunk has. */
export type Cut = () => number;

/** Reads a body in chunks; the memory of each is spoilt afterwards, as that of a socket is used again. */
export function read(
  boundary: string | undefined,
  body: Uint8Array,
  cut: Cut = () => body.length || 1,
  limits: MultipartLimits = wide,
): Outcome {
  const parts: Part[] = [];
  let held = 0;
  try {
    const reader = new MultipartReader(boundary, limits, {
      part: (headers) => parts.push({ headers, data: '', ended: false }),
      data: (chunk) => {
        const part = parts.at(-1);
        if (part === undefined || part.ended) throw new Error('data outside of a part');
        part.data += Buffer.from(chunk).toString('latin1');
      },
      partEnd: () => {
        const part = parts.at(-1);
        if (part === undefined || part.ended) throw new Error('the end of no part');
        part.ended = true;
      },
    });
    for (let at = 0; at < body.length; ) {
      const chunk = Uint8Array.from(body.subarray(at, at + cut()));
      reader.push(chunk);
      at += chunk.length;
      chunk.fill(0x2d);
      held = Math.max(held, reader.heldBytes);
    }
    reader.end();
    return { parts, held };
  } catch (error) {
    if (!(error instanceof MultipartError)) throw error;
    return { parts: parts.filter(({ ended }) => ended), held, reason: error.reason };
  }
}

/** What a writer's head asks to be sent, as one body. */
export function sent<P extends Parameters<typeof multipartHead>[2][number] & { data: Uint8Array }>(
  body: readonly (Uint8Array | P)[],
): Buffer {
  return Buffer.concat(body.map((piece) => (piece instanceof Uint8Array ? piece : piece.data)));
}
