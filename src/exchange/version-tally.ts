import type { ClaimedContent, Refused, Verified } from '../compute/judge.ts';
import { Fault } from '../fault/fault.ts';
import type { InformationSystem } from '../participants/registry.ts';
import { countingVersions } from '../participants/type-versions.ts';
import { knowCaller } from './caller.ts';
import type { ExchangeContext } from './context.ts';
import { checkMessageId } from './fresh.ts';

/** What a version said of messages. */
export interface Verdicts {
  readonly type: string;
  readonly version: string;
  readonly taken: number;
  readonly refused: number;
}

/** Messages that are remembered as counted. */
const seenMax = 20_000;

/** Counts in memory what versions said of messages, until somebody takes the counts. */
export class VersionTally {
  readonly #counts = new Map<string, Verdicts>();
  readonly #seen = new Set<string>();

  /** One that comes again, whoever sends it, is counted once. */
  add(type: string, version: string, messageId: string, isTaken: boolean): void {
    const key = `${type} ${version}`;
    const one = `${key} ${messageId}`;
    if (this.#seen.has(one)) return;
    this.#seen.add(one);
    const [eldest] = this.#seen;
    if (this.#seen.size > seenMax && eldest !== undefined) this.#seen.delete(eldest);
    const before = this.#counts.get(key) ?? { type, version, taken: 0, refused: 0 };
    this.#counts.set(key, {
      ...before,
      taken: before.taken + (isTaken ? 1 : 0),
      refused: before.refused + (isTaken ? 0 : 1),
    });
  }

  /** What was counted since it was asked last. */
  take(): Verdicts[] {
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    return counts;
  }
}

type Counting = Pick<ExchangeContext, 'limits' | 'registry' | 'versionTally'>;

/**
 * Counts what the newest version of a type that has the root says of a message, where it is to be rolled
 * back by itself: of messages alone whose signature is right, by a system that takes part in the type and
 * that no other version is pinned for; each once, and of today.
 *
 * @param at ms UTC
 */
export function noteContent(
  context: Counting,
  system: InformationSystem,
  { content, claimedMessageId }: Pick<Verified, 'content' | 'claimedMessageId'>,
  at: number,
): void {
  if (content === undefined) return;
  const fits = ({ version }: { readonly version: string }) =>
    content.versions.some((each) => each.version === version && each.findings.length === 0);
  const versions = content.versions.map(({ version }) => version);
  const { messageType } = content;
  note(context, system, { messageType, versions, messageId: claimedMessageId }, at, fits);
}

/** The same of a message that was refused for its content, or for whatever else. @param at ms UTC */
export function noteRefusedContent(
  context: Counting,
  { fault, fingerprint, claimedContent, claimedMessageId: messageId }: Refused,
  at: number,
): void {
  if (fault.code !== 'CONTENT_INVALID' || fingerprint === undefined) return;
  if (claimedContent === undefined) return;
  try {
    const signed = { certificate: { fingerprint }, personalCertificate: undefined };
    const { system } = knowCaller(context.registry(), signed, at);
    note(context, system, { ...claimedContent, messageId }, at, () => false);
  } catch (error) {
    // Whoever is not known, or no longer, has no say.
    if (!(error instanceof Fault)) throw error;
  }
}

interface Noted extends ClaimedContent {
  readonly messageId: string | undefined;
}

function note(
  { limits, registry, versionTally }: Counting,
  { id, participant }: InformationSystem,
  { messageType, versions, messageId }: Noted,
  at: number,
  fits: (version: { readonly version: string }) => boolean,
): void {
  const type = registry().findMessageType(messageType);
  if (type === undefined || type.pins[id] !== undefined || messageId === undefined) return;
  if (!type.senders.includes(participant) && !type.providers.includes(participant)) return;
  const newest = countingVersions(type, at).find(({ version }) => versions.includes(version));
  if (newest?.rollback === undefined || !isFresh(messageId, at, limits)) return;
  versionTally.add(messageType, newest.version, messageId, fits(newest));
}

function isFresh(messageId: string, at: number, limits: Counting['limits']): boolean {
  try {
    checkMessageId(messageId, at, limits);
    return true;
  } catch {
    return false;
  }
}
