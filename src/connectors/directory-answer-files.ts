import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sniffedBytes, typeFor } from '../attachments/sniff.ts';
import { ArrivingFiles, type FileDesk } from './arriving-files.ts';
import type { ArrivedFile } from './carried-file.ts';
import type { Why } from './directory-files.ts';
import { readRegular, unless } from './exchange-folder.ts';
import { ConnectorFailure } from './failure.ts';
import { signatureEnding } from './file-names.ts';

const signatureBytesMax = 64 * 1024;
const chunkBytes = 64 * 1024;

/**
 * Takes the files in the folder beside an answer into the store; none where there is no such folder.
 * `NAME.p7s` is the signature of NAME. Names with a leading dot are passed by.
 *
 * @throws ConnectorFailure NODE_ERROR, and what node:fs throws
 */
export async function takeAnswerFiles(
  path: string,
  desk: FileDesk,
): Promise<{ readonly files: readonly ArrivedFile[] } | { readonly why: Why }> {
  const found = await lstat(path).catch(unless('ENOENT'));
  if (found === undefined) return { files: [] };
  if (!found.isDirectory()) return { why: irregular };
  const arriving = new ArrivingFiles(desk);
  try {
    const why = await takeAll(path, arriving, desk.filesMax);
    if (why === undefined) return { files: arriving.files };
    await arriving.discard();
    return { why };
  } catch (error) {
    await arriving.discard();
    if (error instanceof ConnectorFailure && error.code === 'ANSWER_TOO_LARGE') {
      return { why: large(error.message) };
    }
    throw error;
  }
}

async function takeAll(
  folder: string,
  arriving: ArrivingFiles,
  filesMax: number,
): Promise<Why | undefined> {
  const all = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  // Each has a signature at most.
  if (all.length > filesMax * 2) return large(`more than ${filesMax} files`);
  const names = new Set(all);
  for (const name of all) {
    const signed = name.endsWith(signatureEnding) ? name.slice(0, -signatureEnding.length) : '';
    const path = join(folder, name);
    const taken = names.has(signed)
      ? await takeSignature(path, signed, arriving)
      : await takeFile(path, name, arriving);
    if (!taken) return irregular;
  }
  return undefined;
}

async function takeSignature(
  path: string,
  signed: string,
  arriving: ArrivingFiles,
): Promise<boolean> {
  const reading = await readRegular(path, signatureBytesMax);
  if (reading.kind !== 'read') return false;
  arriving.sign(signed, reading.bytes);
  return true;
}

async function takeFile(path: string, name: string, arriving: ArrivingFiles): Promise<boolean> {
  if (!(await lstat(path)).isFile()) return false;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(unless('ELOOP'));
  if (file === undefined) return false;
  try {
    const beginning = Buffer.alloc(sniffedBytes);
    const { bytesRead } = await file.read(beginning, 0, sniffedBytes, 0);
    const mimeType = await typeFor(beginning.subarray(0, bytesRead), name);
    const about = { place: 'attached', contentId: name, fileName: name, mimeType } as const;
    await arriving.take(about, chunksOf(file));
    return true;
  } finally {
    await file.close();
  }
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; ) {
    const chunk = Buffer.alloc(chunkBytes);
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

const irregular: Why = {
  ru: 'в каталоге файлов ответа не только обычные файлы: ссылки и каталоги не читаются',
  en: 'the folder of the files of the answer has other than regular files: links and folders are not read',
};

function large(why: string): Why {
  return { ru: `файлы ответа больше допустимого (${why})`, en: `too much: ${why}` };
}
