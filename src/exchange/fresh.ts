import type { Config } from '../config/table.ts';
import { Fault } from '../fault/fault.ts';
import { messageIdTime } from '../smev/message-id.ts';

/**
 * A MessageID is a version 1 UUID whose time is at most a day old (limits.messageIdAgeMaxMs) and not
 * in the future beyond what clocks differ by (RFC 4122 §4.2; the recommendations on SMEV 3.3).
 *
 * @throws Fault MESSAGE_ID_FORMAT, MESSAGE_ID_STALE
 */
export function checkMessageId(messageId: string, now: number, limits: Config['limits']): void {
  const made = messageIdTime(messageId);
  if (made === undefined) throw new Fault('MESSAGE_ID_FORMAT', { public: messageId });
  if (now - made > limits.messageIdAgeMaxMs || made - now > limits.clockSkewMaxMs) {
    throw new Fault('MESSAGE_ID_STALE', {
      public: `${messageId}, ${new Date(made).toISOString()}`,
    });
  }
}

/**
 * The signed Timestamp of a polling request: a captured one must not open a queue for ever.
 *
 * @throws Fault TIMESTAMP_STALE
 */
export function checkTimestamp(timestamp: number, now: number, limits: Config['limits']): void {
  if (now - timestamp > limits.timestampAgeMaxMs || timestamp - now > limits.clockSkewMaxMs) {
    throw new Fault('TIMESTAMP_STALE', { public: new Date(timestamp).toISOString() });
  }
}

/** @throws Fault END_OF_LIFE */
export function checkEndOfLife(eol: number | undefined, now: number): void {
  if (eol !== undefined && eol <= now) {
    throw new Fault('END_OF_LIFE', { public: new Date(eol).toISOString() });
  }
}
