import { blanksEnd, carriageReturn, lineEndLength, lineFeed } from './lines.ts';
import { MultipartError } from './multipart-error.ts';

/**
 * What a search found: data up to `dataEnd`, then perhaps a delimiter. Where there is none, what
 * stands from `dataEnd` on may be the beginning of one, and belongs before the next chunk.
 */
export interface Found {
  readonly dataEnd: number;
  readonly line?: BoundaryLine;
}

interface BoundaryLine {
  /** The first octet after its line end. */
  readonly end: number;
  /** No part follows. */
  readonly close: boolean;
}

type LineFound = BoundaryLine | 'begun' | 'data';

const dash = 0x2d;
/** The two dashes of a close and the blanks that a transport added. */
const lineRestMax = 256;

/**
 * The boundary as it may stand in a body (RFC 2046 §5.1.1): 1 to 70 characters of its alphabet, no
 * blank at the end.
 *
 * @throws MultipartError boundary-missing, boundary-malformed
 */
export function checkedBoundary(boundary: string | undefined): string {
  if (boundary === undefined) throw new MultipartError('boundary-missing');
  if (!/^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary)) {
    throw new MultipartError('boundary-malformed');
  }
  return boundary;
}

/** Finds the lines that are delimiters. The line end before the dashes belongs to the delimiter. */
export class Delimiter {
  readonly #dashes: Buffer;
  readonly #afterLine: Buffer;
  /** More octets than the beginning of a delimiter has without telling whether it is one. */
  readonly longest: number;

  /** @throws MultipartError boundary-missing, boundary-malformed */
  constructor(boundary: string | undefined) {
    this.#dashes = Buffer.from(`--${checkedBoundary(boundary)}`);
    this.#afterLine = Buffer.concat([Buffer.of(lineFeed), this.#dashes]);
    this.longest = 1 + this.#afterLine.length + lineRestMax + 2;
  }

  /**
   * @param lineStart whether a line begins with the first octet, so that dashes may stand there
   * @param atEnd whether nothing follows, so that a close needs no line end
   * @throws MultipartError boundary-line-too-long
   */
  find(bytes: Buffer, lineStart: boolean, atEnd: boolean): Found {
    const first = lineStart ? this.#lineAt(bytes, 0, atEnd) : 'data';
    if (first !== 'data') return found(0, first);
    let from = 0;
    for (;;) {
      const lineEnd = bytes.indexOf(this.#afterLine, from);
      if (lineEnd < 0) return { dataEnd: this.#begunAt(bytes) };
      const line = restOfLine(bytes, lineEnd + this.#afterLine.length, atEnd);
      if (line !== 'data') return found(withCarriageReturn(bytes, lineEnd), line);
      from = lineEnd + 1;
    }
  }

  #lineAt(bytes: Buffer, at: number, atEnd: boolean): LineFound {
    const dashes = bytes.subarray(at, at + this.#dashes.length);
    if (!this.#dashes.subarray(0, dashes.length).equals(dashes)) return 'data';
    if (dashes.length < this.#dashes.length) return 'begun';
    return restOfLine(bytes, at + dashes.length, atEnd);
  }

  /** Where the last octets begin what may become a delimiter; the length where they do not. */
  #begunAt(bytes: Buffer): number {
    const tail = bytes.subarray(-(this.#afterLine.length - 1));
    const lineEnd = tail.lastIndexOf(lineFeed);
    const begun = tail.subarray(lineEnd);
    if (lineEnd >= 0 && this.#afterLine.subarray(0, begun.length).equals(begun)) {
      return withCarriageReturn(bytes, bytes.length - begun.length);
    }
    return withCarriageReturn(bytes, bytes.length);
  }
}

/** Octets that only begin with the boundary are data (RFC 2046 §5.1.1). */
function restOfLine(bytes: Buffer, after: number, atEnd: boolean): LineFound {
  if (bytes[after] === dash && after + 1 === bytes.length) return 'begun';
  const close = bytes[after] === dash && bytes[after + 1] === dash;
  const end = blanksEnd(bytes, close ? after + 2 : after);
  if (end - after > lineRestMax) throw new MultipartError('boundary-line-too-long');
  const lineEnd = lineEndLength(bytes, end);
  if (lineEnd === 0) return 'data';
  if (lineEnd !== undefined) return { end: end + lineEnd, close };
  return atEnd && close ? { end: bytes.length, close } : 'begun';
}

function withCarriageReturn(bytes: Buffer, lineEnd: number): number {
  return bytes[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
}

function found(dataEnd: number, line: BoundaryLine | 'begun'): Found {
  return line === 'begun' ? { dataEnd } : { dataEnd, line };
}
