import { Fault } from '../fault/fault.ts';
import { type DecisionContext, listDead, rejectDead } from './dead.ts';
import { entry } from './entries.ts';
import { findOverdue } from './exchanges.ts';
import { asyncError, makeAnswer, recordAnswer } from './own-answer.ts';

/**
 * Answers the senders of exchanges whose end of life passed before an answer came: an asynchronous
 * error EndOfLifeReached in their response queue. Returns how many it ended.
 */
export async function expireExchanges(context: DecisionContext, atMost = 100): Promise<number> {
  const now = context.clock.now();
  let ended = 0;
  for (const exchange of await findOverdue(context.database.kysely, now, atMost)) {
    const fault = new Fault('END_OF_LIFE');
    const told = await makeAnswer(
      context,
      exchange,
      asyncError(exchange, fault, 'requestIsRejectedBySmev'),
    );
    await context.journal.commit(async (scope) => {
      if ((await recordAnswer(context, scope, told, fault.code)) !== 'accepted') return;
      scope.journal({
        ...entry(context, 'expiry', {
          version: exchange.version,
          exchangeId: exchange.id,
          messageId: exchange.message_id,
          messageType: exchange.message_type,
        }),
        verdict: fault.code,
      });
      ended += 1;
    });
  }
  return ended;
}

/**
 * Answers the senders of dead letters that no operator decided on for so long: nobody waits for ever.
 * Returns how many it answered.
 */
export async function answerForgotten(
  context: DecisionContext,
  decideWithinMs: number,
  atMost = 100,
): Promise<number> {
  const before = context.clock.now() - decideWithinMs;
  let answered = 0;
  for (const { exchange } of await listDead(context.database.kysely, { limit: atMost, before })) {
    if (await rejectDead(context, exchange, 'mezhved')) answered += 1;
  }
  return answered;
}
