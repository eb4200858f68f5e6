import type { AgencyAnswer, AgencyRequest, Connector } from '../connectors/connector.ts';
import { FinalFailure, RetryableFailure } from '../connectors/connector.ts';
import { asFault, Fault } from '../fault/fault.ts';
import type { CommitScope } from '../journal/writer.ts';
import {
  backoffMs,
  type Claimed,
  finishDelivery,
  killDelivery,
  postponeDelivery,
} from '../queue/delivery.ts';
import type { ProfileName } from '../signature/profiles.ts';
import type { Version } from '../smev/namespaces.ts';
import type { MadeContent } from '../smev/responses.ts';
import { readContent } from '../store/content.ts';
import type { ExchangeTable } from '../store/tables.ts';
import type { ExchangeContext } from './context.ts';
import { entry } from './entries.ts';
import { advance, findMessage, getExchange } from './exchanges.ts';
import { asyncError, makeAnswer, type OwnAnswer, recordAnswer } from './own-answer.ts';

/** How often a delivery is tried and how long it waits in between. */
export interface DeliveryRules {
  readonly attemptsMax: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

/**
 * One attempt to carry an exchange to its agency through the route's connector. What the agency
 * answers is recorded as a message of the exchange in the same transaction that ends the delivery;
 * so an attempt that dies anywhere is tried again and doubles nothing.
 */
export async function deliverExchange(
  context: ExchangeContext,
  connector: Connector,
  rules: DeliveryRules,
  claimed: Claimed,
): Promise<void> {
  const exchange = await getExchange(context.database.kysely, claimed.exchange_id);
  try {
    const answer = await connector.deliver(await agencyRequest(context, exchange, claimed));
    await takeAnswer(context, exchange, answer, claimed);
  } catch (thrown) {
    const fault = faultOf(thrown);
    const cause = { code: fault.code, why: describe(thrown) };
    context.log.warn(
      { exchange: exchange.id, attempt: claimed.attempts, ...cause },
      'delivery failed',
    );
    const again = !(thrown instanceof FinalFailure) && fault.row.retry !== 'never';
    if (again && claimed.attempts < rules.attemptsMax) {
      await postpone(context, exchange, rules, claimed, cause);
    } else {
      await giveUp(context, exchange, claimed, fault, cause);
    }
  }
}

async function agencyRequest(
  context: ExchangeContext,
  exchange: ExchangeTable,
  { attempts }: Claimed,
): Promise<AgencyRequest> {
  const { kysely } = context.database;
  const message = await findMessage(kysely, exchange.message_id);
  if (message === undefined) throw new Fault('INTERNAL', { private: 'an exchange has no request' });
  const { root, content } = await context.compute.extract({
    envelope: await readContent(kysely, message.envelope_hash),
    version: message.version as Version,
    verifiedHash: message.verified_hash,
    profile: message.profile as ProfileName,
  });
  return {
    exchangeId: exchange.id,
    messageId: exchange.message_id,
    messageType: exchange.message_type,
    test: exchange.test === 1,
    attempt: attempts,
    root,
    content,
  };
}

/** A status is passed on and the delivery goes on; content or a rejection ends it. */
async function takeAnswer(
  context: ExchangeContext,
  exchange: ExchangeTable,
  answer: AgencyAnswer,
  claimed: Claimed,
): Promise<void> {
  const answers: OwnAnswer[] = [];
  for (const each of answer.statuses ?? []) {
    answers.push(await makeAnswer(context, exchange, { kind: 'status', ...each }));
  }
  answers.push(await makeAnswer(context, exchange, madeOf(answer)));
  await context.journal.commit(async (scope) => {
    // Another attempt took over meanwhile: what this one got must not count a second time.
    if (!(await finishDelivery(scope.tx, claimed))) return;
    enterDelivery(context, scope, exchange, 'good');
    await advance(scope.tx, exchange.id, 'underProcessing', context.clock.now());
    for (const own of answers) {
      const outcome = await recordAnswer(context, scope, own, 'good');
      if (outcome === 'queue-full') throw new Fault('QUEUE_FULL');
    }
  });
}

function madeOf(answer: AgencyAnswer): MadeContent {
  if (answer.kind === 'content') {
    return { kind: 'response', content: Buffer.from(answer.content).toString() };
  }
  return { kind: 'rejection', reasons: [{ code: answer.code, description: answer.description }] };
}

interface Cause {
  readonly code: string;
  readonly why: string;
}

async function postpone(
  context: ExchangeContext,
  exchange: ExchangeTable,
  rules: DeliveryRules,
  claimed: Claimed,
  cause: Cause,
): Promise<void> {
  const random = context.random(4).readUInt32BE() / 2 ** 32;
  const dueAt = context.clock.now() + backoffMs(claimed.attempts, rules, random);
  await context.journal.commit(async (scope) => {
    if (!(await postponeDelivery(scope.tx, claimed, dueAt, JSON.stringify(cause)))) return;
    enterDelivery(context, scope, exchange, cause.code);
  });
  await context.queue.enqueue(exchange.id, claimed.lane, dueAt);
}

/** Out of attempts, or no attempt can help: kept with its cause, and the sender is told. */
async function giveUp(
  context: ExchangeContext,
  exchange: ExchangeTable,
  claimed: Claimed,
  fault: Fault,
  cause: Cause,
): Promise<void> {
  const told = await makeAnswer(
    context,
    exchange,
    asyncError(exchange, fault, 'requestIsRejectedBySmev'),
  );
  await context.journal.commit(async (scope) => {
    if (!(await killDelivery(scope.tx, claimed, JSON.stringify(cause)))) return;
    enterDelivery(context, scope, exchange, fault.code);
    await recordAnswer(context, scope, told, fault.code);
  });
}

function enterDelivery(
  context: ExchangeContext,
  scope: CommitScope,
  exchange: ExchangeTable,
  verdict: string,
): void {
  scope.journal({
    ...entry(context, 'delivery', {
      version: exchange.version,
      exchangeId: exchange.id,
      messageId: exchange.message_id,
      messageType: exchange.message_type,
    }),
    verdict,
  });
}

/** What the agency's failure is for its sender; a fault of the node's own keeps its code. */
function faultOf(thrown: unknown): Fault {
  if (thrown instanceof RetryableFailure || thrown instanceof FinalFailure) {
    return new Fault('AGENCY_FAILED', { cause: thrown });
  }
  return asFault(thrown);
}

function describe(thrown: unknown): string {
  if (thrown instanceof Fault) return thrown.detail.private ?? thrown.message;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
