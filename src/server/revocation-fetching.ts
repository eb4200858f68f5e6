import type { Millis } from '../clock.ts';
import type { Config } from '../config/table.ts';
import { listCertificates } from '../participants/certificates.ts';
import { forgetAsked, readAsked } from '../participants/revocation-questions.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { TrustStore } from '../pki/path.ts';
import {
  hostOf,
  isDue,
  type RevocationQuestion,
  revocationSources,
  urlOf,
} from '../pki/revocation-sources.ts';
import { leaveDuty, takeDuty } from '../queue/duty.ts';
import type { RevocationQuestionTable } from '../store/revocation-tables.ts';
import { type Repeating, startRepeating } from './repeating.ts';
import { revocationCaller } from './revocation-call.ts';
import { watchRevocation } from './revocation-metrics.ts';
import { type Ask, askHost, type FetchingContext } from './revocation-round.ts';

type Settings = Config['trust']['fetch'];

const lookMs = 2000;
/** After this time nothing more is asked in a round; the rest has its turn in the next. */
const roundMs = 60_000;
const duty = 'fetching revocation';

/**
 * Asks again and again, ahead of any message, for the lists and the OCSP answers that registered
 * certificates and intermediates name; of all processes one at a time. What cannot be had leaves what
 * is stored as it is.
 *
 * @param everyMs how often to look whether something is to be asked
 */
export function startFetching(
  context: FetchingContext,
  { trust }: Pick<Config, 'trust'>,
  everyMs = lookMs,
): Repeating {
  const { fetch, revocation } = trust;
  if (revocation === 'off' || fetch.hosts.length === 0) return { stop: async () => undefined };
  const stopping = new AbortController();
  const { signal } = stopping;
  const caller = revocationCaller(fetch);
  const { see } = watchRevocation(context);
  const plan = planner(context, fetch);
  const work = async () => {
    const { clock, database } = context;
    const asked = await readAsked(database.kysely);
    see(asked);
    const questions = await plan();
    if (!isAnythingToDo(questions, asked, fetch, clock.now())) return;
    const began = clock.now();
    const withinMs = roundMs + fetch.timeoutMs;
    if (!(await takeDuty(database.kysely, duty, began, withinMs))) return;
    try {
      // Another process may have asked since.
      const before = await readAsked(database.kysely);
      await forgetAsked(database.kysely, goneOf(before, questions));
      const due = dueByHost(questions, before, fetch, clock.now());
      const round = { context, fetch, caller, endAt: began + roundMs, signal };
      const ended = await Promise.allSettled(due.map((asks) => askHost(asks, round)));
      const broken = ended.find((each) => each.status === 'rejected');
      if (broken !== undefined) throw broken.reason;
    } finally {
      await leaveDuty(database.kysely, duty, clock.now());
    }
  };
  const repeating = startRepeating(duty, everyMs, work, context.log);
  return {
    stop: async () => {
      stopping.abort();
      await repeating.stop();
      await caller.close();
    },
  };
}

/** Whom to ask, found anew when certificates change. */
function planner(
  { clock, database, log, registry }: FetchingContext,
  { hosts }: Settings,
): () => Promise<readonly RevocationQuestion[]> {
  let seen: TrustStore | undefined;
  let known = { of: '', questions: [] as readonly RevocationQuestion[] };
  return async () => {
    const now = clock.now();
    const trust = registry().trustAt(now);
    if (seen === trust) return known.questions;
    const registered = await listCertificates(database.kysely);
    const certificates = registered
      .filter(({ window: { until } }) => until === null || now < until)
      .map(({ certificate }) => certificate);
    const all = [...certificates, ...trust.intermediates].filter(({ notAfter }) => now < notAfter);
    // A new list or answer changes nobody's issuer, which took signatures to find.
    const of = [...all, ...trust.anchors].map(({ fingerprint }) => fingerprint).join();
    if (of !== known.of) known = { of, questions: find(all, trust) };
    seen = trust;
    return known.questions;
  };
  function find(all: readonly Certificate[], trust: TrustStore): readonly RevocationQuestion[] {
    const { questions, notAllowed } = revocationSources(all, trust, hosts);
    if (notAllowed.length > 0) {
      log.info({ hosts: notAllowed.slice(0, 20) }, 'not in trust.fetch.hosts, not asked');
    }
    return questions;
  }
}

function isAnythingToDo(
  questions: readonly RevocationQuestion[],
  asked: AskedBefore,
  fetch: Settings,
  now: Millis,
): boolean {
  return goneOf(asked, questions).length > 0 || dueByHost(questions, asked, fetch, now).length > 0;
}

type AskedBefore = ReadonlyMap<string, RevocationQuestionTable>;

function goneOf(asked: AskedBefore, questions: readonly RevocationQuestion[]): string[] {
  const ids = new Set(questions.map(({ id }) => id));
  return [...asked.keys()].filter((id) => !ids.has(id));
}

/** What is due, by whom it is asked. */
function dueByHost(
  questions: readonly RevocationQuestion[],
  asked: AskedBefore,
  fetch: Settings,
  now: Millis,
): Ask[][] {
  const hosts = new Map<string, Ask[]>();
  for (const question of questions) {
    const row = asked.get(question.id);
    const before = row && { at: row.asked_at, failures: row.failures };
    if (!isDue(before, fetch, now)) continue;
    const url = urlOf(question, before);
    const host = hostOf(url) ?? '';
    const asks = hosts.get(host) ?? [];
    hosts.set(host, asks);
    asks.push({ question, url, host, before: row });
  }
  return [...hosts.values()];
}
