/** What happened to a signature, told for people: what, then what to do. */
export interface CauseRow {
  readonly ru: readonly [what: string, todo: string];
  readonly en: readonly [what: string, todo: string];
}

const sendUnchanged = {
  ru: 'передавайте подписанные октеты без изменений',
  en: 'send the signed octets unchanged',
} as const;

function changed(ru: string, en: string): CauseRow {
  return { ru: [ru, sendUnchanged.ru], en: [en, sendUnchanged.en] };
}

function row(ru: CauseRow['ru'], en: CauseRow['en']): CauseRow {
  return { ru, en };
}

/** Causes by their stable codes. A code never changes its meaning. */
export const causes = {
  // White space
  'pretty-printed': row(
    [
      'после подписания между элементами добавлены пробелы или переводы строк',
      'не форматируйте подписанное сообщение',
    ],
    [
      'white space was added between elements after signing',
      'do not pretty-print a signed message',
    ],
  ),
  'white-space-lost': row(
    [
      'после подписания между элементами удалены пробелы или переводы строк',
      'не форматируйте подписанное сообщение',
    ],
    ['white space between elements was lost after signing', 'do not reformat a signed message'],
  ),
  'text-padded': changed(
    'после подписания по краям значений добавлены пробелы или переводы строк',
    'white space was added at the ends of values after signing',
  ),
  'text-trimmed': changed(
    'после подписания по краям значения удалены пробелы или переводы строк',
    'white space at the ends of a value was lost after signing',
  ),
  'carriage-returns-lost': row(
    [
      'подписано с переводами строк CR LF, а передано с LF: разбор XML убирает CR',
      'перед подписанием замените CR LF на LF',
    ],
    [
      'signed with line ends CR LF and sent with LF: reading XML drops CR',
      'turn CR LF into LF before signing',
    ],
  ),
  'carriage-returns-added': changed(
    'после подписания в текст добавлены символы CR (&#xD;)',
    'characters CR (&#xD;) were added to the text after signing',
  ),
  // Characters
  'unicode-normalised': changed(
    'после подписания изменена нормальная форма Юникода (NFC, NFD)',
    'the normal form of Unicode (NFC, NFD) was changed after signing',
  ),
  'escaped-twice': changed(
    'после подписания спецсимволы экранированы второй раз (&amp;amp;)',
    'special characters were escaped a second time (&amp;amp;) after signing',
  ),
  'encoding-misread': changed(
    'после подписания UTF-8 прочитан как однобайтовая кодировка',
    'UTF-8 was read as a single-byte encoding after signing',
  ),
  'encoding-digested': row(
    ['хэш вычислен не от UTF-8', 'вычисляйте хэш от октетов в UTF-8'],
    ['the digest is not over UTF-8', 'digest the octets in UTF-8'],
  ),
  'byte-order-mark': row(
    ['хэш вычислен вместе с BOM', 'вычисляйте хэш без BOM'],
    ['the digest covers a byte order mark', 'digest without the byte order mark'],
  ),
  // Names
  'prefixes-rewritten': changed(
    'после подписания заменены префиксы пространств имён',
    'namespace prefixes were rewritten after signing',
  ),
  'id-added': row(
    ['атрибут Id добавлен к элементу после вычисления хэша', 'добавляйте Id до вычисления хэша'],
    [
      'the Id was added to the element after it was digested',
      'add the Id before the digest is computed',
    ],
  ),
  // Canonicalization
  'comments-digested': row(
    ['каноническая форма вычислена с комментариями', 'канонизируйте без комментариев'],
    ['the canonical form was made with comments', 'canonicalize without comments'],
  ),
  'inclusive-for-exclusive': row(
    [
      'объявлена исключающая канонизация, а применена включающая',
      'примените http://www.w3.org/2001/10/xml-exc-c14n#',
    ],
    [
      'exclusive canonicalization is declared and inclusive was applied',
      'apply http://www.w3.org/2001/10/xml-exc-c14n#',
    ],
  ),
  'exclusive-for-inclusive': row(
    [
      'объявлена включающая канонизация, а применена исключающая',
      'объявите ту канонизацию, которая применяется',
    ],
    [
      'inclusive canonicalization is declared and exclusive was applied',
      'declare the canonicalization that is applied',
    ],
  ),
  'canonical-xml-11': row(
    ['применена Canonical XML 1.1', 'примените объявленную канонизацию'],
    ['Canonical XML 1.1 was applied', 'apply the canonicalization that is declared'],
  ),
  'prefix-list-ignored': row(
    ['PrefixList (InclusiveNamespaces) объявлен, но не применён', 'примените его или уберите'],
    ['the PrefixList is declared and was not applied', 'apply it, or leave it out'],
  ),
  'out-of-context': row(
    [
      'канонизировано вне сообщения: объявления пространств имён вокруг элемента были другими',
      'канонизируйте элемент на его месте в сообщении',
    ],
    [
      'canonicalized out of the message: other namespace declarations were in scope',
      'canonicalize the element in its place in the message',
    ],
  ),
  'not-canonicalized': row(
    [
      'хэш вычислен от исходного текста элемента, без канонизации',
      'примените объявленные преобразования',
    ],
    [
      'the digest is over the text of the element as written, without canonicalization',
      'apply the transforms that are declared',
    ],
  ),
  'signature-left-out': row(
    [
      'хэш вычислен до вставки подписи в элемент, а enveloped-signature не объявлено',
      'поставьте подпись рядом с элементом',
    ],
    [
      'the digest was computed before the signature was put inside, and enveloped-signature is not declared',
      'put the signature beside the element',
    ],
  ),
  // The SMEV transform
  'smev-transform-missing': row(
    [
      'преобразование СМЭВ объявлено, но не применено',
      'после exc-c14n примените urn://smev-gov-ru/xmldsig/transform',
    ],
    [
      'the SMEV transform is declared and was not applied',
      'apply urn://smev-gov-ru/xmldsig/transform after exc-c14n',
    ],
  ),
  'smev-transform-undeclared': row(
    [
      'преобразование СМЭВ применено, но не объявлено',
      'объявите urn://smev-gov-ru/xmldsig/transform вторым Transform',
    ],
    [
      'the SMEV transform was applied and is not declared',
      'declare urn://smev-gov-ru/xmldsig/transform as the second Transform',
    ],
  ),
  'smev-transform-order': row(
    [
      'преобразование СМЭВ стоит или применено не на своём месте',
      'сначала exc-c14n, затем urn://smev-gov-ru/xmldsig/transform, и ничего после него',
    ],
    [
      'the SMEV transform stands or was applied out of its place',
      'exc-c14n first, then urn://smev-gov-ru/xmldsig/transform, and nothing after it',
    ],
  ),
  'jdk-escaping': row(
    [
      'преобразование СМЭВ экранирует символы как StAX из JDK, а не как Woodstox',
      'используйте Woodstox (com.ctc.wstx) вместо StAX из JDK',
    ],
    [
      "the SMEV transform escapes as the JDK's StAX does, not as Woodstox",
      "use Woodstox (com.ctc.wstx) in place of the JDK's StAX",
    ],
  ),
  // What is digested
  'other-element': row(
    ['хэш относится к другому элементу', 'укажите в URI Id подписанного элемента'],
    ['the digest is that of another element', 'name the Id of the signed element in the URI'],
  ),
  'xop-not-inlined': row(
    [
      'подписано с содержимым в base64, а передано со ссылкой xop:Include',
      'выносите вложения из подписанного элемента до подписания',
    ],
    [
      'signed with the content in base64 and sent with xop:Include in its place',
      'move attachments out of the signed element before signing',
    ],
  ),
  'xop-inlined': row(
    [
      'подписано со ссылкой xop:Include, а передано с содержимым в base64',
      'подписывайте содержимое, а не ссылку',
    ],
    [
      'signed with xop:Include and sent with the content in base64',
      'sign the content, not the reference to it',
    ],
  ),
  // The hash
  'hash-other': row(
    ['применена другая хэш-функция, чем объявлена', 'объявите ту, которая применяется'],
    ['another hash function was applied than is declared', 'declare the one that is applied'],
  ),
  'digest-reversed': row(
    ['октеты хэша записаны в обратном порядке', 'запишите октеты хэша в прямом порядке'],
    ['the octets of the digest stand in reverse order', 'write them in their own order'],
  ),
  'digest-in-hex': row(
    ['в base64 записан шестнадцатеричный текст хэша', 'запишите в base64 сами октеты хэша'],
    ['base64 holds the digest as hexadecimal text', 'put the octets themselves into base64'],
  ),
  'digest-replaced': row(
    [
      'после подписания заменён DigestValue: значение подписи подтверждает хэш полученных данных',
      sendUnchanged.ru,
    ],
    [
      'DigestValue was replaced after signing: the value confirms the digest of what came',
      sendUnchanged.en,
    ],
  ),
  // The value
  'other-certificate': row(
    [
      'значение подписи подтверждается ключом другого сертификата',
      'вложите в KeyInfo сертификат того ключа, которым подписано',
    ],
    [
      'the value verifies with the key of another certificate',
      'put the certificate of the signing key into KeyInfo',
    ],
  ),
  'value-is-der': row(
    ['значение ECDSA записано в DER', 'запишите r‖s (RFC 6931)'],
    ['the ECDSA value is in DER', 'write r‖s (RFC 6931)'],
  ),
  'halves-swapped': row(
    ['половины значения подписи переставлены', 'запишите ГОСТ как s‖r, ECDSA как r‖s'],
    ['the halves of the value are swapped', 'write s‖r for GOST, r‖s for ECDSA'],
  ),
  'value-reversed': row(
    [
      'октеты значения подписи записаны в обратном порядке',
      'запишите числа старшим октетом вперёд',
    ],
    ['the octets of the value stand in reverse order', 'write the numbers big-endian'],
  ),
  'signed-digest-reversed': row(
    [
      'подписан хэш с октетами в обратном порядке',
      'передайте хэш функции подписи в том порядке, в котором он получен',
    ],
    [
      'the digest was signed with its octets reversed',
      'hand the digest to the signing function in the order in which it was computed',
    ],
  ),
  'signed-hash-other': row(
    [
      'подпись вычислена с другой хэш-функцией, чем объявляет SignatureMethod',
      'объявите в SignatureMethod ту, которая применяется',
    ],
    [
      'signed with another hash function than SignatureMethod declares',
      'declare the one that is applied in SignatureMethod',
    ],
  ),
  'rsa-pss': row(
    ['подпись вычислена по RSA-PSS, а объявлен RSA PKCS#1 v1.5', 'подпишите по PKCS#1 v1.5'],
    ['signed with RSA-PSS where RSA PKCS#1 v1.5 is declared', 'sign with PKCS#1 v1.5'],
  ),
  'signed-info-altered': row(
    [
      'ключ верный: RSA раскрывает подписанный хэш, но SignedInfo не тот, что был подписан',
      'не изменяйте SignedInfo после подписания',
    ],
    [
      'the key is right, since RSA reveals the digest that was signed; SignedInfo is another',
      'leave SignedInfo unchanged after signing',
    ],
  ),
  'key-or-value': row(
    [
      'значение сделано не этим ключом RSA или изменено: ключ сертификата его не раскрывает',
      'проверьте, тот ли сертификат вложен в KeyInfo',
    ],
    [
      'the value was made by another RSA key, or was changed: the key of the certificate does not open it',
      'see whether KeyInfo holds the certificate of the signing key',
    ],
  ),
} as const satisfies Record<string, CauseRow>;

export type Cause = keyof typeof causes;
