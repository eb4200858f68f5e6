import { minute } from '../clock.ts';
import type { Certificate } from './certificate.ts';
import type { RuleWords } from './path-words.ts';
import type { Standing, Word } from './revocation.ts';

/** What is known, or not, of a certificate's revocation, and what to do about it. */
export function revocationWords(
  { subject, issuer }: Certificate,
  standing: Standing = { kind: 'unknown', by: undefined },
): RuleWords {
  const load = {
    todoRu: 'загрузите свежий список или ответ: mezhved cert crl ФАЙЛ, mezhved cert ocsp ФАЙЛ',
    todoEn: 'load a fresh list or answer: mezhved cert crl FILE, mezhved cert ocsp FILE',
  };
  if (standing.by === undefined) {
    return {
      ru: `нет ни списка отозванных, ни ответа OCSP от ${issuer}`,
      en: `neither a list of revoked certificates nor an OCSP answer by ${issuer}`,
      ...load,
    };
  }
  const { ru, en } = source(standing);
  switch (standing.kind) {
    case 'revoked':
      return {
        ru: `отозван с ${minute(standing.since)}, ${ru}: ${subject}`,
        en: `revoked since ${minute(standing.since)}, ${en}: ${subject}`,
        todoRu: 'получите новый сертификат; этим больше не подписывать',
        todoEn: 'get a new certificate; sign with this one no more',
      };
    case 'stale':
      return {
        ru: `устарело ${minute(standing.since)}, ${ru}: ${subject}`,
        en: `out of date since ${minute(standing.since)}, ${en}: ${subject}`,
        ...load,
      };
    case 'unknown':
      return {
        ru: `ответчик не знает этого сертификата, ${ru}: ${subject}`,
        en: `the responder does not know the certificate, ${en}: ${subject}`,
        todoRu:
          'выясните у центра, выпускал ли он его; или загрузите список: mezhved cert crl ФАЙЛ',
        todoEn: 'ask the authority whether it issued it; or load a list: mezhved cert crl FILE',
      };
    case 'good':
      return { ru: `не отозван, ${ru}`, en: `not revoked, ${en}`, todoRu: '', todoEn: '' };
  }
}

/** Who said so, of which time, and until when the word counts. */
function source({ by, thisUpdate, nextUpdate }: Word): Pick<RuleWords, 'ru' | 'en'> {
  const times = `${minute(thisUpdate)} … ${nextUpdate === undefined ? '?' : minute(nextUpdate)}`;
  return by === 'ocsp'
    ? { ru: `ответ OCSP ${times}`, en: `OCSP answer ${times}` }
    : { ru: `список ${times}`, en: `list ${times}` };
}
