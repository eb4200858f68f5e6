import { day } from '../clock.ts';
import type { Certificate } from './certificate.ts';
import type { Break } from './path.ts';
import type { PathRule } from './path-checks.ts';
import type { Standing } from './revocation.ts';
import { revocationWords } from './revocation-words.ts';

/** What is wrong, and what to do, in both languages. */
export interface RuleWords {
  readonly ru: string;
  readonly en: string;
  readonly todoRu: string;
  readonly todoEn: string;
}

/**
 * What a broken rule means for a certificate of a path.
 *
 * @param standing of the rules on revocation
 */
export function ruleWords(
  rule: PathRule,
  certificate: Certificate,
  broken: Break | undefined,
  standing: Standing | undefined,
): RuleWords {
  const { subject, notBefore, notAfter } = certificate;
  switch (rule) {
    case 'issuer':
      return issuerWords(certificate, broken ?? 'unknown-issuer');
    case 'not-before':
      return {
        ru: `ещё не действует, с ${day(notBefore)}: ${subject}`,
        en: `not valid before ${day(notBefore)}: ${subject}`,
        todoRu: 'дождитесь этого дня; проверьте часы узла',
        todoEn: 'wait for that day; check the clock of the node',
      };
    case 'not-after':
      return {
        ru: `срок истёк ${day(notAfter)}: ${subject}`,
        en: `expired on ${day(notAfter)}: ${subject}`,
        todoRu: 'получите новый сертификат у его удостоверяющего центра и добавьте его',
        todoEn: 'get a new certificate from its authority and register it',
      };
    case 'purpose':
      return {
        ru: `keyUsage без digitalSignature: ${subject}`,
        en: `keyUsage without digitalSignature: ${subject}`,
        todoRu: 'нужен сертификат, ключ которого может подписывать',
        todoEn: 'a certificate is needed whose key may sign',
      };
    case 'authority':
      return {
        ru: `не удостоверяющий центр (CA, keyCertSign): ${subject}`,
        en: `no certification authority (CA, keyCertSign): ${subject}`,
        todoRu: 'сертификат выдан тем, кто не вправе выдавать: не доверяйте ему',
        todoEn: 'whoever issued it may not issue: do not trust it',
      };
    case 'path-length':
      return {
        ru: `центров под ним больше, чем разрешает pathLenConstraint: ${subject}`,
        en: `more authorities below it than pathLenConstraint allows: ${subject}`,
        todoRu: 'добавьте якорем центр, который выдал сертификат, если доверяете ему самому',
        todoEn: 'make the issuing authority an anchor, if you trust it for itself',
      };
    case 'names':
      return {
        ru: `имя вне тех, для которых центру разрешено выдавать: ${subject}`,
        en: `a name outside those that this authority may issue for: ${subject}`,
        todoRu: 'центр выдал сертификат, на который не имеет права: сообщите ему',
        todoEn: 'the authority issued what it may not: tell it',
      };
    case 'critical':
      return {
        ru: `критическое расширение, которого узел не знает (${certificate.extensions.unknownCritical.join(', ')}): ${subject}`,
        en: `a critical extension that the node does not know (${certificate.extensions.unknownCritical.join(', ')}): ${subject}`,
        todoRu: 'нужен сертификат без него',
        todoEn: 'a certificate without it is needed',
      };
    case 'key':
      return {
        ru: `слабый или неизвестный ключ: ${subject}`,
        en: `a weak or unknown key: ${subject}`,
        todoRu: 'нужен ключ RSA от 2048 бит, кривая от 224 бит или ГОСТ',
        todoEn: 'RSA of 2048 bits, a curve of 224 bits or GOST is needed',
      };
    case 'revoked':
    case 'revocation':
      return revocationWords(certificate, standing);
    case 'policy':
      return {
        ru: `нет ни одной из требуемых политик: ${subject}`,
        en: `none of the wanted policies: ${subject}`,
        todoRu: 'нужен сертификат другого класса',
        todoEn: 'a certificate of another class is needed',
      };
  }
}

function issuerWords({ issuer, subject, parts }: Certificate, broken: Break): RuleWords {
  switch (broken) {
    case 'unknown-issuer':
      return {
        ru: `нет доверия: ${issuer}`,
        en: `not trusted: ${issuer}`,
        todoRu:
          'если доверяете этому центру, добавьте его сертификат (trustAnchor или intermediate)',
        todoEn:
          'if you trust this authority, declare its certificate (trustAnchor or intermediate)',
      };
    case 'not-issued':
      return {
        ru: `подписан не тем ключом, что у ${issuer}: ${subject}`,
        en: `not signed by the key of ${issuer}: ${subject}`,
        todoRu: 'у центра другой ключ (обновился?) или имя подделано: сверьте отпечаток с центром',
        todoEn:
          'the authority has another key (renewed?) or its name was borrowed: compare fingerprints',
      };
    case 'algorithm':
      return {
        ru: `подписан алгоритмом, который не принимается (${parts.signatureOid}): ${subject}`,
        en: `signed by an algorithm that is not taken (${parts.signatureOid}): ${subject}`,
        todoRu: 'нужен сертификат с подписью SHA-2 или ГОСТ 2012',
        todoEn: 'a certificate signed with SHA-2 or GOST 2012 is needed',
      };
    case 'too-long':
      return {
        ru: `цепочка длиннее восьми: ${subject}`,
        en: `a chain of more than eight: ${subject}`,
        todoRu: 'добавьте якорем центр ближе к сертификату',
        todoEn: 'make an authority nearer to the certificate an anchor',
      };
  }
}

/** What is looked at, where it is as it should be. */
export const ruleTitles: Readonly<Record<PathRule, string>> = {
  issuer: 'издатель известен и подписал / its issuer is known and signed it',
  'not-before': 'срок начался / its time has begun',
  'not-after': 'срок не истёк / its time has not ended',
  purpose: 'ключ может подписывать / its key may sign',
  authority: 'вправе выдавать сертификаты / may issue certificates',
  'path-length': 'длина цепочки под ним допустима / the chain below it is short enough',
  names: 'имена под ним разрешены / the names below it are permitted',
  critical: 'нет неизвестных критических расширений / no unknown critical extension',
  key: 'ключ достаточно стойкий / its key is strong enough',
  policy: 'требуемая политика указана / it names a wanted policy',
  revoked: 'не отозван / it is not revoked',
  revocation: 'о нём известно, что не отозван / it is known not to be revoked',
};
