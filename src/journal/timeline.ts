import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.ts';

/** One step of an exchange, as an entry tells it. */
export interface Step {
  /** One of entryKinds. */
  readonly kind: string;
  /** ms UTC. */
  readonly at: number;
  /** 'good', or the code of a fault. */
  readonly verdict: string;
  /** Since the step before; 0 at the first. */
  readonly ms: number;
  /** Operation of the protocol, where the entry names it. */
  readonly operation: string | undefined;
  /** Of an attempt at a delivery: its number, how long it took in ms, and how it ended. */
  readonly attempt: number | undefined;
  readonly took: number | undefined;
  readonly outcome: string | undefined;
}

/** What happened to an exchange, in the order of time, over the chains of all nodes. */
export async function readTimeline(db: Kysely<Tables>, exchangeId: string): Promise<Step[]> {
  const entries = await db
    .selectFrom('journal_entry')
    .select(['at', 'kind', 'verdict', 'detail'])
    .where('exchange_id', '=', exchangeId)
    .orderBy('at')
    .orderBy('node')
    .orderBy('sequence')
    .execute();
  return entries.map(({ at, kind, verdict, detail }, n) => ({
    kind,
    at,
    verdict,
    ms: at - (entries[n - 1]?.at ?? at),
    ...particularsOf(detail),
  }));
}

function particularsOf(
  detail: string | null,
): Pick<Step, 'operation' | 'attempt' | 'took' | 'outcome'> {
  const told = JSON.parse(detail ?? '{}') as Readonly<Record<string, unknown>>;
  const text = (name: string) => (typeof told[name] === 'string' ? told[name] : undefined);
  const number = (name: string) => (typeof told[name] === 'number' ? told[name] : undefined);
  return {
    operation: text('operation'),
    attempt: number('attempt'),
    took: number('ms'),
    outcome: text('outcome') ?? text('decision'),
  };
}
