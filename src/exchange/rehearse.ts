import { isDeepStrictEqual } from 'node:util';
import { type Recalled, recall } from '../compute/recall.ts';
import type { Fault } from '../fault/fault.ts';
import { momentsOf } from '../participants/moments.ts';
import type { Registry } from '../participants/registry.ts';
import { schemasOf } from '../participants/type-versions.ts';
import { buildContentRegistry, type ContentRegistry } from '../schema/registry.ts';
import type { RecordedMessage } from './recorded.ts';
import { type Group, type Mark, Tally } from './tally.ts';
import { type RecalledMessage, verdictOn } from './verdict.ts';

/** What a change would do to the messages that were recorded, were they sent again. */
export interface Rehearsal {
  /** Messages that were judged. */
  readonly judged: number;
  /** Those that could not be read, and say nothing. */
  readonly unread: number;
  readonly first: Mark | undefined;
  readonly last: Mark | undefined;
  /** How many of each information system. */
  readonly systems: ReadonlyMap<string, number>;
  /** When they were sent, ms UTC: now, and when something of the change begins or ends. */
  readonly moments: readonly number[];
  /** Later moments that nobody looked at. */
  readonly momentsLeftOut: number;
  /** The change refuses them, each at the first of the moments at which it does. */
  readonly refused: readonly Group[];
  /** They are refused today, and the change would let them in. */
  readonly admitted: readonly Group[];
  /** They are refused today, and would be. */
  readonly already: readonly Group[];
}

export interface RehearsalSettings {
  /** ms UTC */
  readonly now: number;
  /** Files of one message. */
  readonly partsMax: number;
  /** Told after each message, with how many there were. */
  readonly progress?: (done: number) => void;
}

/** Moments that are judged; each costs as much as the messages are many. */
const momentsMax = 20;

/**
 * Sends recorded messages again in thought, to what is declared before a change and after it.
 *
 * @param messages the latest first
 */
export async function rehearse(
  messages: AsyncIterable<RecordedMessage>,
  before: Registry,
  after: Registry,
  { now, partsMax, progress }: RehearsalSettings,
): Promise<Rehearsal> {
  const ahead = momentsOf(before, after, now);
  const moments = [now, ...ahead.slice(0, momentsMax - 1)];
  const tallies = { refused: new Tally(), admitted: new Tally(), already: new Tally() };
  const systems = new Map<string, number>();
  const seen = { judged: 0, unread: 0, first: undefined as Mark | undefined };
  let last: Mark | undefined;
  const schemas = compile(before, after, now);
  try {
    for await (const message of messages) {
      const recalled = await read(message, schemas);
      if (recalled === undefined) seen.unread += 1;
      else {
        const judging = { before, after, moments, partsMax };
        const fate = fateOf(message, recalled, judging);
        if (fate !== undefined) tallies[fate.kind].add(fate, message);
        seen.judged += 1;
        seen.first = { messageId: message.messageId, acceptedAt: message.acceptedAt };
        last ??= seen.first;
        systems.set(message.system, (systems.get(message.system) ?? 0) + 1);
      }
      progress?.(seen.judged + seen.unread);
    }
  } finally {
    for (const each of new Set(schemas)) each.dispose();
  }
  const { refused, admitted, already } = tallies;
  return {
    ...seen,
    last,
    systems,
    moments,
    momentsLeftOut: ahead.length + 1 - moments.length,
    refused: refused.groups,
    admitted: admitted.groups,
    already: already.groups,
  };
}

/** The schemas of both; the same where no message type differs, so that content is judged once. */
function compile(
  before: Registry,
  after: Registry,
  now: number,
): [ContentRegistry, ContentRegistry] {
  const plain = ({ messageTypes }: Registry) => schemasOf(messageTypes, now);
  const old = buildContentRegistry(plain(before));
  if (isDeepStrictEqual(plain(before), plain(after))) return [old, old];
  return [old, buildContentRegistry(plain(after))];
}

type Schemas = readonly [ContentRegistry, ContentRegistry];

async function read(
  message: RecordedMessage,
  [old, fresh]: Schemas,
): Promise<Recalled | undefined> {
  try {
    const envelope = await message.envelope();
    return recall({ ...message, envelope }, old === fresh ? [old] : [old, fresh]);
  } catch {
    return undefined;
  }
}

interface Judging {
  readonly before: Registry;
  readonly after: Registry;
  readonly moments: readonly number[];
  readonly partsMax: number;
}

interface Fate {
  readonly kind: 'refused' | 'admitted' | 'already';
  readonly fault: Fault;
  readonly moment: number;
}

/**
 * What the change does to a message: refuse it at some moment, if anything; else take what was refused, or
 * leave refused what is so today. Undefined where it is taken all along.
 */
function fateOf(recorded: RecordedMessage, recalled: Recalled, judging: Judging): Fate | undefined {
  const message: RecalledMessage = { recorded, recalled };
  const { contents } = recalled;
  const { before, after, moments, partsMax } = judging;
  const standards = [
    { registry: before, content: contents[0], partsMax },
    { registry: after, content: contents.at(-1), partsMax },
  ] as const;
  let found: Fate | undefined;
  for (const moment of moments) {
    const [was, is] = standards.map((standard) => verdictOn(message, standard, moment));
    if (was === undefined && is !== undefined) return { kind: 'refused', fault: is, moment };
    if (was === undefined || found?.kind === 'admitted') continue;
    if (is === undefined) found = { kind: 'admitted', fault: was, moment };
    else if (moment === moments[0]) found = { kind: 'already', fault: is, moment };
  }
  return found;
}
