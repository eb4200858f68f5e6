import type { Group } from '../exchange/tally.ts';
import { faultRow } from '../fault/codes.ts';

/** The command whose change is rehearsed. */
export type ChangeName = 'apply' | 'rotate' | 'retire' | 'crl' | 'activate' | 'rollback';

type Advice = (group: Group, change: ChangeName) => string;

/** What an operator may do before the change, by the code of the refusal. */
const advice: Partial<Record<Group['code'], Advice>> = {
  CERTIFICATE_REPLACED: ({ system, moment }, change) => {
    const when = new Date(moment).toISOString();
    const [ru, en] = longer[change];
    return `${system} ещё подписывает этим сертификатом: попросите перейти на новый до ${when}${ru} / ${system} still signs with this certificate: ask it to switch before ${when}${en}`;
  },
  CERTIFICATE_NOT_ACTIVE: () =>
    'сдвиньте from раньше или оставьте прежний сертификат до него / let it begin earlier, or leave the one before until then',
  CERTIFICATE_UNTRUSTED: ({ system }) =>
    `${system}: оставьте прежний центр (until), пока система не получит сертификат нового / leave the authority before (until) until ${system} has a certificate of the new one`,
  CERTIFICATE_REVOKED: ({ system }) =>
    `${system}: получите у неё новый сертификат и поставьте его cert rotate / get a new certificate of ${system}, and cert rotate to it`,
  CERTIFICATE_STATUS_UNKNOWN: () =>
    'загрузите свежий список отозванных этого центра: cert crl / load a fresh list of that authority: cert crl',
  SENDER_UNKNOWN: ({ system }) =>
    `оставьте в описании ${system} и этот сертификат / leave ${system} and this certificate in the declaration`,
  ACCESS_DENIED: ({ messageType }) =>
    `оставьте участника среди senders вида ${messageType} или договоритесь с ним / leave the participant among the senders of ${messageType}, or agree with it first`,
  RECIPIENT_UNKNOWN: ({ messageType }) =>
    `оставьте поставщика и его систему за видом ${messageType} / leave ${messageType} its provider and the provider's system`,
  CONTENT_INVALID: ({ system, messageType }) =>
    `объявите новую схему ${messageType} ещё одной версией, пока ${system} шлёт по прежней / declare the new schema of ${messageType} as one more version while ${system} sends by the one before`,
  CONTENT_VERSION_ENDED: ({ system, messageType, moment }) => {
    const when = new Date(moment).toISOString();
    return `${system} ещё шлёт ${messageType} по прежней версии: попросите перейти до ${when}, увеличьте --overlap или закрепите версию (schema pin) / ${system} still sends ${messageType} by the version before: ask it to move before ${when}, lengthen --overlap, or pin its version (schema pin)`;
  },
  CONTENT_TYPE_UNKNOWN: ({ system, messageType }) =>
    `оставьте прежнюю версию ${messageType}, пока ${system} шлёт по ней / leave the version before of ${messageType} while ${system} sends by it`,
};

const longer: Readonly<Record<ChangeName, readonly [ru: string, en: string]>> = {
  rotate: [' или увеличьте --overlap', ', or lengthen --overlap'],
  retire: [' или назовите более поздний --at', ', or name a later --at'],
  apply: [' или назовите более поздний until', ', or name a later until'],
  crl: ['', ''],
  activate: ['', ''],
  rollback: ['', ''],
};

/** What to do about a refusal that a change would bring: for the operator where it is known, else as its sender reads it. */
export function adviceOn(group: Group, change: ChangeName): string {
  const known = advice[group.code];
  if (known !== undefined) return known(group, change);
  const { ru, en } = faultRow(group.code);
  return `${ru[1]} / ${en[1]}`;
}
