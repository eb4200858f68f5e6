import { MultipartError } from './multipart-error.ts';
import { QuotedPrintableDecoder } from './quoted-printable.ts';

/** Undoes a Content-Transfer-Encoding. It keeps a few octets between chunks, whatever comes. */
export interface TransferDecoder {
  /**
   * @returns what is known so far; it may be a view of the chunk
   * @throws MultipartError base64-malformed, quoted-printable-malformed
   */
  decode(chunk: Uint8Array): Uint8Array;
  /**
   * The rest, when no more chunks come.
   *
   * @throws MultipartError as `decode`
   */
  end(): Uint8Array;
}

export type TransferEncoding = '7bit' | '8bit' | 'binary' | 'base64' | 'quoted-printable';

const nothing = new Uint8Array();
const asItIs: TransferDecoder = { decode: (chunk) => chunk, end: () => nothing };

const decoders: Readonly<Record<TransferEncoding, () => TransferDecoder>> = {
  '7bit': () => asItIs,
  '8bit': () => asItIs,
  binary: () => asItIs,
  base64: () => new Base64Decoder(),
  'quoted-printable': () => new QuotedPrintableDecoder(),
};

/**
 * The encoding that a header names (RFC 2045 §6.1); 7bit where there is no header.
 *
 * @throws MultipartError transfer-encoding-unknown
 */
export function transferEncoding(header = '7bit'): TransferEncoding {
  const name = header.trim().toLowerCase();
  if (Object.hasOwn(decoders, name)) return name as TransferEncoding;
  throw new MultipartError('transfer-encoding-unknown', name.slice(0, 40));
}

/** A new decoder, for one part. */
export function transferDecoder(encoding: TransferEncoding): TransferDecoder {
  return decoders[encoding]();
}

/** RFC 2045 §6.8, but without its leave to skip what is no base64. */
class Base64Decoder implements TransferDecoder {
  /** Fewer than four characters. */
  #held = '';
  #padded = false;

  decode(chunk: Uint8Array): Uint8Array {
    const raw = latin1(chunk);
    if (/[^A-Za-z0-9+/=\t\n\r ]/.test(raw)) malformed('foreign character');
    const text = this.#held + raw.replace(/[\t\n\r ]+/g, '');
    if (text === '') return nothing;
    if (this.#padded) malformed('data after padding');
    const padding = text.indexOf('=');
    const whole = text.length - (text.length % 4);
    if (padding < 0 || padding >= whole) return this.#take(text, whole);
    if (text.length > padding - (padding % 4) + 4) malformed('data after padding');
    checkPadded(text.slice(-4));
    this.#padded = true;
    return this.#take(text, whole);
  }

  end(): Uint8Array {
    if (this.#held !== '') malformed('incomplete');
    return nothing;
  }

  #take(text: string, whole: number): Uint8Array {
    this.#held = text.slice(whole);
    return Buffer.from(text.slice(0, whole), 'base64');
  }
}

/** Four characters with padding are good when they are what an encoder writes (RFC 4648 §3.5). */
function checkPadded(quad: string): void {
  if (Buffer.from(quad, 'base64').toString('base64') !== quad) malformed('padding');
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

function malformed(detail: string): never {
  throw new MultipartError('base64-malformed', detail);
}
