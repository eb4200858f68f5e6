import { blanksEnd, carriageReturn, lineEndLength, space, tab } from './lines.ts';
import { MultipartError } from './multipart-error.ts';

const equals = 0x3d;
// A line has 76 characters at most (RFC 2045 §6.7 (5)). Blanks are held until something follows them.
const blanksMax = 999;
const nothing = new Uint8Array();

/** Undoes quoted-printable (RFC 2045 §6.7); a TransferDecoder. Line breaks stay as they came. */
export class QuotedPrintableDecoder {
  /** What may go on in the next chunk: an escape, a soft break, blanks that may end a line. */
  #held: Uint8Array = nothing;

  decode(chunk: Uint8Array): Uint8Array {
    // Nothing means more octets than it has, so the meaning is written over what was read.
    const bytes = Buffer.concat([this.#held, chunk]);
    let written = 0;
    let at = 0;
    while (at < bytes.length) {
      const octet = bytes[at] ?? 0;
      let end: number | undefined = at + 1;
      if (octet === equals) {
        const pair = hexPair(bytes, at + 1);
        if (pair !== undefined) bytes[written++] = pair;
        end = pair === undefined ? softBreakEnd(bytes, at) : at + 3;
      } else if (octet === tab || octet === space) {
        end = fewBlanksEnd(bytes, at);
        const lineEnd = lineEndLength(bytes, end);
        if (lineEnd === undefined) end = undefined;
        else if (lineEnd === 0) while (at < end) bytes[written++] = bytes[at++] ?? 0;
      } else {
        bytes[written++] = octet;
      }
      if (end === undefined) break;
      at = end;
    }
    this.#held = Uint8Array.from(bytes.subarray(at));
    return bytes.subarray(0, written);
  }

  end(): Uint8Array {
    if (this.#held[0] === equals) malformed('escape');
    // Blanks at the end of the content end its last line, but no line ends in a bare CR.
    return this.#held.at(-1) === carriageReturn ? this.#held : nothing;
  }
}

function hexPair(bytes: Buffer, at: number): number | undefined {
  const high = hexValue(bytes[at]);
  const low = hexValue(bytes[at + 1]);
  return high < 0 || low < 0 ? undefined : high * 16 + low;
}

function hexValue(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

/** Where the line after `=` begins; undefined where the chunk ends before that is known. */
function softBreakEnd(bytes: Buffer, at: number): number | undefined {
  if (at + 2 === bytes.length && hexValue(bytes[at + 1]) >= 0) return undefined;
  const end = fewBlanksEnd(bytes, at + 1);
  const lineEnd = lineEndLength(bytes, end);
  if (lineEnd === 0) malformed('escape');
  return lineEnd === undefined ? undefined : end + lineEnd;
}

function fewBlanksEnd(bytes: Buffer, from: number): number {
  const end = blanksEnd(bytes, from);
  if (end - from > blanksMax) malformed('too many blanks');
  return end;
}

function malformed(detail: string): never {
  throw new MultipartError('quoted-printable-malformed', detail);
}
