import { lineFeed } from './lines.ts';
import { MultipartError } from './multipart-error.ts';
import { type TransferEncoding, transferEncoding } from './transfer-decoding.ts';

/** What the headers of a part say of it; other headers are not kept. */
export interface PartHeaders {
  /** Without < and >. */
  readonly contentId?: string;
  /** As it came; `parseMediaType` reads it. */
  readonly contentType?: string;
  readonly encoding: TransferEncoding;
  readonly location?: string;
  /** Content-Disposition as it came. */
  readonly disposition?: string;
}

const field = /^([!-9;-~]+):/;
const control = /[^\P{Cc}\t]/u;
const kept = [
  'content-id',
  'content-type',
  'content-transfer-encoding',
  'content-location',
  'content-disposition',
];

/** Reads the header blocks of parts, one after another, from chunks that end anywhere. */
export class PartHeaderReader {
  readonly #block: Buffer;
  #length = 0;
  #lineStart = 0;
  #lines: string[] = [];

  /** @param bytesMax of a block with its line ends */
  constructor(bytesMax: number) {
    this.#block = Buffer.alloc(bytesMax);
  }

  get heldBytes(): number {
    return this.#length;
  }

  /**
   * Takes up to the blank line that ends the block; then `headers` are there, and the next block may
   * begin. Header names are case-insensitive, values may be folded (RFC 5322 §2.2). A line may end in
   * a bare LF.
   *
   * @throws MultipartError headers-too-large, header-malformed, header-repeated, content-id-malformed,
   *   transfer-encoding-unknown
   */
  take(bytes: Buffer): { readonly used: number; readonly headers?: PartHeaders } {
    let used = 0;
    while (used < bytes.length) {
      const lineEnd = bytes.indexOf(lineFeed, used);
      const end = lineEnd < 0 ? bytes.length : lineEnd + 1;
      this.#keep(bytes.subarray(used, end));
      used = end;
      if (lineEnd >= 0 && this.#endLine()) return { used, headers: this.#endBlock() };
    }
    return { used };
  }

  #keep(bytes: Buffer): void {
    if (this.#length + bytes.length > this.#block.length) {
      throw new MultipartError('headers-too-large', `${this.#block.length}`);
    }
    this.#block.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** @returns whether the line was the blank one */
  #endLine(): boolean {
    // RFC 6532 §3.2: what is not ASCII is UTF-8.
    const line = this.#block.toString('utf8', this.#lineStart, this.#length - 1).replace(/\r$/, '');
    this.#lineStart = this.#length;
    if (line === '') return true;
    const isFolded = /^[ \t]/.test(line);
    const before = isFolded ? this.#lines.pop() : '';
    if (before === undefined || control.test(line) || !(isFolded || field.test(line))) {
      throw new MultipartError('header-malformed', `${this.#lines.length + 1}`);
    }
    this.#lines.push(before + line);
    return false;
  }

  #endBlock(): PartHeaders {
    const lines = this.#lines;
    this.#lines = [];
    this.#length = 0;
    this.#lineStart = 0;
    return partHeaders(lines);
  }
}

function partHeaders(lines: readonly string[]): PartHeaders {
  const values = new Map<string, string>();
  for (const line of lines) {
    const [all = '', name = ''] = field.exec(line.toLowerCase()) ?? [];
    if (!kept.includes(name)) continue;
    if (values.has(name)) throw new MultipartError('header-repeated', name);
    values.set(name, line.slice(all.length).trim());
  }
  const id = values.get('content-id');
  const contentType = values.get('content-type');
  const location = values.get('content-location');
  const disposition = values.get('content-disposition');
  return {
    ...(id === undefined ? {} : { contentId: bareContentId(id) }),
    ...(contentType === undefined ? {} : { contentType }),
    encoding: transferEncoding(values.get('content-transfer-encoding')),
    ...(location === undefined ? {} : { location }),
    ...(disposition === undefined ? {} : { disposition }),
  };
}

// RFC 2045 §7 asks for < and >; some clients leave them out.
function bareContentId(value: string): string {
  const id = /^<(.*)>$/.exec(value)?.[1] ?? value;
  checkContentId(id);
  return id;
}

/**
 * 1 to 1000 characters, no < or >. More than RFC 2392 has is let through, blanks inside too: clients
 * make ids of file names.
 *
 * @throws MultipartError content-id-malformed
 */
export function checkContentId(id: string): void {
  if (!/^(?! )[^<>\p{Cc}\p{Cs}]{1,1000}(?<! )$/u.test(id)) {
    throw new MultipartError('content-id-malformed');
  }
}
