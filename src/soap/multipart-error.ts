/** What can be wrong with a multipart body, from its boundary to the content of its parts. */
export type MultipartReason =
  | 'boundary-missing'
  | 'boundary-malformed'
  | 'boundary-line-too-long'
  | 'first-boundary-missing'
  | 'part-unfinished'
  | 'parts-too-many'
  | 'part-too-large'
  | 'body-too-large'
  | 'headers-too-large'
  | 'header-malformed'
  | 'header-repeated'
  | 'content-id-malformed'
  | 'content-id-repeated'
  | 'media-type-malformed'
  | 'transfer-encoding-unknown'
  | 'base64-malformed'
  | 'quoted-printable-malformed';

const texts: Readonly<Record<MultipartReason, string>> = {
  'boundary-missing': 'нет параметра boundary / the parameter boundary is missing',
  'boundary-malformed': 'boundary не соответствует RFC 2046 / boundary does not follow RFC 2046',
  'boundary-line-too-long': 'строка границы слишком длинная / the line of a boundary is too long',
  'first-boundary-missing': 'нет ни одной границы / there is no boundary',
  'part-unfinished': 'часть не завершена границей / a part has no boundary at its end',
  'parts-too-many': 'частей больше допустимого / there are more parts than allowed',
  'part-too-large': 'часть больше допустимого / a part is larger than allowed',
  'body-too-large': 'тело больше допустимого / the body is larger than allowed',
  'headers-too-large':
    'заголовки части больше допустимого / the headers of a part are larger than allowed',
  'header-malformed': 'заголовок части не читается / a header of a part cannot be read',
  'header-repeated': 'заголовок части повторён / a header of a part is repeated',
  'content-id-malformed': 'Content-ID не читается / Content-ID cannot be read',
  'content-id-repeated': 'Content-ID повторён / a Content-ID is there twice',
  'media-type-malformed': 'тип содержимого не читается / the media type cannot be read',
  'transfer-encoding-unknown':
    'Content-Transfer-Encoding не поддерживается / the Content-Transfer-Encoding is not known',
  'base64-malformed': 'содержимое части не base64 / the content of a part is not base64',
  'quoted-printable-malformed':
    'содержимое части не quoted-printable / the content of a part is not quoted-printable',
};

/** A multipart body that is not read or not written, and why. */
export class MultipartError extends Error {
  override readonly name = 'MultipartError';
  readonly reason: MultipartReason;
  readonly detail: string | undefined;

  /** @param detail a name or a number; never content of a part */
  constructor(reason: MultipartReason, detail?: string) {
    super(detail === undefined ? texts[reason] : `${texts[reason]}: ${detail}`);
    this.reason = reason;
    this.detail = detail;
  }
}
