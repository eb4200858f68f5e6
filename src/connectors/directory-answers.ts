import { lstat, opendir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../fault/fault.ts';
import type { FileDesk } from './arriving-files.ts';
import type { Collected, Inbox } from './connector.ts';
import { takeAnswerFiles } from './directory-answer-files.ts';
import {
  isMessageId,
  isUnfinished,
  type Named,
  readContent,
  readName,
  type Why,
} from './directory-files.ts';
import {
  codeOf,
  type ExchangeFolder,
  exists,
  failureOf,
  isStill,
  nonce,
  readRegular,
  syncFolder,
  unless,
} from './exchange-folder.ts';
import { ConnectorFailure } from './failure.ts';

/** Where answers lie, and where their files go. */
export interface AnswerFolder {
  readonly folder: ExchangeFolder;
  /** Of an answer without its files. */
  readonly bytesMax: number;
  readonly desk: FileDesk;
}

/** Files looked at in one call; what is left waits for the next. */
const filesMax = 10_000;
/** Names in the folder that one call passes by. */
const namesMax = 100_000;
/** So many failures in a row are not of one file. */
const failuresMax = 10;

/**
 * Takes every finished file of in/: into the archive once the inbox has it on disk, into error/ with
 * a reason where it says nothing. What could not be recorded stays where it is, and keeps no other
 * file from being taken.
 *
 * @throws ConnectorFailure the first that happened to a file, after the others; what node:fs throws
 */
export async function collectAnswers(
  from: AnswerFolder,
  inbox: Inbox,
  signal: AbortSignal,
): Promise<void> {
  const { folder } = from;
  const taker = new Taker(from, inbox);
  const failed: ConnectorFailure[] = [];
  let [names, files, inARow] = [0, 0, 0];
  for await (const { name } of await opendir(folder.path('in'))) {
    if (signal.aborted || ++names > namesMax || files >= filesMax) break;
    // The files of an answer wait for it.
    if (isUnfinished(name) || (await isFolderOfFiles(folder, name))) continue;
    files += 1;
    try {
      await taker.take(name);
      inARow = 0;
    } catch (error) {
      inARow += 1;
      failed.push(failureOfFile(error, folder, name));
      if (inARow >= failuresMax) break;
    }
  }
  if (failed[0] !== undefined) throw failed[0];
}

async function isFolderOfFiles(folder: ExchangeFolder, name: string): Promise<boolean> {
  if (!isMessageId(name)) return false;
  const found = await lstat(folder.path('in', name)).catch(unless('ENOENT'));
  return found?.isDirectory() === true;
}

function failureOfFile(error: unknown, folder: ExchangeFolder, name: string): ConnectorFailure {
  const path = folder.path('in', readName(name) === undefined ? '' : name);
  if (!(error instanceof Fault)) return failureOf(error, path);
  return new ConnectorFailure('NODE_ERROR', `${path}: ${error.code}`, { cause: error });
}

class Taker {
  readonly #folder: ExchangeFolder;
  readonly #bytesMax: number;
  readonly #desk: FileDesk;
  readonly #inbox: Inbox;

  constructor({ folder, bytesMax, desk }: AnswerFolder, inbox: Inbox) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
    this.#desk = desk;
    this.#inbox = inbox;
  }

  async take(name: string): Promise<void> {
    const named = readName(name);
    if (named === undefined) return this.#putAside(name, strange);
    if (named.form !== 'interim') {
      // What was said on the way comes before the end of it.
      const status = `${named.messageId}.status.json`;
      if (await exists(this.#folder.path('in', status))) await this.take(status);
    }
    const path = this.#folder.path('in', name);
    const reading = await readRegular(path, this.#bytesMax);
    if (reading.kind === 'gone') return;
    if (reading.kind === 'irregular') return this.#putAside(name, irregular);
    if (reading.kind === 'large') return this.#putAside(name, large(this.#bytesMax));
    const content = readContent(named, reading.bytes);
    if ('why' in content) return this.#putAside(name, content.why);
    const collected = await this.#withFiles(content.collected);
    if ('why' in collected) return this.#putAside(name, collected.why);
    const outcome = await this.#inbox.take(collected);
    // The agency has put another file there meanwhile: that one has its own turn.
    if (!(await isStill(path, reading.seen))) return;
    if (outcome === 'unknown') return this.#putAside(name, unknown);
    await this.#archive(name, named);
  }

  /** What lies in the folder beside an answer goes with it. */
  async #withFiles(collected: Collected): Promise<Collected | { readonly why: Why }> {
    const { messageId, answer } = collected;
    if (answer.kind !== 'content') return collected;
    const taken = await takeAnswerFiles(this.#folder.path('in', messageId), this.#desk);
    if ('why' in taken) return taken;
    if (taken.files.length === 0) return collected;
    return { messageId, answer: { ...answer, files: taken.files } };
  }

  /** The request goes first: as long as the answer is there, it is taken again. */
  async #archive(name: string, { messageId, form }: Named): Promise<void> {
    const day = await this.#folder.dayFolder('archive', messageId);
    if (form !== 'interim') {
      for (const ending of ['xml', 'json']) {
        const request = this.#folder.path('out', `${messageId}.${ending}`);
        if (!(await exists(request))) continue;
        await this.#folder.move(request, day, `${messageId}.request.${ending}`);
      }
      await this.#moveFiles(this.#folder.path('out', messageId), day, `${messageId}.request`);
    }
    if (form === 'content') {
      await this.#moveFiles(this.#folder.path('in', messageId), day, messageId);
    }
    await this.#folder.move(this.#folder.path('in', name), day, name);
  }

  async #moveFiles(files: string, toFolder: string, name: string): Promise<void> {
    if (await exists(files)) await this.#folder.move(files, toFolder, name);
  }

  async #putAside(name: string, why: Why): Promise<void> {
    const safe = `${name.replace(/[^\w.-]/g, '_').slice(0, 100)}.${nonce()}`;
    const text = `${safe}\n${why.ru}\n${why.en}\n`;
    await this.#folder.put('error', `${safe}.why.txt`, Buffer.from(text));
    try {
      await rename(this.#folder.path('in', name), this.#folder.path('error', safe));
    } catch (error) {
      await unlink(this.#folder.path('error', `${safe}.why.txt`));
      if (codeOf(error) !== 'ENOENT') throw error;
      // It went meanwhile, or its name is not UTF-8 and nothing can be done with it from here.
      if (name.includes('\ufffd')) {
        throw new ConnectorFailure('NODE_ERROR', `${join(this.#folder.root, 'in')}: file name`);
      }
    }
    const named = readName(name);
    if (named?.form === 'content') {
      const files = this.#folder.path('in', named.messageId);
      await this.#moveFiles(files, this.#folder.path('error'), `${safe}.files`);
    }
    await syncFolder(this.#folder.path('error'));
  }
}

const strange: Why = {
  ru: 'имя не по соглашению: нужно MessageID.xml, MessageID.reject.json или MessageID.status.json',
  en: 'not a name of the convention: MessageID.xml, MessageID.reject.json or MessageID.status.json',
};
const irregular: Why = {
  ru: 'не обычный файл: ссылки и каталоги не читаются',
  en: 'not a regular file: links and folders are not read',
};
const unknown: Why = {
  ru: 'по этому маршруту нет запроса с таким MessageID',
  en: 'no request with this MessageID went by this route',
};

function large(bytesMax: number): Why {
  return {
    ru: `больше допустимого (${bytesMax} байт)`,
    en: `larger than allowed (${bytesMax} bytes)`,
  };
}
