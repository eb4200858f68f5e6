import type { FileStore } from '../attachments/file-store.ts';
import type { MessageFile } from '../exchange/files.ts';
import { type FtpAccount, type FtpEntry, FtpRefusal } from '../ftp/host.ts';
import type { FtpPath } from '../ftp/paths.ts';

/** What the receiver of a message sees of the file store: the files of that message, to read. */
export function downloadAccount(
  store: FileStore,
  filesNow: () => Promise<readonly MessageFile[]>,
): FtpAccount {
  const find = async ([uuid, name, ...below]: FtpPath) => {
    if (below.length > 0) return undefined;
    const files = await filesNow();
    return files.find((file) => file.name === uuid && fileNameOf(file) === name);
  };
  return {
    stat: async (path) => {
      if (path.length === 0) return folder('', 0);
      const files = await filesNow();
      const [uuid, name] = path;
      if (name !== undefined) return entryOf(await find(path));
      return files.some((file) => file.name === uuid) ? folder(uuid ?? '', 0) : undefined;
    },
    list: async (path) => {
      const [uuid, ...below] = path;
      const files = await filesNow();
      if (uuid === undefined) return files.map((file) => folder(file.name, 0));
      const found = files.filter((file) => file.name === uuid);
      if (below.length > 0 || found.length === 0) absent();
      return found.flatMap((file) => entryOf(file) ?? []);
    },
    makeFolder: refuse,
    removeFolder: refuse,
    removeFile: refuse,
    write: refuse,
    read: async (path, from) => {
      const file = await find(path);
      if (file === undefined) absent();
      if (from > file.size) throw new FtpRefusal('offset', 'файл короче / the file is shorter');
      return store.read(file.file_key, from);
    },
  };
}

function fileNameOf({ file_name, name }: MessageFile): string {
  return file_name ?? name;
}

function entryOf(file: MessageFile | undefined): FtpEntry | undefined {
  return file && { kind: 'file', name: fileNameOf(file), size: Number(file.size), modifiedAt: 0 };
}

function folder(name: string, modifiedAt: number): FtpEntry {
  return { kind: 'folder', name, size: 0, modifiedAt };
}

function absent(): never {
  throw new FtpRefusal('absent', 'нет такого файла / no such file');
}

async function refuse(): Promise<never> {
  throw new FtpRefusal('forbidden', 'здесь только читают / this account only reads');
}
