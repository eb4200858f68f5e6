import { Delimiter } from './delimiter.ts';
import { MultipartError } from './multipart-error.ts';
import { PartHeaderReader, type PartHeaders } from './part-headers.ts';
import { type TransferDecoder, transferDecoder } from './transfer-decoding.ts';

export interface MultipartLimits {
  readonly partsMax: number;
  /** Of the headers of one part, with their line ends. */
  readonly headerBytesMax: number;
  /** Of the decoded content of one part. */
  readonly partBytesMax?: number;
  /** Of everything that is pushed. */
  readonly totalBytesMax: number;
}

/** Who takes the parts, in the order of the body. What it throws comes out of `push` and `end`. */
export interface PartSink {
  part(headers: PartHeaders): void;
  /** Decoded content; the chunk may be a view of the one that was pushed, and is good until `push` returns. */
  data(chunk: Uint8Array): void;
  partEnd(): void;
}

/** Where in the body the next octet stands. */
type Place =
  | { readonly at: 'preamble' | 'headers' | 'epilogue' }
  | { readonly at: 'content'; readonly decoder: TransferDecoder };

const nothing = Buffer.alloc(0);

/**
 * Reads a multipart body (RFC 2046 §5.1) from chunks that end anywhere. It holds the headers of one
 * part, the beginning of a delimiter and the Content-IDs that were there, and no more. Line ends may
 * be bare LF. Preamble and epilogue are skipped, and a body may have no parts.
 *
 * Whatever is wrong with the body throws MultipartError as soon as it is known, and again at each later call.
 */
export class MultipartReader {
  readonly #limits: MultipartLimits;
  readonly #sink: PartSink;
  readonly #delimiter: Delimiter;
  readonly #headers: PartHeaderReader;
  readonly #contentIds = new Set<string>();
  #place: Place = { at: 'preamble' };
  /** A delimiter may stand here without a line end before it. */
  #lineStart = true;
  #held = nothing;
  #parts = 0;
  #partBytes = 0;
  #totalBytes = 0;
  #failure: { readonly thrown: unknown } | undefined;

  /** @throws MultipartError boundary-missing, boundary-malformed */
  constructor(boundary: string | undefined, limits: MultipartLimits, sink: PartSink) {
    this.#delimiter = new Delimiter(boundary);
    this.#headers = new PartHeaderReader(limits.headerBytesMax);
    this.#limits = limits;
    this.#sink = sink;
  }

  /** What is held of the body between two calls. */
  get heldBytes(): number {
    return this.#held.length + this.#headers.heldBytes;
  }

  /** @throws MultipartError */
  push(chunk: Uint8Array): void {
    const { totalBytesMax } = this.#limits;
    this.#unlessFailed(() => {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const room = totalBytesMax - this.#totalBytes;
      this.#totalBytes += bytes.length;
      this.#feed(bytes.subarray(0, room));
      if (bytes.length > room) throw new MultipartError('body-too-large', `${totalBytesMax}`);
    });
  }

  /**
   * No more chunks come.
   *
   * @throws MultipartError first-boundary-missing, part-unfinished, or as `push`
   */
  end(): void {
    this.#unlessFailed(() => {
      if (this.#isSearching()) this.#search(this.#held, true);
      if (this.#place.at === 'preamble') throw new MultipartError('first-boundary-missing');
      if (this.#place.at !== 'epilogue') throw new MultipartError('part-unfinished');
    });
  }

  #unlessFailed(step: () => void): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
    try {
      step();
    } catch (thrown) {
      this.#failure = { thrown };
      throw thrown;
    }
  }

  #feed(bytes: Buffer): void {
    const rest = this.#resume(bytes);
    if (rest.length === 0) return;
    const used = this.#read(rest);
    // The caller may use the memory of the chunk again.
    this.#held = Buffer.from(rest.subarray(used));
  }

  /** Joins to what is held as much as tells what it is. @returns what is left to read */
  #resume(bytes: Buffer): Buffer {
    const { longest } = this.#delimiter;
    let rest = bytes;
    while (this.#held.length > 0 && rest.length > 0) {
      const held = this.#held.length;
      const joined = Buffer.concat([this.#held, rest.subarray(0, longest)]);
      const used = this.#read(joined);
      const isTold = used >= held;
      this.#held = isTold ? nothing : joined.subarray(used);
      rest = rest.subarray(isTold ? used - held : longest);
    }
    return rest;
  }

  /** @returns how many octets are done with */
  #read(bytes: Buffer): number {
    let used = 0;
    while (used < bytes.length) {
      const more = this.#step(bytes.subarray(used));
      if (more === 0) break;
      used += more;
    }
    return used;
  }

  #step(bytes: Buffer): number {
    if (this.#isSearching()) return this.#search(bytes, false);
    if (this.#place.at === 'epilogue') return bytes.length;
    const { used, headers } = this.#headers.take(bytes);
    if (headers !== undefined) this.#begin(headers);
    return used;
  }

  #isSearching(): boolean {
    return this.#place.at === 'preamble' || this.#place.at === 'content';
  }

  #search(bytes: Buffer, atEnd: boolean): number {
    const { dataEnd, line } = this.#delimiter.find(bytes, this.#lineStart, atEnd);
    this.#deliver((decoder) => decoder.decode(bytes.subarray(0, dataEnd)));
    const used = line?.end ?? dataEnd;
    if (used > 0) this.#lineStart = false;
    if (line !== undefined) this.#cross(line.close);
    return used;
  }

  #deliver(decoded: (decoder: TransferDecoder) => Uint8Array): void {
    if (this.#place.at !== 'content') return;
    const { partBytesMax = Number.POSITIVE_INFINITY } = this.#limits;
    const data = decoded(this.#place.decoder);
    this.#partBytes += data.length;
    if (this.#partBytes > partBytesMax)
      throw new MultipartError('part-too-large', `${partBytesMax}`);
    if (data.length > 0) this.#sink.data(data);
  }

  /** Passes a delimiter: one part ends, perhaps another begins. */
  #cross(isClose: boolean): void {
    if (this.#place.at === 'content') {
      this.#deliver((decoder) => decoder.end());
      this.#sink.partEnd();
    }
    this.#place = { at: isClose ? 'epilogue' : 'headers' };
    if (isClose) return;
    this.#parts += 1;
    const { partsMax } = this.#limits;
    if (this.#parts > partsMax) throw new MultipartError('parts-too-many', `${partsMax}`);
  }

  #begin(headers: PartHeaders): void {
    const { contentId } = headers;
    if (contentId !== undefined) {
      if (this.#contentIds.has(contentId))
        throw new MultipartError('content-id-repeated', contentId);
      this.#contentIds.add(contentId);
    }
    this.#sink.part(headers);
    this.#place = { at: 'content', decoder: transferDecoder(headers.encoding) };
    this.#lineStart = true;
    this.#partBytes = 0;
  }
}
