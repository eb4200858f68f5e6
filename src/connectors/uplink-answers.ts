import { systemClock } from '../clock.ts';
import { pollCall } from '../smev/calls.ts';
import type { GivenResponse } from '../smev/given.ts';
import { messageIdTime } from '../smev/message-id.ts';
import { drain } from './drain.ts';
import { ConnectorFailure, failures } from './failure.ts';
import { acknowledge, call, unexpected } from './smev-client.ts';
import type { Bridge } from './uplink.ts';
import { passedOn } from './uplink-messages.ts';
import { sendAnswer } from './uplink-send.ts';

// One after another: a status goes up before the answer that ends the exchange.
const round = { lanes: 1, most: 500 };

/** An answer that the upstream has refused for so long is given up; the journal has it. */
const refusedMaxMs = 7 * 86_400_000;

/**
 * Takes this node's answers to the uplink's requests until there are none, and sends them upstream.
 *
 * @throws ConnectorFailure
 */
export function passAnswers(bridge: Bridge, signal: AbortSignal): Promise<void> {
  return drain(() => passOne(bridge, signal), round, signal);
}

async function passOne(bridge: Bridge, signal: AbortSignal): Promise<boolean> {
  const { local, settings } = bridge;
  const poll = pollCall('GetResponse', local.version, {
    at: systemClock.now(),
    nodeId: settings.id,
  });
  const answered = await call(local, 'GetResponse', poll, signal);
  const { answer } = answered;
  if (answer.kind === 'empty') return false;
  if (answer.kind !== 'response') throw unexpected(local, answered);
  if (await pass(bridge, answer.response, signal)) {
    await acknowledge(local, answer.response.messageId, signal);
  }
  return true;
}

/** Whether nothing is left to be done with the answer; else it comes again. */
async function pass(
  bridge: Bridge,
  response: GivenResponse,
  signal: AbortSignal,
): Promise<boolean> {
  const { upstream, local, store, settings, failed } = bridge;
  const { messageId, originalMessageId, said } = response;
  const tell = (code: 'REFUSED' | 'NO_ANSWER', why: string) =>
    failed(
      new ConnectorFailure(code, `${local.place}: ${messageId} to ${originalMessageId}: ${why}`),
    );
  const to = await store.recall(settings.id, originalMessageId);
  if (to === undefined || response.hasAttachments) {
    tell('REFUSED', to === undefined ? 'no request of this uplink' : 'it has attachments');
    return false;
  }
  const content = passedOn(said, upstream.version);
  if (to === '' || content === undefined) return true;
  try {
    const sent = await sendAnswer(upstream, { messageId, to, content }, signal);
    if (sent === 'unwanted') tell('NO_ANSWER', 'nobody waits for it upstream');
    return true;
  } catch (error) {
    if (!(error instanceof ConnectorFailure) || failures[error.code].retry) throw error;
    // It is about this answer alone: the others need not wait.
    failed(error);
    return isOver(messageId, systemClock.now());
  }
}

/** @param now ms UTC */
export function isOver(messageId: string, now: number): boolean {
  const made = messageIdTime(messageId);
  return made !== undefined && now - made > refusedMaxMs;
}
