import type { ClaimedContent, ContentJudgement, Refused } from '../compute/judge.ts';
import type { InformationSystem } from '../participants/registry.ts';
import { countingVersions } from '../participants/type-versions.ts';
import type { ExchangeContext } from './context.ts';

/** What a version said of messages. */
export interface Verdicts {
  readonly type: string;
  readonly version: string;
  readonly taken: number;
  readonly refused: number;
}

/** Counts in memory what versions said of messages, until somebody takes the counts. */
export class VersionTally {
  readonly #counts = new Map<string, Verdicts>();

  add(type: string, version: string, isTaken: boolean): void {
    const key = `${type} ${version}`;
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

type Counting = Pick<ExchangeContext, 'registry' | 'versionTally'>;

/**
 * Counts what the newest version of a type that has the root says of a message, where it is to be rolled
 * back by itself: of messages alone whose signature is right, by a system that takes part in the type and
 * that no other version is pinned for.
 *
 * @param at ms UTC
 */
export function noteContent(
  context: Counting,
  system: InformationSystem,
  content: ContentJudgement | undefined,
  at: number,
): void {
  if (content === undefined) return;
  const fits = ({ version }: { readonly version: string }) =>
    content.versions.some((each) => each.version === version && each.findings.length === 0);
  const names = content.versions.map(({ version }) => version);
  note(context, system, { messageType: content.messageType, versions: names }, at, fits);
}

/** The same of a message that was refused for its content, or for whatever else. @param at ms UTC */
export function noteRefusedContent(
  context: Counting,
  { fault, fingerprint, claimedContent }: Refused,
  at: number,
): void {
  if (fault.code !== 'CONTENT_INVALID' || fingerprint === undefined) return;
  const owner = context.registry().systemOfCertificate(fingerprint);
  if (owner === undefined || claimedContent === undefined) return;
  note(context, owner.system, claimedContent, at, () => false);
}

function note(
  { registry, versionTally }: Counting,
  { id, participant }: InformationSystem,
  { messageType, versions }: ClaimedContent,
  at: number,
  fits: (version: { readonly version: string }) => boolean,
): void {
  const type = registry().findMessageType(messageType);
  if (type === undefined || type.pins[id] !== undefined) return;
  if (!type.senders.includes(participant) && !type.providers.includes(participant)) return;
  const newest = countingVersions(type, at).find(({ version }) => versions.includes(version));
  if (newest?.rollback === undefined) return;
  versionTally.add(messageType, newest.version, fits(newest));
}
