import { withXml, type XmlElement } from '../xml/document.ts';
import { childElements } from '../xml/navigate.ts';
import type { StoredFile } from './file-store.ts';
import { keyPattern } from './spool.ts';

// What the answers of an S3 store mean. Codes: Amazon S3 API Reference, Error responses; those of other
// stores beside them.

/** What an answer that is no success means for whoever asked. */
export type Meaning = 'absent' | 'beyond' | 'full' | 'again' | 'refused';

const full = new Set([
  'EntityTooLarge',
  'InsufficientCapacity',
  'InsufficientStorage',
  'QuotaExceeded',
  'XMinioStorageFull',
]);

/** Octets that arrived damaged, and a server that has too much to do. */
const again = new Set([
  'BadDigest',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'XAmzContentSHA256Mismatch',
]);

/** @param code of the answer's body; empty where it has none */
export function meaningOf(status: number, code: string): Meaning {
  if (code === 'NoSuchKey') return 'absent';
  if (status === 416) return 'beyond';
  if (status === 507 || full.has(code)) return 'full';
  if (again.has(code) || status >= 500 || status === 408 || status === 429) return 'again';
  return 'refused';
}

const advice: Readonly<Record<string, string>> = {
  AccessDenied: 'нет прав / access is denied',
  AuthorizationHeaderMalformed: 'проверьте region / check the region',
  InvalidAccessKeyId: 'ключ доступа неизвестен / the access key is unknown',
  NoSuchBucket: 'такого бакета нет / there is no such bucket',
  RequestTimeTooSkewed: 'часы узла и хранилища расходятся / the clocks of node and store differ',
  SignatureDoesNotMatch: 'секретный ключ неверен / the secret key is wrong',
};

const elsewhere =
  'хранилище отсылает на другой адрес: проверьте endpoint, region и pathStyle / the store sends elsewhere: check endpoint, region and pathStyle';

/** An answer in words for the operator: no address, no key, no text of the store's own. */
export function wordsOf(method: string, status: number, code: string): string {
  const about = status >= 300 && status < 400 ? elsewhere : advice[code];
  const named = code === '' ? '' : ` ${code}`;
  return `S3 ${method}: HTTP ${status}${named}${about === undefined ? '' : `: ${about}`}`;
}

/** The code in the body of a refusal; empty where there is none that is fit to be shown. */
export function codeIn(body: Uint8Array): string {
  if (body.byteLength === 0) return '';
  try {
    return withXml(body, ({ root }) => {
      const code = textOf(root, 'Code') ?? '';
      return root.name === 'Error' && /^[A-Za-z0-9.]{1,60}$/.test(code) ? code : '';
    });
  } catch {
    return '';
  }
}

/** One page of ListObjectsV2. */
export interface Page {
  readonly files: readonly StoredFile[];
  /** Of the next page; undefined after the last. */
  readonly next: string | undefined;
}

/**
 * Objects whose names are the prefix and a key; whatever else lies there is not ours.
 *
 * @returns undefined where the body is no listing
 */
export function pageIn(body: Uint8Array, prefix: string): Page | undefined {
  try {
    return withXml(body, ({ root }) => {
      if (root.name !== 'ListBucketResult') return undefined;
      const contents = childElements(root).filter(({ name }) => name === 'Contents');
      const next = textOf(root, 'NextContinuationToken') ?? '';
      const isTruncated = textOf(root, 'IsTruncated') === 'true';
      if (isTruncated && next === '') return undefined;
      const files = contents.flatMap((entry) => fileOf(entry, prefix) ?? []);
      return { files, next: isTruncated ? next : undefined };
    });
  } catch {
    return undefined;
  }
}

function fileOf(entry: XmlElement, prefix: string): StoredFile | undefined {
  const name = textOf(entry, 'Key') ?? '';
  const key = name.slice(prefix.length);
  const size = Number(textOf(entry, 'Size'));
  const changedAt = Date.parse(textOf(entry, 'LastModified') ?? '');
  const isOurs = name.startsWith(prefix) && keyPattern.test(key);
  return isOurs && Number.isFinite(size + changedAt) ? { key, size, changedAt } : undefined;
}

function textOf(parent: XmlElement, name: string): string | undefined {
  return childElements(parent).find((each) => each.name === name)?.content;
}
