import { minute } from '../clock.ts';
import type { Warning } from './due.ts';
import type { EndingKind } from './ending.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A text in both languages. */
export interface Words {
  readonly ru: string;
  readonly en: string;
}

/** What an operator does about an end. */
export interface Advice extends Words {
  /** The command that does it, or its nearest part; words in capitals are the operator's to fill in. */
  readonly command: string;
}

interface Row extends Words {
  advice(owner: string): Advice;
}

const request =
  'npx mezhved cert csr --kind KIND --name NAME --organization ORGANIZATION --out NEW';
const nodeRequest = request.replace('csr', 'csr --node');

const rows: Readonly<Record<EndingKind, Row>> = {
  systemCertificate: {
    ru: 'Сертификат информационной системы',
    en: 'Certificate of the information system',
    advice: (owner) => ({
      ru: 'получите от участника новый сертификат и поставьте его на место прежнего',
      en: 'get a new certificate from the participant and put it in place of the old one',
      command: `npx mezhved cert rotate NEW.pem --system ${owner} --at now --overlap 7d`,
    }),
  },
  trustAnchor: {
    ru: 'Доверенный удостоверяющий центр',
    en: 'Trust anchor',
    advice: () => ({
      ru: 'объявите новый сертификат центра рядом с прежним (kind: trustAnchor)',
      en: 'declare the new certificate of the authority beside the old one (kind: trustAnchor)',
      command: 'npx mezhved apply NEW-ANCHOR.yaml',
    }),
  },
  intermediate: {
    ru: 'Промежуточный удостоверяющий центр',
    en: 'Intermediate authority',
    advice: () => ({
      ru: 'объявите новый сертификат центра рядом с прежним (kind: intermediate)',
      en: 'declare the new certificate of the authority beside the old one (kind: intermediate)',
      command: 'npx mezhved apply NEW-INTERMEDIATE.yaml',
    }),
  },
  revocationList: {
    ru: 'Список отозванных сертификатов центра',
    en: 'List of revoked certificates of the authority',
    advice: () => ({
      ru: 'загрузите новый список центра',
      en: 'load the new list of the authority',
      command: 'npx mezhved cert crl NEW.crl',
    }),
  },
  nodeKey: {
    ru: 'Сертификат ключа подписи узла',
    en: "Certificate of the node's signing key",
    advice: () => ({
      ru: 'получите сертификат нового ключа, сообщите его участникам, затем cert import --node и cert rotate --node',
      en: 'get a certificate for a new key, tell the participants, then cert import --node and cert rotate --node',
      command: nodeRequest,
    }),
  },
  tls: {
    ru: 'Сертификат TLS',
    en: 'TLS certificate',
    advice: () => ({
      ru: 'положите новые ключ и сертификат на место прежних, без перезапуска, и проверьте',
      en: 'put the new key and certificate in the place of the old, without a restart, and check',
      command: 'npx mezhved check-config',
    }),
  },
  client: {
    ru: 'Сертификат, с которым узел обращается к другим,',
    en: 'Certificate with which the node calls others,',
    advice: () => ({
      ru: 'получите новый сертификат, сообщите его другой стороне, положите файлы на место прежних и перезапустите узел',
      en: 'get a new certificate, tell the other side, put the files in the place of the old and restart the node',
      command: request,
    }),
  },
  peer: {
    ru: 'Сертификат, по которому узел узнаёт другую СМЭВ,',
    en: 'Certificate by which the node knows another SMEV,',
    advice: () => ({
      ru: 'получите от неё новый сертификат, допишите его в файл trust и перезапустите узел',
      en: 'get its new certificate, add it to the file of trust and restart the node',
      command: 'npx mezhved check-config',
    }),
  },
};

/** What ends, whose, when, and how long that is yet. @param now ms UTC */
export function sentenceOf({ ending }: Pick<Warning, 'ending'>, now: number): Words {
  const { what, owner, endsAt } = ending;
  const name = printable(owner);
  const when = minute(endsAt);
  const left = endsAt - now;
  const { ru, en } = rows[what];
  if (left < 0) {
    return {
      ru: `${ru} ${name}: срок истёк ${when}`,
      en: `${en} ${name}: it expired at ${when}`,
    };
  }
  const days = left >= 2 * dayMs;
  const count = Math.floor(left / (days ? dayMs : hourMs));
  return {
    ru: `${ru} ${name}: срок истекает ${when}, осталось ${count} ${days ? 'дн.' : 'ч'}`,
    en: `${en} ${name}: it ends at ${when}, ${days ? 'days' : 'hours'} left: ${count}`,
  };
}

/** What to do about it. */
export function adviceOf({ ending: { what, owner } }: Pick<Warning, 'ending'>): Advice {
  return rows[what].advice(printable(owner));
}

/** Kinds in words, for a table. */
export function kindWords(what: EndingKind): Words {
  return rows[what];
}

const textMax = 300;

/** Names in certificates are others' words: no control character of theirs goes further. */
export function printable(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  return plain.length > textMax ? `${plain.slice(0, textMax)}…` : plain;
}
