import { createHash } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgencyRequest, Collected, Inbox } from '../../src/connectors/connector.ts';
import type { DownloadDesk } from '../../src/connectors/smev-files.ts';
import type { DirectoryRoute } from '../../src/participants/routes.ts';
import { newMessageId } from '../../src/smev/message-id.ts';
import { birthNamespace, birthRequest } from '../harness/content.ts';

export const noon = Date.UTC(2026, 2, 4, 12);

export function routeOf(folder: string, change: Partial<DirectoryRoute> = {}): DirectoryRoute {
  const limits = { pollMs: 10, answerBytesMax: 4096, answerWithinMs: 86_400_000 };
  return { kind: 'directory', folder, ...limits, ...change };
}

/** A file store that is not there: nobody in these tests answers with files. */
export const noDesk: DownloadDesk = {
  store: { create: () => Promise.reject(new Error('no store')) },
  filesMax: 0,
  bytesMax: 0,
  digester: {
    begin: () => {
      throw new Error('nothing is downloaded');
    },
  },
};

/** The same number gives the same request. */
export function requestOf(number: number): AgencyRequest {
  const random = createHash('sha256').update(`request ${number}`).digest().subarray(0, 8);
  return {
    exchangeId: `exchange-${number}`,
    messageId: newMessageId(noon + number * 1000, random),
    messageType: 'birth-record',
    sender: 'IS_A',
    eol: undefined,
    test: false,
    attempt: 1,
    root: { namespace: birthNamespace, local: 'BirthRecordRequest' },
    content: Buffer.from(birthRequest(`Испытатель ${number} ${'я'.repeat(number * 50)}`)),
    files: [],
    replyTo: 'secret',
  };
}

/** An agency that takes requests away as soon as it sees them. */
export class TakingAgency {
  /** Contents by MessageID, one for each time that the request appeared. */
  readonly taken = new Map<string, Buffer[]>();
  readonly bare: string[] = [];
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Looks again and again, and once more after the end. */
  async lookUntil<T>(end: Promise<T>): Promise<T> {
    let ended = false;
    const mark = end.finally(() => {
      ended = true;
    });
    while (!ended) {
      await this.look();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await this.look();
    return mark;
  }

  async look(): Promise<void> {
    const out = join(this.#root, 'out');
    const names = await readdir(out).catch(() => [] as string[]);
    for (const name of names) {
      if (!/^[^.].*\.xml$/.test(name)) continue;
      const messageId = name.slice(0, -4);
      const content = await readFile(join(out, name));
      const beside = await readFile(join(out, `${messageId}.json`), 'utf8').catch(() => '');
      if (!beside.includes(messageId)) this.bare.push(name);
      await rename(join(out, name), join(this.#root, `at-the-agency-${messageId}`));
      this.taken.set(messageId, [...(this.taken.get(messageId) ?? []), content]);
    }
  }
}

/** Stands for the node's database: it knows these ids and remembers what it was given. */
export class RecordingInbox implements Inbox {
  readonly got: Collected[] = [];
  readonly #known: ReadonlySet<string>;
  /** Thrown instead of recording. */
  refusal: ((collected: Collected) => Error | undefined) | undefined;

  constructor(known: Iterable<string>) {
    this.#known = new Set(known);
  }

  async take(collected: Collected): Promise<'taken' | 'unknown'> {
    const error = this.refusal?.(collected);
    if (error !== undefined) throw error;
    if (!this.#known.has(collected.messageId)) return 'unknown';
    this.got.push(collected);
    return 'taken';
  }

  async giveUp(): Promise<void> {}
}
