import { type FaultCode, faultRow, faultRows } from '../fault/codes.ts';
import type { RefusedMessage } from '../journal/refused.ts';
import { columns } from './columns.ts';

/** A refused message as `exchange show --json` prints it, time in ISO 8601 UTC. */
export interface ShownRefusal extends Omit<RefusedMessage, 'at'> {
  readonly at: string;
}

export function shownRefusal({ at, ...refusal }: RefusedMessage): ShownRefusal {
  return { ...refusal, at: new Date(at).toISOString() };
}

/** What a tired operator needs of a refusal: when, who, what was wrong, what to do. */
export function refusalText(refusal: ShownRefusal): string {
  const { code } = refusal;
  const known = Object.hasOwn(faultRows, code) ? faultRow(code as FaultCode) : undefined;
  return columns([
    ['Отказ / Refusal', code],
    ['Время / Time', refusal.at],
    ['Запись журнала / Entry', refusal.id],
    ['Операция / Operation', refusal.operation ?? '—'],
    ['Система / System', refusal.system ?? '—'],
    ['Адрес / Peer', refusal.peer ?? '—'],
    ['MessageID', refusal.messageId ?? '—'],
    ...(known === undefined
      ? []
      : [
          ['Что не так / What', `${known.ru[0]} / ${known.en[0]}`],
          ['Что делать / Do', `${known.ru[1]} / ${known.en[1]}`],
        ]),
  ]);
}
