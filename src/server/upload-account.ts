import { StoreFull } from '../attachments/file-store.ts';
import { type RunningUpload, UploadRefused } from '../attachments/upload.ts';
import type { Uploads } from '../attachments/uploads.ts';
import {
  type FtpAccount,
  type FtpEntry,
  FtpRefusal,
  type FtpRefusalKind,
  type FtpUpload,
} from '../ftp/host.ts';
import type { FtpPath } from '../ftp/paths.ts';

const kinds: Readonly<Record<UploadRefused['reason'], FtpRefusalKind>> = {
  absent: 'absent',
  busy: 'busy',
  'too-large': 'too-large',
  'too-many': 'no-space',
  name: 'name',
};

/** What an information system sees of the file store: folders named by UUIDs, a file in each. */
export function uploadAccount(
  uploads: Uploads,
  system: string,
  hasRoom: () => Promise<boolean>,
): FtpAccount {
  return {
    stat: (path) => told(stat(uploads, system, path)),
    list: (path) => told(list(uploads, system, path)),
    makeFolder: async ([uuid, ...below]) => {
      if (uuid === undefined || below.length > 0) forbidden();
      await told(uploads.makeFolder(system, uuid));
    },
    removeFolder: async ([uuid, ...below]) => {
      if (uuid === undefined || below.length > 0) forbidden();
      await told(uploads.removeFolder(system, uuid));
    },
    removeFile: async (path) => {
      const [uuid, name] = placeOf(path);
      await told(uploads.removeFile(system, uuid, name));
    },
    read: async (path, from) => {
      const [uuid, name] = placeOf(path);
      const file = await told(uploads.open(system, uuid, name));
      if (from > (await file.stat()).size) {
        await file.close();
        throw new FtpRefusal('offset', 'файл короче / the file is shorter');
      }
      return file.createReadStream({ start: from });
    },
    write: async (path, from) => {
      const [uuid, name] = placeOf(path);
      if (!(await hasRoom())) noSpace();
      return toldOf(await told(uploads.write(system, uuid, name, from)));
    },
  };
}

async function stat(
  uploads: Uploads,
  system: string,
  path: FtpPath,
): Promise<FtpEntry | undefined> {
  const [uuid, name] = path;
  if (uuid === undefined) return { kind: 'folder', name: '', size: 0, modifiedAt: 0 };
  const parent: FtpPath = path.slice(0, -1) as readonly string[] as FtpPath;
  const entries = (await list(uploads, system, parent).catch(() => [])) ?? [];
  return entries.find((entry) => entry.name === (name ?? uuid));
}

async function list(uploads: Uploads, system: string, path: FtpPath): Promise<FtpEntry[]> {
  const [uuid, ...below] = path;
  if (below.length > 0) throw new FtpRefusal('absent', 'нет такой папки / no such folder');
  const entries = await uploads.list(system, uuid);
  if (entries === undefined && uuid !== undefined) {
    throw new FtpRefusal('absent', 'нет такой папки / no such folder');
  }
  return (entries ?? []).map(({ name, size, changedAt }) =>
    uuid === undefined
      ? { kind: 'folder' as const, name, size: 0, modifiedAt: changedAt }
      : { kind: 'file' as const, name, size, modifiedAt: changedAt },
  );
}

/** Files stand in folders, and nowhere else. */
function placeOf([uuid, name, ...below]: FtpPath): readonly [uuid: string, name: string] {
  if (uuid === undefined || name === undefined || below.length > 0) forbidden();
  return [uuid, name];
}

function forbidden(): never {
  throw new FtpRefusal(
    'forbidden',
    'файл кладут в папку с именем UUID: MKD uuid, STOR uuid/имя / a file goes into a folder named by a UUID',
  );
}

function noSpace(): never {
  throw new FtpRefusal('no-space', 'в хранилище нет места / the store has no room');
}

function toldOf(upload: RunningUpload): FtpUpload {
  return {
    write: (octets) => told(upload.write(octets)),
    finish: () => told(upload.finish()),
    abort: () => told(upload.abort()),
  };
}

const codes: Readonly<Record<string, FtpRefusalKind>> = {
  ENOENT: 'absent',
  EEXIST: 'exists',
  ENOTEMPTY: 'forbidden',
};

/** The refusals of the store in the words of the protocol. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoreFull) noSpace();
    if (error instanceof UploadRefused) throw new FtpRefusal(kinds[error.reason], error.message);
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const kind = codes[code];
    if (kind === undefined) throw error;
    throw new FtpRefusal(kind, 'не выполнено / not done');
  }
}
