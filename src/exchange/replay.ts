import { findMessage } from '../compute/kept.ts';
import type { Finding } from '../fault/fault.ts';
import type { TypeVersion } from '../participants/type-versions.ts';
import { compileSchemas } from '../schema/compile.ts';
import { validateElement } from '../schema/validate.ts';
import { primaryContent } from '../smev/requests.ts';
import { carried } from '../xml/canonicalize.ts';
import { withXml } from '../xml/document.ts';
import type { RecordedMessage } from './recorded.ts';
import type { Mark } from './tally.ts';

/** What recorded messages come to under a version that they were not written by. */
export interface Replay {
  /** Messages of the type that were judged, and how many of them fit. */
  readonly judged: number;
  readonly fit: number;
  /** Those that could not be read, or hold no content, and say nothing. */
  readonly unread: number;
  readonly misfits: readonly Misfit[];
}

/** Messages of one system that do not fit for one reason. */
export interface Misfit {
  readonly system: string;
  readonly side: 'request' | 'response';
  /** Of the last message: the first thing that is wrong with it. */
  readonly finding: Finding;
  readonly count: number;
  readonly first: Mark;
  readonly last: Mark;
}

/** A version as it would judge, and how namespaces of those before it are called in it. */
export interface ReplayUnder {
  readonly version: TypeVersion;
  readonly renamed: ReadonlyMap<string, string>;
  /** Told after each message, with how many there were. */
  readonly progress?: (done: number) => void;
}

/**
 * Judges the content of recorded messages by the schemas of a version, as if their senders had changed
 * nothing but the namespaces.
 *
 * @param messages of one type, the latest first
 * @throws SchemaRefused where the schemas do not compile
 */
export async function replay(
  messages: AsyncIterable<RecordedMessage>,
  { version, renamed, progress }: ReplayUnder,
): Promise<Replay> {
  const schema = compileSchemas(version.schemas, version.schemas[0]?.name ?? '');
  const misfits = new Map<string, Misfit>();
  const counts = { judged: 0, fit: 0, unread: 0 };
  try {
    for await (const message of messages) {
      const content = await contentOf(message, renamed);
      if (content === undefined) counts.unread += 1;
      else {
        counts.judged += 1;
        const [finding] = withXml(content.bytes, ({ root }) => validateElement(schema, root, 1));
        if (finding === undefined) counts.fit += 1;
        else addMisfit(misfits, message, content.side, finding);
      }
      progress?.(counts.judged + counts.unread);
    }
  } finally {
    schema.dispose();
  }
  const groups = [...misfits.values()].toSorted((a, b) => b.count - a.count);
  return { ...counts, misfits: groups };
}

interface Content {
  readonly side: Misfit['side'];
  readonly bytes: Uint8Array;
}

async function contentOf(
  message: RecordedMessage,
  renamed: ReplayUnder['renamed'],
): Promise<Content | undefined> {
  try {
    const envelope = await message.envelope();
    return withXml(envelope, (document): Content | undefined => {
      const { payload, data } = findMessage(document, message.version);
      const content = primaryContent(data, message.version);
      if (content === undefined) return undefined;
      const side = payload.name.startsWith('SendRequest') ? 'request' : 'response';
      return { side, bytes: renamedIn(carried(content), renamed) };
    });
  } catch {
    return undefined;
  }
}

/** In canonical form a namespace stands in double quotes, and quotes in text stand for themselves. */
function renamedIn(canonical: Buffer, renamed: ReplayUnder['renamed']): Buffer {
  let text = canonical.toString('utf8');
  for (const [from, to] of renamed) text = text.replaceAll(`="${from}"`, `="${to}"`);
  return Buffer.from(text);
}

function addMisfit(
  misfits: Map<string, Misfit>,
  { system, messageId, acceptedAt }: RecordedMessage,
  side: Misfit['side'],
  finding: Finding,
): void {
  const mark = { messageId, acceptedAt };
  const key = JSON.stringify([system, side, finding.rule, finding.path]);
  const before = misfits.get(key);
  misfits.set(
    key,
    before === undefined
      ? { system, side, finding, count: 1, first: mark, last: mark }
      : { ...before, count: before.count + 1, first: mark },
  );
}
