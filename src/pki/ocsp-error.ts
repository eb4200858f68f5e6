/** What can be wrong with an OCSP answer, from its octets to what it says. */
export type OcspReason =
  | 'malformed'
  | 'too-large'
  | 'not-successful'
  | 'not-basic'
  | 'critical'
  | 'other-certificate'
  | 'responder'
  | 'future'
  | 'stale'
  | 'nonce-absent'
  | 'nonce-differs';

const texts: Readonly<Record<OcspReason, string>> = {
  malformed: 'ответ не читается как OCSP / the answer cannot be read as OCSP',
  'too-large': 'ответ больше допустимого / the answer is larger than allowed',
  'not-successful': 'ответчик не дал ответа / the responder gave no answer',
  'not-basic': 'ответ неизвестного вида / the answer is of an unknown type',
  critical: 'неизвестное критическое расширение / an unknown critical extension',
  'other-certificate': 'ответ о другом сертификате / the answer is about another certificate',
  responder:
    'ответа не подписал ни издатель, ни уполномоченный им ответчик / neither the issuer nor a responder of its choice signed the answer',
  future: 'ответ из будущего / the answer is of a time to come',
  stale: 'ответ устарел / the answer is out of date',
  'nonce-absent': 'в ответе нет nonce запроса / the answer lacks the nonce of the request',
  'nonce-differs': 'nonce не тот, что в запросе / the nonce is not that of the request',
};

/** An OCSP answer that is not taken, and why. */
export class OcspError extends Error {
  override readonly name = 'OcspError';
  readonly reason: OcspReason;

  constructor(reason: OcspReason, detail?: string) {
    super(detail === undefined ? texts[reason] : `${texts[reason]}: ${detail}`);
    this.reason = reason;
  }
}
