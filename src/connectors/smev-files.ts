import type { Digester } from '../attachments/digester.ts';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import type { StoreAccess } from '../smev/answers.ts';
import type {
  AttachmentContent,
  AttachmentHeader,
  RefAttachmentHeader,
} from '../smev/attachments.ts';
import type { AttachedCall, CallFiles, StoredCall } from '../smev/file-texts.ts';
import type { GivenFiles } from '../smev/given-files.ts';
import { ArrivingFiles, type FileDesk } from './arriving-files.ts';
import type { ArrivedFile, CarriedFile } from './carried-file.ts';
import { filesRefused, shownName } from './files-refused.ts';
import type { MultipartAnswer } from './multipart-answer.ts';
import type { StreamedPart } from './multipart-request.ts';
import { downloadStored, type StoreSettings, uploadStored } from './upstream-store.ts';

/** A desk that can judge what it downloads. */
export interface DownloadDesk extends FileDesk {
  readonly digester: Pick<Digester, 'begin'>;
}

/** The files of a message as an upstream gets them. */
export interface SentFiles {
  readonly files: CallFiles;
  readonly parts: readonly StreamedPart[];
}

/** A file on its way to a SMEV. */
export type SendableFile = Omit<CarriedFile, 'sha256'>;

/**
 * Uploads the files of the store, and makes parts of those that came with the message.
 *
 * @throws ConnectorFailure
 */
export async function sendFiles(
  settings: StoreSettings,
  files: readonly SendableFile[],
  signal: AbortSignal,
): Promise<SentFiles> {
  await uploadStored(settings, storedOf(files), signal);
  return calledFiles(files);
}

/** Those that go by the file store. */
export function storedOf<File extends Pick<CarriedFile, 'place'>>(files: readonly File[]): File[] {
  return files.filter(({ place }) => place === 'stored');
}

/** What the message says of its files, and the parts that go beside it. Signatures stay as they are. */
export function calledFiles(files: readonly SendableFile[]): SentFiles {
  const attached: AttachedCall[] = [];
  const stored: StoredCall[] = [];
  const parts: StreamedPart[] = [];
  for (const file of files) {
    const { name, mimeType, size, signature } = file;
    const about = { mimeType, ...(signature === undefined ? {} : { signature }) };
    if (file.place === 'stored') {
      const { fileName = name, hash = new Uint8Array() } = file;
      stored.push({ ...about, uuid: name, fileName, hash });
      continue;
    }
    const part = partName(parts.length);
    attached.push({ ...about, contentId: name, content: { part } });
    parts.push({ contentId: part, mimeType, size, open: () => file.open() });
  }
  return { files: { attached, stored }, parts };
}

/** Content-ID of the part at this place. */
export function partName(index: number): string {
  return `file-${index + 1}@mezhved`;
}

/** The files of a message as a SMEV handed them over. */
export interface HandedOver {
  readonly files: GivenFiles;
  readonly contents: readonly AttachmentContent[];
  readonly multipart: MultipartAnswer;
}

/**
 * All files of an answer, in the store: those beside it, and those of the upstream's file store, which
 * must have the hash that was signed.
 *
 * @throws ConnectorFailure; nothing of what was fetched stays then
 */
export async function fetchFiles(
  settings: StoreSettings,
  handed: HandedOver,
  desk: DownloadDesk,
  signal: AbortSignal,
): Promise<readonly ArrivedFile[]> {
  const fetched = new ArrivingFiles(desk);
  try {
    const beside = await filesBeside(handed, fetched);
    for (const header of handed.files.headers.stored) {
      const access = accessTo(header, handed.files);
      await fetchStored(settings, header, access, { fetched, desk, signal });
    }
    return [...beside, ...fetched.files];
  } catch (error) {
    await fetched.discard();
    throw error;
  }
}

/**
 * The parts that attached files were moved to; those that stood in the envelope are written among the
 * fetched.
 *
 * @throws FilesRefused; ConnectorFailure as ArrivingFiles
 */
export async function filesBeside(
  handed: HandedOver,
  fetched: ArrivingFiles,
): Promise<ArrivedFile[]> {
  const { lost } = handed.multipart;
  if (lost !== undefined) throw lost;
  const beside: ArrivedFile[] = [];
  for (const header of handed.files.headers.attached) {
    const part = await fileBeside(header, handed, fetched);
    if (part !== undefined) beside.push(part);
  }
  return beside;
}

async function fileBeside(
  { contentId, mimeType, signature }: AttachmentHeader,
  { contents, multipart }: HandedOver,
  fetched: ArrivingFiles,
): Promise<ArrivedFile | undefined> {
  const file = shownName(contentId);
  // The signature of the message covers no octets of it: anybody on the line could put others there.
  if (signature === undefined) {
    const why = { ru: `вложение ${file} не подписано`, en: `attachment ${file} is not signed` };
    throw filesRefused(why, true);
  }
  const about = { place: 'attached', contentId, fileName: undefined, mimeType } as const;
  const content = contents.find(({ id }) => id === contentId);
  if (content !== undefined && 'octets' in content) {
    await fetched.begin(about);
    await fetched.write(content.octets);
    fetched.end(signature);
    return undefined;
  }
  const part = multipart.files.find((each) => each.contentId === content?.part);
  if (part === undefined) {
    const ru = `у вложения ${file} нет содержимого`;
    throw filesRefused({ ru, en: `attachment ${file} has no content` }, false);
  }
  return { ...part, ...about, signature };
}

/** How to fetch a file of the store. @throws FilesRefused */
export function accessTo({ uuid }: RefAttachmentHeader, { access }: GivenFiles): StoreAccess {
  const own = access.find((each) => each.uuid === uuid);
  if (own !== undefined) return own;
  const file = shownName(uuid);
  const ru = `FSAttachmentsList не называет файл ${file}`;
  throw filesRefused({ ru, en: `FSAttachmentsList does not name file ${file}` }, true);
}

async function fetchStored(
  settings: StoreSettings,
  header: RefAttachmentHeader,
  access: StoreAccess,
  to: {
    readonly fetched: ArrivingFiles;
    readonly desk: DownloadDesk;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { fetched, desk, signal } = to;
  const { uuid, mimeType, signature } = header;
  const { fileName } = access;
  const digest = desk.digester.begin([hashName(header)]);
  let size = 0;
  const write = async (chunk: Uint8Array) => {
    await digest.update(chunk);
    await fetched.write(chunk);
    size += chunk.byteLength;
  };
  try {
    await fetched.begin({ place: 'stored', contentId: uuid, fileName, mimeType });
    await downloadStored(settings, access, { at: () => size, write }, signal);
    fetched.end(signature);
    checkHash(header, await digest.finish());
  } finally {
    digest.drop();
  }
}

/** By which hash a file of the store was signed: GOST R 34.11-2012, of 512 bits by its length. */
export function hashName({ hash }: RefAttachmentHeader): ContentHash {
  return hash.byteLength === 64 ? 'streebog512' : 'streebog256';
}

/** @throws FilesRefused where the octets are not those that were signed */
export function checkHash(
  header: RefAttachmentHeader,
  digests: ReadonlyMap<ContentHash, Uint8Array>,
): void {
  const real = digests.get(hashName(header)) ?? new Uint8Array();
  if (Buffer.compare(real, header.hash) === 0) return;
  const file = shownName(header.uuid);
  const ru = `хэш файла ${file} не тот, что подписан`;
  throw filesRefused({ ru, en: `file ${file} has another hash than was signed` }, false);
}
