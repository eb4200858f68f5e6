/** What can be wrong with a detached signature, from its octets to its key. */
export type CmsReason =
  | 'malformed'
  | 'too-large'
  | 'not-signed-data'
  | 'content-included'
  | 'not-one-signer'
  | 'algorithm'
  | 'certificate-absent'
  | 'certificate-unreadable'
  | 'certificate-key'
  | 'attributes-absent'
  | 'content-type-absent'
  | 'content-type-differs'
  | 'message-digest-absent'
  | 'message-digest-differs'
  | 'signature-wrong';

const texts: Readonly<Record<CmsReason, string>> = {
  malformed: 'подпись не читается как CMS / the signature cannot be read as CMS',
  'too-large': 'подпись больше допустимого / the signature is larger than allowed',
  'not-signed-data': 'это не SignedData / this is no SignedData',
  'content-included': 'подпись не отсоединённая / the signature is not detached',
  'not-one-signer': 'подписавший должен быть один / there must be one signer',
  algorithm: 'алгоритм подписи не допускается / the signature algorithm is not allowed',
  'certificate-absent': 'нет сертификата подписавшего / the signer’s certificate is missing',
  'certificate-unreadable': 'сертификат не читается / the certificate cannot be read',
  'certificate-key': 'ключ сертификата не подходит / the certificate’s key does not fit',
  'attributes-absent': 'нет подписанных атрибутов / there are no signed attributes',
  'content-type-absent': 'нет атрибута contentType / the attribute contentType is missing',
  'content-type-differs': 'атрибут contentType иной / the attribute contentType differs',
  'message-digest-absent': 'нет атрибута messageDigest / the attribute messageDigest is missing',
  'message-digest-differs': 'хэш содержимого не совпал / the digest of the content differs',
  'signature-wrong': 'значение подписи неверно / the signature value is wrong',
};

/** A detached signature that is not good, and why. */
export class CmsError extends Error {
  override readonly name = 'CmsError';
  readonly reason: CmsReason;

  constructor(reason: CmsReason, detail?: string) {
    super(detail === undefined ? texts[reason] : `${texts[reason]}: ${detail}`);
    this.reason = reason;
  }
}
