import { Fault } from '../fault/fault.ts';
import { readContent } from '../store/content.ts';
import type { ExchangeContext } from './context.ts';
import { enterAnswer, enterReceipt } from './entries.ts';
import { findMessage, type Message } from './exchanges.ts';
import type { Called, Recorded } from './stages.ts';

/**
 * What to do with a MessageID that was seen before: the same system sent the same verified octets
 * and gets the stored answer again; anyone and anything else learns only that the id is taken.
 */
export function judgeRepeat(
  stored: Pick<Message, 'sender_system' | 'verified_hash'>,
  repeated: { readonly senderSystem: string; readonly verifiedHash: string },
): 'answer-again' | 'already-sent' {
  const same =
    stored.sender_system === repeated.senderSystem &&
    stored.verified_hash === repeated.verifiedHash;
  return same ? 'answer-again' : 'already-sent';
}

/**
 * The stored answer, when the same sender sent the same verified octets under this MessageID
 * before; undefined when the MessageID is new. It holds for ever, after a restart and on another
 * node too: this is how a sender whose connection broke learns that its message was taken.
 *
 * @throws Fault MESSAGE_ALREADY_SENT for other octets or another sender; it shows nothing of the first
 */
export async function answerAgain(
  context: ExchangeContext,
  called: Called,
  messageId: string,
): Promise<Recorded | undefined> {
  const { database, journal } = context;
  const stored = await findMessage(database.kysely, messageId);
  if (stored === undefined) return undefined;
  const { caller, verified } = called;
  const again = judgeRepeat(stored, {
    senderSystem: caller.system.id,
    verifiedHash: verified.verifiedHash,
  });
  if (again === 'already-sent' || stored.answer_hash === null) {
    throw new Fault('MESSAGE_ALREADY_SENT', { public: messageId });
  }
  const answer = await readContent(database.kysely, stored.answer_hash);
  const about = {
    exchangeId: stored.exchange_id,
    messageId,
    messageType: stored.message_type,
    detail: { repeated: true },
  };
  await journal.commit(async (scope) => {
    enterReceipt(context, scope, called, about);
    enterAnswer(context, scope, called, answer, about);
  });
  return { answer };
}

/**
 * A message that is no longer fresh, or that there is no room for, may be one that was answered long
 * ago: it gets its stored answer then, and the refusal otherwise. A fresh one is not looked up here: the recording transaction tells
 * a repeat for certain.
 *
 * @param check throws the refusal
 */
export async function unlessFresh(
  context: ExchangeContext,
  called: Called,
  messageId: string,
  check: () => void,
): Promise<Recorded | undefined> {
  try {
    check();
    return undefined;
  } catch (stale) {
    const again = await answerAgain(context, called, messageId);
    if (again !== undefined) return again;
    throw stale;
  }
}
