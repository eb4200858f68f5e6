import { createHash } from 'node:crypto';

/** Every kind of entry, with the words that an operator reads. */
export const entryKinds = {
  receipt: ['сообщение получено', 'message received'],
  acceptance: ['сообщение принято', 'message accepted'],
  refusal: ['отказ', 'refusal'],
  opinion: ['форма, о которой разошлись две проверки', 'a form that two verifiers differ about'],
  delivery: ['доставка', 'delivery'],
  dead: ['доставка остановлена и ждёт оператора', 'delivery stopped, waits for an operator'],
  decision: ['решение оператора', 'decision of an operator'],
  answer: ['ответ отправлен', 'answer sent'],
  acknowledgement: ['получение подтверждено', 'receipt acknowledged'],
  expiry: ['срок жизни истёк', 'end of life passed'],
  configuration: ['настройка изменена', 'configuration changed'],
  start: ['узел запущен', 'node started'],
  stop: ['узел остановлен', 'node stopped'],
} as const;
export type EntryKind = keyof typeof entryKinds;

/** Version of the written format; docs/journal-format.md describes each. */
const entryFormat = 1;

/** An entry before it has its place. Times are ms UTC; absent members are null when written. */
export interface EntryDraft {
  /** Given beforehand, since the signed refusal quotes it. */
  readonly id: string;
  readonly at: number;
  readonly kind: EntryKind;
  /** 'SMEV' for messages. */
  readonly protocol?: string;
  readonly version?: string;
  /** The information system that called. */
  readonly system?: string;
  readonly messageType?: string;
  /** SHA-256 of the signer's certificate. */
  readonly certificate?: string;
  readonly exchangeId?: string;
  readonly messageId?: string;
  /** MessageID of what this message answers. */
  readonly correlationId?: string;
  /** SHA-256 and size of the exact bytes. */
  readonly content?: { readonly hash: string; readonly size: number };
  /** 'good' or the code of a fault. */
  readonly verdict: string;
  /** What the kind adds: ids and verdicts, no values of a message. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** An entry in its place, as it stands in the table. */
export interface Entry {
  readonly id: string;
  readonly node: string;
  readonly sequence: number;
  readonly format: number;
  readonly at: number;
  readonly kind: string;
  readonly protocol: string | null;
  readonly version: string | null;
  readonly system: string | null;
  readonly message_type: string | null;
  readonly certificate: string | null;
  readonly exchange_id: string | null;
  readonly message_id: string | null;
  readonly correlation_id: string | null;
  readonly content_hash: string | null;
  readonly content_size: number | null;
  readonly verdict: string;
  readonly detail: string | null;
  readonly previous_hash: string;
  readonly hash: string;
}

/** What the first entry of a chain names as the one before. */
export const beginning = '0'.repeat(64);

const written = [
  'format',
  'node',
  'sequence',
  'id',
  'at',
  'kind',
  'protocol',
  'version',
  'system',
  'message_type',
  'certificate',
  'exchange_id',
  'message_id',
  'correlation_id',
  'content_hash',
  'content_size',
  'verdict',
  'detail',
  'previous_hash',
] as const satisfies readonly (keyof Entry)[];

/**
 * Format 1: a JSON array (RFC 8259) of the members in fixed order, without white space, UTF-8,
 * strings escaped as ECMA-262 JSON.stringify does; the hash is SHA-256 over it, lower-case hex.
 */
export function hashEntry(entry: Omit<Entry, 'hash'>): string {
  const text = JSON.stringify(written.map((name) => entry[name]));
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Gives a draft its place in the chain of a node. */
export function placeEntry(
  draft: EntryDraft,
  place: { readonly node: string; readonly sequence: number; readonly previousHash: string },
): Entry {
  const entry = {
    id: draft.id,
    node: place.node,
    sequence: place.sequence,
    format: entryFormat,
    at: draft.at,
    kind: draft.kind,
    protocol: draft.protocol ?? null,
    version: draft.version ?? null,
    system: draft.system ?? null,
    message_type: draft.messageType ?? null,
    certificate: draft.certificate ?? null,
    exchange_id: draft.exchangeId ?? null,
    message_id: draft.messageId ?? null,
    correlation_id: draft.correlationId ?? null,
    content_hash: draft.content?.hash ?? null,
    content_size: draft.content?.size ?? null,
    verdict: draft.verdict,
    detail: draft.detail === undefined ? null : JSON.stringify(draft.detail),
    previous_hash: place.previousHash,
  };
  return { ...entry, hash: hashEntry(entry) };
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * A new id: 10 characters of time and 16 of chance in Crockford's base 32. It sorts by time, and
 * can be read over a telephone: no I, L, O or U.
 *
 * @param now ms UTC
 * @param random 10 bytes
 */
export function newEntryId(now: number, random: Uint8Array): string {
  let time = '';
  for (let rest = now, n = 0; n < 10; n += 1, rest = Math.floor(rest / 32)) {
    time = crockford[rest % 32] + time;
  }
  let bits = 0;
  let held = 0;
  let chance = '';
  for (const byte of random.subarray(0, 10)) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      chance += crockford[(held >> bits) & 31];
      held &= (1 << bits) - 1;
    }
  }
  return time + chance;
}
