import { checkedBoundary } from './delimiter.ts';
import { dispositionOf } from './disposition.ts';
import { parseMediaType } from './media-type.ts';
import { MultipartError } from './multipart-error.ts';
import { checkContentId } from './part-headers.ts';

/** An attachment to write. Its bytes are streamed by the caller, and sent as they are. */
export interface PartToWrite {
  /** Without < and >. */
  readonly contentId: string;
  readonly mimeType: string;
  readonly fileName?: string;
  /** Bytes, where known. */
  readonly size?: number;
}

export interface MultipartHead<P extends PartToWrite> {
  /** The header Content-Type of the whole message. */
  readonly contentType: string;
  /** The body in its order: bytes to send as they stand, and parts whose bytes stand there. */
  readonly body: readonly (Uint8Array | P)[];
  /** Bytes of the whole body; undefined where the size of a part is not known. */
  readonly contentLength: number | undefined;
}

export const rootContentId = 'root@mezhved';

/** What the root part is, and how the header of the whole message tells it. */
export interface RootType {
  /** Content-Type of the root part. */
  readonly part: string;
  /** Its media type alone (RFC 2387 §3.1). */
  readonly type: string;
  /** What is inside of that (§3.3). */
  readonly startInfo?: string;
}

/** XOP 1.0 §4.1 with SOAP 1.1. */
export const xopRoot: RootType = {
  part: 'application/xop+xml; charset=UTF-8; type="text/xml"',
  type: 'application/xop+xml',
  startInfo: 'text/xml',
};

/**
 * A message of parts (RFC 2387), of MTOM where nothing else is said: the envelope is the root and the
 * first part, the attachments follow, all binary.
 *
 * @param boundary random, so that it stands in no part (RFC 2046 §5.1.1)
 * @throws MultipartError boundary-malformed, content-id-malformed, content-id-repeated,
 *   media-type-malformed
 */
export function multipartHead<P extends PartToWrite>(
  boundary: string,
  root: Uint8Array,
  parts: readonly P[],
  type: RootType = xopRoot,
): MultipartHead<P> {
  checkedBoundary(boundary);
  checkParts(parts);
  const head = (contentType: string, contentId: string, fileName?: string) =>
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Transfer-Encoding: binary\r\nContent-ID: <${contentId}>\r\n` +
        (fileName === undefined
          ? '\r\n'
          : `Content-Disposition: ${dispositionOf(fileName)}\r\n\r\n`),
    );
  const body = [
    // Nothing stands before the first delimiter that a line end would have to end.
    head(type.part, rootContentId).subarray(2),
    root,
    ...parts.flatMap((part) => [head(part.mimeType, part.contentId, part.fileName), part]),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ];
  return { contentType: typeOf(boundary, type), body, contentLength: lengthOf(body) };
}

function typeOf(boundary: string, { type, startInfo }: RootType): string {
  const info = startInfo === undefined ? '' : `start-info="${startInfo}"; `;
  return `multipart/related; type="${type}"; start="<${rootContentId}>"; ${info}boundary="${boundary}"`;
}

function lengthOf(body: MultipartHead<PartToWrite>['body']): number | undefined {
  let length = 0;
  for (const piece of body) {
    const size = piece instanceof Uint8Array ? piece.length : piece.size;
    if (size === undefined) return undefined;
    length += size;
  }
  return length;
}

// What others named goes into headers: nothing of it may end a line.
function checkParts(parts: readonly PartToWrite[]): void {
  const ids = new Set([rootContentId]);
  for (const { contentId, mimeType } of parts) {
    checkContentId(contentId);
    if (ids.has(contentId)) throw new MultipartError('content-id-repeated', contentId);
    ids.add(contentId);
    if (parseMediaType(mimeType) === undefined) throw new MultipartError('media-type-malformed');
  }
}
