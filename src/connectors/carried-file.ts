import type { Readable } from 'node:stream';
import type { Part } from '../attachments/parts.ts';

/** A file of a request on its way to an agency, as it was judged when the request was accepted. */
export interface CarriedFile {
  /** Whether it came with the message or was uploaded to the file store. */
  readonly place: 'attached' | 'stored';
  /** contentId or uuid; no two files of a message share it. */
  readonly name: string;
  /** As it was uploaded; undefined for one that came with the message. */
  readonly fileName: string | undefined;
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** GOST hash as RefAttachmentHeader has it; undefined for one that came with the message. */
  readonly hash: Uint8Array | undefined;
  /** The detached PKCS#7 as it stood in the header of the message. */
  readonly signature: Uint8Array | undefined;
  /** The octets from that place on; as often as anybody asks. */
  open(from?: number): Promise<Readable>;
}

/** What an agency says of a file of its answer. */
export interface FileAbout {
  /** How it came; one that came with the answer goes by the file store where it is too large. */
  readonly place: 'attached' | 'stored';
  /** What the agency calls it; the node makes a contentId of it. */
  readonly contentId: string;
  readonly fileName: string | undefined;
  readonly mimeType: string;
}

/** A file of an answer: its octets are in the store, and not kept there yet. */
export interface ArrivedFile extends Part, FileAbout {
  /** A detached PKCS#7; the node signs what bears none. */
  readonly signature: Uint8Array | undefined;
}
