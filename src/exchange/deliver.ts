import type { AgencyRequest, Connector } from '../connectors/connector.ts';
import { ConnectorFailure, failures } from '../connectors/failure.ts';

import { asFault, Fault } from '../fault/fault.ts';
import { notCarried } from '../participants/routes.ts';
import type { BreakerRules } from '../queue/breaker.ts';
import {
  awaitAnswer,
  backoffMs,
  type Claimed,
  endDelivery,
  finishDelivery,
  killDelivery,
  postponeDelivery,
} from '../queue/delivery.ts';
import { noteDown, noteUp, pause } from '../queue/lanes.ts';
import type { ExchangeTable } from '../store/tables.ts';
import {
  type AgencyNews,
  enterDelivery,
  prepareNews,
  recordNews,
  recordPrepared,
} from './agency.ts';
import { agencyRequest } from './agency-request.ts';
import type { ExchangeContext } from './context.ts';
import { getExchange } from './exchanges.ts';
import { receiverOf } from './pressure.ts';

/** How often a delivery is tried and how long it waits in between. */
export interface DeliveryRules {
  readonly attemptsMax: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  readonly breaker: BreakerRules;
}

const expiredAgainMs = 1000;

/**
 * One attempt to carry an exchange to its agency through the route's connector, or to ask after its
 * answer. What the agency says is recorded in the same transaction that moves the delivery on; so an
 * attempt that dies anywhere is made again, with the same MessageID, and doubles nothing.
 */
export async function deliverExchange(
  context: ExchangeContext,
  connectorOf: (messageType: string) => Connector,
  rules: DeliveryRules,
  claimed: Claimed,
  signal: AbortSignal,
): Promise<void> {
  const { clock, database } = context;
  const exchange = await getExchange(database.kysely, claimed.exchange_id);
  const now = clock.now();
  if (exchange.answered === 1) {
    await endDelivery(database.kysely, exchange.id, 'dead', now);
    return;
  }
  const attempt: Attempt = { context, exchange, claimed, rules, began: now };
  // Nobody wants the answer any more; the sender is being told so (expire.ts).
  if (exchange.eol !== null && exchange.eol <= now) return release(attempt, now + expiredAgainMs);
  try {
    const news = await ask(context, connectorOf(exchange.message_type), exchange, claimed, signal);
    await take(attempt, news);
    await noteUp(database.kysely, claimed.lane);
  } catch (thrown) {
    await fail(attempt, failureOf(thrown, signal));
  }
}

interface Attempt {
  readonly context: ExchangeContext;
  readonly exchange: ExchangeTable;
  readonly claimed: Claimed;
  readonly rules: DeliveryRules;
  readonly began: number;
}

async function ask(
  context: ExchangeContext,
  connector: Connector,
  exchange: ExchangeTable,
  claimed: Claimed,
  signal: AbortSignal,
): Promise<AgencyNews> {
  const request = await agencyRequest(context, exchange, claimed.attempts);
  checkStillCarried(connector, request);
  if (claimed.ticket === null) return untilAborted(connector.deliver(request, signal), signal);
  if (connector.ask === undefined) {
    throw new ConnectorFailure('NOT_SENT', 'the route was changed while the answer was awaited');
  }
  return untilAborted(connector.ask(request, claimed.ticket, signal), signal);
}

/** The route may have been changed after the request was accepted: its files are not left behind. */
function checkStillCarried({ carries }: Connector, { files }: AgencyRequest): void {
  const left = notCarried(carries, files);
  if (left === undefined) return;
  throw new ConnectorFailure('NOT_SENT', `the route carries no files that are ${left.place}`);
}

/** An attempt ends with its time, whatever its connector does. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

/** Statuses are passed on; an answer ends the delivery, otherwise it goes on later. */
async function take(attempt: Attempt, news: AgencyNews): Promise<void> {
  const { context, exchange, claimed } = attempt;
  const prepared = await prepareNews(context, exchange, news);
  const now = context.clock.now();
  const later =
    news.kind === 'waiting' ? { ticket: news.ticket, askAt: now + news.askAfterMs } : undefined;
  const held = await recordPrepared(prepared, () =>
    context.journal.commit(async (scope) => {
      const moved =
        later === undefined
          ? await finishDelivery(scope.tx, claimed, now)
          : await awaitAnswer(scope.tx, claimed, later);
      // Another attempt took over meanwhile: what this one got must not count a second time.
      if (!moved) return false;
      // To have asked once more and heard nothing new is no step of the exchange.
      const heardNothing = later !== undefined && claimed.ticket !== null;
      if (!heardNothing || prepared.answers.length > 0) {
        const detail = { ...ofAttempt(attempt), outcome: news.kind };
        const { evidence } = prepared;
        enterDelivery(context, scope, exchange, { verdict: 'good', evidence, detail });
      }
      await recordNews(context, scope, exchange, prepared);
      return true;
    }),
  );
  if (!held) return;
  if (later === undefined) noteLeft(attempt);
  else comeBack(attempt, later.askAt);
}

/** It waits for its agency no more. */
function noteLeft({ context, exchange, claimed: { lane } }: Attempt): void {
  context.pressure.noteLeft(receiverOf({ kind: 'connector', lane }), exchange.sender_system);
}

function ofAttempt({ context, claimed, began }: Attempt) {
  return { attempt: claimed.attempts, ms: context.clock.now() - began };
}

function comeBack({ context, claimed }: Attempt, dueAt: number): void {
  context.queue.enqueue({ ...claimed, due_at: dueAt });
}

async function release(attempt: Attempt, dueAt: number): Promise<void> {
  const { context, claimed } = attempt;
  const { cause, failures: before } = claimed;
  const again = { dueAt, cause, failures: before };
  await context.journal.commit(({ tx }) => postponeDelivery(tx, claimed, again));
  comeBack(attempt, dueAt);
}

async function fail(attempt: Attempt, failure: ConnectorFailure): Promise<void> {
  const { context, exchange, claimed, rules } = attempt;
  const { code, message: why } = failure;
  const about = { exchange: exchange.id, lane: claimed.lane, attempt: claimed.attempts };
  context.log.warn({ ...about, failure: code, why }, 'delivery failed');
  const failed = claimed.failures + (code === 'STOPPED' ? 0 : 1);
  const cause = JSON.stringify({ code, why, at: context.clock.now() });
  const again = failures[code].retry && failed < rules.attemptsMax;
  if (again) await postpone(attempt, failure, failed, cause);
  else await bury(attempt, failure, failed, cause);
  await noteFailure(attempt, failure);
}

async function postpone(
  attempt: Attempt,
  failure: ConnectorFailure,
  failed: number,
  cause: string,
): Promise<void> {
  const { context, exchange, claimed, rules } = attempt;
  const random = context.random(4).readUInt32BE() / 2 ** 32;
  const asked = Math.min(failure.retryAfterMs ?? 0, rules.backoffMaxMs);
  const wait = failure.code === 'STOPPED' ? 0 : Math.max(backoffMs(failed, rules, random), asked);
  const dueAt = context.clock.now() + wait;
  const held = await context.journal.commit(async (scope) => {
    if (!(await postponeDelivery(scope.tx, claimed, { dueAt, cause, failures: failed })))
      return false;
    const detail = { ...ofAttempt(attempt), outcome: failure.code };
    enterDelivery(context, scope, exchange, { verdict: verdictOf(failure), detail });
    return true;
  });
  if (held) comeBack(attempt, dueAt);
}

/** Out of attempts, or no attempt can help: kept with its cause until an operator decides. */
async function bury(
  attempt: Attempt,
  failure: ConnectorFailure,
  failed: number,
  cause: string,
): Promise<void> {
  const { context, exchange, claimed } = attempt;
  const died = await context.journal.commit(async (scope) => {
    const now = context.clock.now();
    if (!(await killDelivery(scope.tx, claimed, { cause, failures: failed, now }))) return false;
    const detail = { ...ofAttempt(attempt), outcome: failure.code };
    enterDelivery(context, scope, exchange, { verdict: verdictOf(failure), detail });
    enterDelivery(context, scope, exchange, {
      kind: 'dead',
      verdict: verdictOf(failure),
      detail: { outcome: failure.code, attempts: claimed.attempts },
    });
    return true;
  });
  if (!died) return;
  noteLeft(attempt);
  context.log.error({ exchange: exchange.id, failure: failure.code }, 'dead letter');
}

/** What the breaker of the lane learns. */
async function noteFailure(
  { context, claimed, rules }: Attempt,
  { code, retryAfterMs }: ConnectorFailure,
): Promise<void> {
  const { kysely } = context.database;
  const now = context.clock.now();
  if (failures[code].agencyDown) {
    const until = await noteDown(kysely, claimed.lane, now, rules.breaker);
    if (until > 0) context.log.warn({ lane: claimed.lane, until }, 'the agency is down');
  } else if (retryAfterMs !== undefined) {
    await pause(kysely, claimed.lane, now + Math.min(retryAfterMs, rules.breaker.openMaxMs));
  } else if (code !== 'NODE_ERROR' && code !== 'STOPPED') {
    await noteUp(kysely, claimed.lane);
  }
}

/** Why an attempt ended: its time was over, or the connector says, or the node itself failed. */
function failureOf(thrown: unknown, signal: AbortSignal): ConnectorFailure {
  if (signal.aborted) {
    const stopped = (signal.reason as { name?: string } | undefined)?.name === 'AbortError';
    if (stopped) return new ConnectorFailure('STOPPED', 'the process stops', { cause: thrown });
    return new ConnectorFailure('TIMEOUT', 'the time of the attempt is over', { cause: thrown });
  }
  if (thrown instanceof ConnectorFailure) return thrown;
  const fault = asFault(thrown);
  const why = `${fault.code}: ${fault.detail.private ?? fault.message}`;
  return new ConnectorFailure('NODE_ERROR', why, { cause: fault });
}

/** The code of the fault that the failure is in the journal. */
function verdictOf({ code, cause }: ConnectorFailure): string {
  if (code === 'ANSWER_BROKEN') return 'AGENCY_ANSWER_INVALID';
  return cause instanceof Fault ? cause.code : 'AGENCY_FAILED';
}
