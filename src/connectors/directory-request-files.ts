import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CarriedFile } from './carried-file.ts';
import type { AgencyRequest } from './connector.ts';
import { type ExchangeFolder, syncFolder, writeSynced } from './exchange-folder.ts';
import { namesOf, signatureEnding } from './file-names.ts';

/** What the sidecar tells of a file. */
export interface ToldFile {
  /** In the folder beside the request. */
  readonly file: string;
  /** contentId or uuid. */
  readonly name: string;
  readonly mimeType: string;
  readonly size: number;
  readonly sha256: string;
  /** The detached signature, in the same folder. */
  readonly signature: string | null;
}

/** Of the files of a request, in their order. */
export function toldFiles({ files }: Pick<AgencyRequest, 'files'>): ToldFile[] {
  const names = namesOf(files);
  return files.map((file) => {
    const { name, mimeType, size, sha256, signature } = file;
    const own = names.get(file) ?? name;
    const signed = signature === undefined ? null : `${own}${signatureEnding}`;
    return { file: own, name, mimeType, size, sha256, signature: signed };
  });
}

/**
 * Lets the files of a request appear in out/ all at once, in a folder of its MessageID. What an attempt
 * before left of them is replaced: as long as the request is not there, nobody reads them.
 */
export async function putFiles(folder: ExchangeFolder, request: AgencyRequest): Promise<void> {
  if (request.files.length === 0) return;
  const hidden = folder.path('out', `.${request.messageId}.files`);
  const visible = folder.path('out', request.messageId);
  await rm(hidden, { recursive: true, force: true });
  await mkdir(hidden);
  const told = toldFiles(request);
  for (const [index, file] of request.files.entries()) {
    const names = told[index];
    if (names === undefined) continue;
    await copy(file, join(hidden, names.file));
    if (names.signature !== null && file.signature !== undefined) {
      await writeSynced(join(hidden, names.signature), file.signature);
    }
  }
  await syncFolder(hidden);
  await rm(visible, { recursive: true, force: true });
  await rename(hidden, visible);
  await syncFolder(folder.path('out'));
}

async function copy(file: CarriedFile, path: string): Promise<void> {
  const to = await open(path, 'wx');
  try {
    for await (const chunk of (await file.open()) as AsyncIterable<Buffer>) {
      await to.writeFile(chunk);
    }
    await to.sync();
  } finally {
    await to.close();
  }
}
