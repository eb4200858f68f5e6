import { readFileSync } from 'node:fs';
import type { Digester } from '../attachments/digester.ts';
import type { SmevRoute } from '../participants/routes.ts';
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
import { ConnectorFailure } from './failure.ts';
import { downloadFile, type FtpPlace, uploadFile } from './ftp-transfer.ts';
import type { MultipartAnswer } from './multipart-answer.ts';
import type { StreamedPart } from './multipart-request.ts';

/** A desk that can judge what it downloads. */
export interface DownloadDesk extends FileDesk {
  readonly digester: Pick<Digester, 'begin'>;
}

/** What a route says of the file store. */
export type StoreSettings = Pick<SmevRoute, 'fileStore' | 'timeoutMs'>;

/** The files of a request as the upstream gets them. */
export interface SentFiles {
  readonly files: CallFiles;
  readonly parts: readonly StreamedPart[];
}

/**
 * Uploads the files of the store, and makes parts of those that came with the message.
 *
 * @throws ConnectorFailure
 */
export async function sendFiles(
  settings: StoreSettings,
  files: readonly CarriedFile[],
  signal: AbortSignal,
): Promise<SentFiles> {
  const attached: AttachedCall[] = [];
  const stored: StoredCall[] = [];
  const parts: StreamedPart[] = [];
  for (const file of files) {
    const { name, mimeType, size, signature } = file;
    const about = { mimeType, ...(signature === undefined ? {} : { signature }) };
    if (file.place === 'attached') {
      const part = `file-${parts.length + 1}@mezhved`;
      attached.push({ ...about, contentId: name, content: { part } });
      parts.push({ contentId: part, mimeType, size, open: () => file.open() });
      continue;
    }
    const fileName = file.fileName ?? name;
    await uploadFile(ownPlace(settings), { uuid: name, fileName }, file, signal);
    stored.push({ ...about, uuid: name, fileName, hash: file.hash ?? new Uint8Array() });
  }
  return { files: { attached, stored }, parts };
}

/** Where this node has an account of its own. */
function ownPlace(settings: StoreSettings): FtpPlace {
  const { fileStore } = settings;
  if (fileStore === undefined) throw noStore();
  const { userFile, passwordFile } = fileStore;
  return placeOf(settings, readText(userFile), readText(passwordFile));
}

function placeOf({ fileStore, timeoutMs }: StoreSettings, user: string, password: string) {
  if (fileStore === undefined) throw noStore();
  const { hostname, port } = new URL(fileStore.url);
  const { tls } = fileStore;
  const ca = tls?.ca === undefined ? undefined : readText(tls.ca);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port === '' ? 21 : port),
    ...{ user, password, tls: tls === undefined ? undefined : { ca } },
    silentMs: timeoutMs,
  };
}

function noStore(): ConnectorFailure {
  return new ConnectorFailure('NOT_SENT', 'the route names no file store');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new ConnectorFailure('NOT_SENT', `${file} cannot be read`);
  }
}

/** The files of an answer as they were handed over. */
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
  const { headers, access } = handed.files;
  const fetched = new ArrivingFiles(desk);
  try {
    const beside: ArrivedFile[] = [];
    for (const header of headers.attached) {
      const part = await fileBeside(header, handed, fetched);
      if (part !== undefined) beside.push(part);
    }
    for (const header of headers.stored) {
      const own = access.find(({ uuid }) => uuid === header.uuid);
      if (own === undefined) throw broken('FSAttachmentsList does not name a file');
      const place = placeOf(settings, own.user, own.password);
      await fetchStored(place, header, own, { fetched, desk, signal });
    }
    return [...beside, ...fetched.files];
  } catch (error) {
    await fetched.discard();
    throw error;
  }
}

/** The part that a file was moved to; undefined where it stood in the envelope and was taken. */
async function fileBeside(
  { contentId, mimeType, signature }: AttachmentHeader,
  { contents, multipart }: HandedOver,
  fetched: ArrivingFiles,
): Promise<ArrivedFile | undefined> {
  // The signature of the message covers no octets of it: anybody on the line could put others there.
  if (signature === undefined) throw broken('an attached file bears no signature');
  const about = { place: 'attached', contentId, fileName: undefined, mimeType } as const;
  const content = contents.find(({ id }) => id === contentId);
  if (content !== undefined && 'octets' in content) {
    await fetched.begin(about);
    await fetched.write(content.octets);
    fetched.end(signature);
    return undefined;
  }
  const part = multipart.files.find((each) => each.contentId === content?.part);
  if (part === undefined) throw broken('an attached file has no content');
  return { ...part, ...about, signature };
}

async function fetchStored(
  place: FtpPlace,
  { uuid, mimeType, hash, signature }: RefAttachmentHeader,
  { fileName }: StoreAccess,
  to: {
    readonly fetched: ArrivingFiles;
    readonly desk: DownloadDesk;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { fetched, desk, signal } = to;
  const name = hash.byteLength === 64 ? 'streebog512' : 'streebog256';
  const digest = desk.digester.begin([name]);
  let size = 0;
  const write = async (chunk: Uint8Array) => {
    await digest.update(chunk);
    await fetched.write(chunk);
    size += chunk.byteLength;
  };
  try {
    await fetched.begin({ place: 'stored', contentId: uuid, fileName, mimeType });
    await downloadFile(place, { uuid, fileName }, { at: () => size, write }, signal);
    fetched.end(signature);
    const real = (await digest.finish()).get(name) ?? new Uint8Array();
    if (Buffer.compare(real, hash) !== 0) {
      throw broken(`file ${uuid.slice(0, 40)} has another hash than was signed`);
    }
  } finally {
    digest.drop();
  }
}

function broken(why: string): ConnectorFailure {
  return new ConnectorFailure('ANSWER_BROKEN', why);
}
