import type { ClaimedFile } from '../compute/claimed-files.ts';
import { Fault } from '../fault/fault.ts';
import { authoriseResponse, type ContentSide } from '../participants/authorise.ts';
import type { FilePolicy } from '../participants/file-policy.ts';
import type { MessageType, Registry } from '../participants/registry.ts';
import { carriesOf, notCarried } from '../participants/routes.ts';
import type { SendResponse } from '../smev/requests.ts';
import type { ExchangeTable } from '../store/tables.ts';
import type { Caller } from './stages.ts';

// What a known caller's message may be, by what is declared, beside what src/participants/authorise.ts says.

/** What is asked of an exchange that is answered. */
type Asked = Pick<ExchangeTable, 'recipient' | 'message_type' | 'type_version'>;

/**
 * May this caller answer the exchange so.
 *
 * @param exchange that the answer's To stands for; undefined for none
 * @param judged what the schema said of the content
 * @param at ms UTC
 * @throws Fault RECIPIENT_UNKNOWN, and as authoriseResponse
 */
export function authoriseAnswer<Exchange extends Asked>(
  registry: Registry,
  { participant, system }: Caller,
  exchange: Exchange | undefined,
  { kind, content }: Pick<SendResponse, 'kind' | 'content'>,
  judged: ContentSide | undefined,
  at: number,
): Exchange {
  // Whether the exchange is unknown or another's looks the same from outside.
  if (exchange === undefined || exchange.recipient !== participant.id) {
    throw new Fault('RECIPIENT_UNKNOWN');
  }
  if (kind !== 'response') return exchange;
  const sending = { system: system.id, at, asked: exchange.type_version };
  authoriseResponse(registry, exchange.message_type, content, judged, sending);
  return exchange;
}

/** @throws Fault PERSONAL_SIGNATURE_MISSING where the type demands it and content came without */
export function checkPersonal(
  { id, personalSignature }: Pick<MessageType, 'id' | 'personalSignature'>,
  certificate: Uint8Array | undefined,
): void {
  if (personalSignature === 'optional' || certificate !== undefined) return;
  throw new Fault('PERSONAL_SIGNATURE_MISSING', { public: id });
}

/** What the message type allows of files. @throws Fault ATTACHMENTS_NOT_CARRIED where it is gone */
export function filePolicyOf(registry: Registry, messageType: string): FilePolicy {
  const found = registry.findMessageType(messageType);
  if (found === undefined) throw new Fault('ATTACHMENTS_NOT_CARRIED', { public: messageType });
  return found.attachments;
}

/** Files are refused here where they would be left behind later. @throws Fault ATTACHMENTS_NOT_CARRIED */
export function checkCarried({ id, route }: MessageType, files: readonly ClaimedFile[]): void {
  if (route.kind === 'queue' || notCarried(carriesOf(route), files) === undefined) return;
  const how = carriesOf(route) === 'attached' ? ': файлы хранилища / files of the store' : '';
  throw new Fault('ATTACHMENTS_NOT_CARRIED', { public: `${id}${how}` });
}
