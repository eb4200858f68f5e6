import { randomBytes } from 'node:crypto';
import { MultipartError } from '../soap/multipart-error.ts';
import {
  type MultipartHead,
  multipartHead,
  type PartToWrite,
  type RootType,
} from '../soap/multipart-writer.ts';
import type { CarriedFile } from './carried-file.ts';
import { ConnectorFailure } from './failure.ts';
import { namesOf, signatureEnding } from './file-names.ts';
import type { StreamedBody } from './http-call.ts';

/** A part whose octets are read while it is sent. */
export interface StreamedPart extends PartToWrite {
  readonly size: number;
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** A message of parts on its way out, with its Content-Type; nothing of its files is in memory. */
export interface MultipartRequest {
  readonly contentType: string;
  readonly body: StreamedBody;
}

/** @throws ConnectorFailure NOT_SENT where a name cannot stand in a header */
export function multipartRequest(
  root: Uint8Array,
  type: RootType,
  parts: readonly StreamedPart[],
): MultipartRequest {
  const head = headOf(root, type, parts);
  return {
    contentType: head.contentType,
    body: { length: head.contentLength ?? 0, open: () => piecesOf(head) },
  };
}

function headOf(
  root: Uint8Array,
  type: RootType,
  parts: readonly StreamedPart[],
): MultipartHead<StreamedPart> {
  try {
    return multipartHead(`mezhved-${randomBytes(18).toString('hex')}`, root, parts, type);
  } catch (cause) {
    if (!(cause instanceof MultipartError)) throw cause;
    throw new ConnectorFailure('NOT_SENT', `multipart/related: ${cause.reason}`, { cause });
  }
}

async function* piecesOf({ body }: MultipartHead<StreamedPart>): AsyncGenerator<Uint8Array> {
  for (const piece of body) {
    if (piece instanceof Uint8Array) yield piece;
    else yield* await piece.open();
  }
}

/** Of the files of a request, each followed by its signature as a part of its own. */
export function partsOf(files: readonly CarriedFile[]): StreamedPart[] {
  const names = namesOf(files);
  return files.flatMap((file) => {
    const { mimeType, size, signature } = file;
    const contentId = headerId(file.name);
    const fileName = names.get(file) ?? contentId;
    const part = { contentId, mimeType, fileName, size, open: () => file.open() };
    if (signature === undefined) return [part];
    const signed: StreamedPart = {
      contentId: contentId + signatureEnding,
      mimeType: signatureType,
      fileName: fileName + signatureEnding,
      size: signature.byteLength,
      open: async () => only(signature),
    };
    return [part, signed];
  });
}

/** RFC 8551 §3.2.1. */
export const signatureType = 'application/pkcs7-signature';

async function* only(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets;
}

/** A contentId as a Content-ID; what cannot stand there is escaped as in a URL. */
function headerId(name: string): string {
  return name.replace(/[<>%\p{C}]|^ | $/gu, encodeURIComponent);
}
