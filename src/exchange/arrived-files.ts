import type { ClaimedFile } from '../compute/claimed-files.ts';
import type { ContentHash } from '../pki/signature-algorithms.ts';

/** A file in the store whose octets have not been judged against its header. */
export interface Arrived {
  readonly claimed: ClaimedFile;
  readonly key: string;
  readonly size: number;
  readonly fileName: string | undefined;
  readonly digests: ReadonlyMap<ContentHash, Uint8Array>;
}

/** contentId or uuid. */
export function nameOf(file: ClaimedFile): string {
  return file.place === 'attached' ? file.contentId : file.uuid;
}

/** For refusals. */
export function shown(file: ClaimedFile): string {
  return `«${nameOf(file).slice(0, 100)}»`;
}
