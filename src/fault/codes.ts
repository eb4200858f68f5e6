/** Fault elements of the SMEV fault schemas; '' where only the SOAP fault itself says it. */
export type SmevFaultElement =
  | ''
  | 'AccessDenied'
  | 'AttachmentContentMiscoordination'
  | 'AttachmentSizeLimitExceeded'
  | 'BusinessDataTypeIsNotSupported'
  | 'DestinationOverflow'
  | 'EndOfLifeReached'
  | 'IncorrectResponseContentType'
  | 'InvalidContent'
  | 'InvalidMessageIdFormat'
  | 'MessageIsAlreadySent'
  | 'QuoteLimitExceeded'
  | 'RecipientIsNotFound'
  | 'SMEVFailure'
  | 'SenderIsNotRegistered'
  | 'SignatureVerificationFault'
  | 'StaleMessageId'
  | 'TargetMessageIsNotFound'
  | 'UnknownMessageType';

/** Values of SignatureVerificationFault/SignatureVerificationFault. */
export type SignatureFault =
  | 'PoorSOAPEnvelopeFormat'
  | 'NoSignatureFound'
  | 'IncorrectSignatureTarget'
  | 'SignatureIsInvalid'
  | 'CertificateIsNotFound'
  | 'CertificateIsExpired';

export interface FaultRow {
  /** Whose doing it is: the caller's message, the node itself, or the agency behind it. */
  readonly origin: 'caller' | 'node' | 'agency';
  readonly element: SmevFaultElement;
  /** SOAP 1.1 §4.4.1; SMEV's own faults are Server. */
  readonly faultcode: 'Server' | 'Client' | 'MustUnderstand' | 'VersionMismatch';
  readonly http: 405 | 413 | 415 | 500 | 503;
  /** May the same bytes be sent again: never, later, or at once. */
  readonly retry: 'never' | 'later' | 'now';
  /** SMEV's own number where it is known; it opens the Description. */
  readonly smev?: `SMEV-${number}`;
  readonly signature?: SignatureFault;
  /** Public text: what is wrong, then what to do. */
  readonly ru: readonly [what: string, todo: string];
  readonly en: readonly [what: string, todo: string];
}

type Defaults = 'origin' | 'faultcode' | 'http' | 'retry';
type Row = Omit<FaultRow, Defaults> & Partial<Pick<FaultRow, Defaults>>;

function caller(row: Row): FaultRow {
  return { origin: 'caller', faultcode: 'Server', http: 500, retry: 'never', ...row };
}

function soap(row: Omit<Row, 'element'>): FaultRow {
  return caller({ element: '', faultcode: 'Client', ...row });
}

function signature(
  value: SignatureFault,
  ru: FaultRow['ru'],
  en: FaultRow['en'],
  element: SmevFaultElement = 'SignatureVerificationFault',
): FaultRow {
  return caller({ element, signature: value, smev: 'SMEV-100', ru, en });
}

/**
 * Every refusal this node can give. A code is stable: it is never renamed and never reused.
 * ARCHITECTURE.md prints this table; a test holds the two together.
 */
export const faultRows = {
  // HTTP and SOAP
  METHOD_NOT_ALLOWED: soap({
    http: 405,
    ru: ['Метод HTTP не поддерживается', 'отправьте конверт методом POST'],
    en: ['this HTTP method is not supported', 'send the envelope with POST'],
  }),
  CONTENT_TYPE_UNSUPPORTED: soap({
    http: 415,
    ru: ['Тип содержимого HTTP не поддерживается', 'укажите Content-Type: text/xml; charset=utf-8'],
    en: ['this content type is not supported', 'use Content-Type: text/xml; charset=utf-8'],
  }),
  BODY_TOO_LARGE: soap({
    http: 413,
    ru: ['Сообщение больше допустимого', 'уменьшите сообщение или вынесите вложения'],
    en: ['the message is larger than allowed', 'make the message smaller'],
  }),
  BODY_INCOMPLETE: soap({
    retry: 'now',
    ru: ['Тело запроса пришло не полностью', 'повторите отправку'],
    en: ['the request body did not arrive whole', 'send it again'],
  }),
  XML_MALFORMED: soap({
    ru: ['Тело запроса не является корректным XML', 'исправьте XML в указанной строке'],
    en: ['the body is not well-formed XML', 'mend the XML at the line named'],
  }),
  XML_ENCODING: soap({
    ru: ['Кодировка документа не UTF-8 или есть BOM', 'передавайте UTF-8 без BOM'],
    en: ['the document is not UTF-8, or begins with a byte order mark', 'send UTF-8 without BOM'],
  }),
  XML_DOCTYPE: soap({
    ru: ['В сообщении есть DOCTYPE', 'удалите объявление типа документа'],
    en: ['the message holds a DOCTYPE', 'remove the document type declaration'],
  }),
  XML_PROCESSING_INSTRUCTION: soap({
    ru: ['В сообщении есть инструкция обработки', 'удалите инструкцию <?…?>'],
    en: ['the message holds a processing instruction', 'remove the <?…?> instruction'],
  }),
  XML_TOO_DEEP: soap({
    ru: ['Вложенность элементов больше 256', 'уменьшите вложенность'],
    en: ['elements are nested deeper than 256', 'nest them less deeply'],
  }),
  SOAP_VERSION: soap({
    faultcode: 'VersionMismatch',
    ru: ['Конверт не SOAP 1.1', 'используйте SOAP 1.1'],
    en: ['the envelope is not SOAP 1.1', 'use SOAP 1.1'],
  }),
  SOAP_ENVELOPE: soap({
    ru: [
      'Документ не является конвертом SOAP 1.1',
      'передайте Envelope с одним Body и одним элементом в нём',
    ],
    en: [
      'the document is not a SOAP 1.1 envelope',
      'send an Envelope with one Body that has one child',
    ],
  }),
  SOAP_MUST_UNDERSTAND: soap({
    faultcode: 'MustUnderstand',
    ru: ['Обязательный заголовок SOAP не поддерживается', 'уберите заголовок или mustUnderstand'],
    en: ['a mandatory SOAP header is not understood', 'remove the header or its mustUnderstand'],
  }),
  SOAP_ACTION_MISMATCH: soap({
    ru: [
      'SOAPAction не соответствует операции в Body',
      'укажите SOAPAction операции или не передавайте его',
    ],
    en: [
      'SOAPAction does not agree with the operation in the Body',
      "send the operation's SOAPAction or none",
    ],
  }),
  NAMESPACE_UNKNOWN: soap({
    ru: [
      'Пространство имён операции не принадлежит этой версии сервиса',
      'проверьте версию схем и адрес сервиса',
    ],
    en: [
      'the namespace of the operation is not that of this service',
      'check the version of the schemas and the address',
    ],
  }),
  OPERATION_UNKNOWN: soap({
    ru: ['Операция не существует', 'вызовите операцию из WSDL этого сервиса'],
    en: ['there is no such operation', 'call an operation of this WSDL'],
  }),
  NOT_BUILT: caller({
    element: 'SMEVFailure',
    ru: [
      'Эта часть протокола узлом пока не поддерживается; сообщение не принято',
      'отправьте сообщение без неё',
    ],
    en: [
      'this part of the protocol is not built yet; the message was not accepted',
      'send the message without it',
    ],
  }),

  // Content
  ENVELOPE_INVALID: caller({
    element: 'InvalidContent',
    ru: ['Конверт не соответствует схеме СМЭВ', 'исправьте указанный элемент'],
    en: ['the envelope does not fit the schema of SMEV', 'mend the element named'],
  }),
  CONTENT_INVALID: caller({
    element: 'InvalidContent',
    smev: 'SMEV-403',
    ru: [
      'Бизнес-данные не соответствуют схеме вида сведений',
      'исправьте указанный элемент по схеме вида сведений',
    ],
    en: [
      'the business data do not fit the schema of the message type',
      'mend the element named by the schema of the message type',
    ],
  }),
  CONTENT_VERSION_ENDED: caller({
    element: 'BusinessDataTypeIsNotSupported',
    ru: [
      'Эта версия вида сведений больше не принимается',
      'перейдите на действующую версию вида сведений',
    ],
    en: [
      'this version of the message type is taken no more',
      'move to a version of the message type that counts',
    ],
  }),
  CONTENT_VERSION_NOT_ACTIVE: caller({
    element: 'BusinessDataTypeIsNotSupported',
    ru: [
      'Эта версия вида сведений ещё не действует',
      'до её начала отправляйте по действующей версии',
    ],
    en: [
      'this version of the message type does not count yet',
      'until it begins, send by the version that counts',
    ],
  }),
  CONTENT_VERSION_PINNED: caller({
    element: 'BusinessDataTypeIsNotSupported',
    ru: [
      'За вашей системой закреплена другая версия вида сведений',
      'отправляйте по закреплённой версии или попросите оператора узла снять закрепление',
    ],
    en: [
      'another version of the message type is pinned for your system',
      'send by the pinned version, or ask the operator of the node to take the pin off',
    ],
  }),
  CONTENT_TYPE_UNKNOWN: caller({
    element: 'BusinessDataTypeIsNotSupported',
    ru: [
      'Вид сведений с таким корневым элементом не зарегистрирован для этой операции',
      'проверьте пространство имён и имя корневого элемента',
    ],
    en: [
      'no message type with this root element is registered for this operation',
      'check namespace and name of the root element',
    ],
  }),
  RESPONSE_CONTENT_TYPE: caller({
    element: 'IncorrectResponseContentType',
    ru: [
      'Содержимое ответа не относится к виду сведений запроса',
      'ответьте корневым элементом ответа того же вида сведений',
    ],
    en: [
      'the content of the answer is not of the message type of the request',
      "answer with the response root of the request's message type",
    ],
  }),
  ASYNC_STATUS_FORBIDDEN: caller({
    element: 'InvalidContent',
    ru: [
      'AsyncProcessingStatus вправе передавать только СМЭВ',
      'передайте MessagePrimaryContent, RequestRejected или RequestStatus',
    ],
    en: [
      'AsyncProcessingStatus comes from SMEV alone',
      'send MessagePrimaryContent, RequestRejected or RequestStatus',
    ],
  }),
  SELECTOR_UNKNOWN: caller({
    element: 'UnknownMessageType',
    ru: [
      'Вид сведений в селекторе не зарегистрирован или недоступен',
      'проверьте NamespaceURI и RootElementLocalName',
    ],
    en: [
      'the message type of the selector is not registered or not yours',
      'check NamespaceURI and RootElementLocalName',
    ],
  }),
  TIMESTAMP_STALE: caller({
    element: 'InvalidContent',
    ru: ['Timestamp запроса вне допустимого интервала', 'сверьте часы и подпишите запрос заново'],
    en: [
      'the Timestamp of the request is out of the allowed interval',
      'set the clock and sign the request anew',
    ],
  }),

  // Signatures and certificates
  PERSONAL_SIGNATURE_MISSING: signature(
    'NoSignatureFound',
    [
      'Этот вид сведений требует подписи должностного лица (ЭП-СП)',
      'подпишите содержимое и передайте подпись в PersonalSignature',
    ],
    [
      'this message type demands the signature of a person',
      'sign the content and send the signature in PersonalSignature',
    ],
  ),
  SIGNATURE_MISSING: signature(
    'NoSignatureFound',
    ['Нет подписи информационной системы (ЭП-ОВ)', 'подпишите сообщение'],
    ["the information system's signature is missing", 'sign the message'],
  ),
  SIGNATURE_FORMAT: signature(
    'SignatureIsInvalid',
    ['Строение подписи не допускается профилем', 'приведите подпись к профилю узла'],
    ['the signature is not built as the profile demands', "follow the node's signature profile"],
  ),
  SIGNATURE_ALGORITHM: signature(
    'SignatureIsInvalid',
    ['Алгоритм подписи не допускается', 'используйте алгоритм из профиля узла'],
    ['the signature algorithm is not allowed', "use an algorithm of the node's profile"],
  ),
  TRANSFORM_REFUSED: signature(
    'SignatureIsInvalid',
    [
      'Преобразование СМЭВ не определено для этого элемента',
      'дайте элементам пространство имён и уберите атрибуты xml:*',
    ],
    [
      'the SMEV transform is not defined for this element',
      'put the elements into a namespace and remove xml:* attributes',
    ],
  ),
  SIGNATURE_KEY_WEAK: signature(
    'SignatureIsInvalid',
    ['Ключ подписи слабее допустимого', 'выпустите сертификат с более длинным ключом'],
    ['the signing key is weaker than allowed', 'get a certificate with a longer key'],
  ),
  SIGNATURE_TARGET: signature(
    'IncorrectSignatureTarget',
    ['Подпись охватывает не тот элемент', 'подпишите элемент, который указан операцией'],
    ['the signature covers another element', 'sign the element that the operation names'],
  ),
  SIGNATURE_ID_AMBIGUOUS: signature(
    'IncorrectSignatureTarget',
    ['Один и тот же Id у нескольких элементов', 'сделайте Id подписанного элемента уникальным'],
    ['several elements carry the same Id', 'make the Id of the signed element unique'],
  ),
  SIGNATURE_DIGEST: signature(
    'SignatureIsInvalid',
    [
      'Хэш подписанного элемента не совпадает: данные изменены после подписания',
      'передавайте подписанное сообщение без изменений',
    ],
    [
      'the digest of the signed element differs: it was changed after signing',
      'send the signed message unchanged',
    ],
  ),
  SIGNATURE_VALUE: signature(
    'SignatureIsInvalid',
    [
      'Значение подписи не подтверждается ключом сертификата',
      'проверьте ключ и не изменяйте SignedInfo после подписания',
    ],
    [
      'the signature value does not verify with the key of the certificate',
      'check the key, and leave SignedInfo unchanged after signing',
    ],
  ),
  // Nobody knows yet whose doing it is; the operator has to look.
  SIGNATURE_DISPUTED: {
    ...signature(
      'SignatureIsInvalid',
      [
        'Две независимые проверки подписи разошлись; сообщение не принято',
        'сообщите оператору узла номер записи журнала',
      ],
      [
        'two independent verifications of the signature disagree; the message was not accepted',
        'tell the operator the journal id',
      ],
    ),
    origin: 'node',
  },
  CERTIFICATE_MISSING: signature(
    'CertificateIsNotFound',
    ['В подписи нет сертификата X509Certificate', 'включите сертификат в KeyInfo'],
    ['the signature holds no X509Certificate', 'put the certificate into KeyInfo'],
  ),
  CERTIFICATE_UNREADABLE: signature(
    'CertificateIsNotFound',
    ['Сертификат в подписи не читается', 'передайте сертификат X.509 в DER, base64'],
    ['the certificate in the signature is not readable', 'send X.509 DER in base64'],
  ),
  CERTIFICATE_EXPIRED: signature(
    'CertificateIsExpired',
    ['Срок действия сертификата истёк', 'подпишите действующим сертификатом'],
    ['the certificate has expired', 'sign with a valid certificate'],
  ),
  CERTIFICATE_NOT_YET_VALID: signature(
    'CertificateIsExpired',
    ['Срок действия сертификата ещё не начался', 'подпишите действующим сертификатом'],
    ['the certificate is not valid yet', 'sign with a valid certificate'],
  ),
  CERTIFICATE_NOT_ACTIVE: signature(
    'CertificateIsExpired',
    [
      'Сертификат зарегистрирован, но начнёт действовать позже',
      'до этого времени подписывайте прежним сертификатом',
    ],
    [
      'the certificate is registered, but counts from a later time',
      'sign with the certificate before it until then',
    ],
  ),
  CERTIFICATE_REPLACED: signature(
    'CertificateIsExpired',
    [
      'Сертификат заменён: сообщения, подписанные им, больше не принимаются',
      'подпишите новым сертификатом системы',
    ],
    [
      'the certificate was replaced: messages signed with it are taken no more',
      "sign with the system's new certificate",
    ],
  ),
  CERTIFICATE_REVOKED: signature(
    'CertificateIsExpired',
    ['Сертификат отозван', 'подпишите другим, действующим сертификатом'],
    ['the certificate was revoked', 'sign with another certificate that is valid'],
  ),
  CERTIFICATE_STATUS_UNKNOWN: {
    ...signature(
      'CertificateIsNotFound',
      [
        'Узел не знает, не отозван ли сертификат: нет ни свежего списка отозванных от его издателя, ни ответа OCSP',
        'повторите позже; если не проходит, сообщите оператору узла',
      ],
      [
        'the node does not know whether the certificate was revoked: it has neither a fresh list by its issuer nor an OCSP answer',
        'try again later; tell the operator of the node if it goes on',
      ],
    ),
    origin: 'node',
    retry: 'later',
  },
  CERTIFICATE_UNTRUSTED: signature(
    'CertificateIsNotFound',
    [
      'Сертификат не выпущен доверенным удостоверяющим центром',
      'используйте сертификат доверенного УЦ',
    ],
    [
      'the certificate was not issued by a trusted authority',
      'use a certificate of a trusted authority',
    ],
  ),
  SENDER_UNKNOWN: caller({
    element: 'SenderIsNotRegistered',
    ru: [
      'Сертификат не зарегистрирован ни за одной информационной системой',
      'зарегистрируйте сертификат у оператора узла',
    ],
    en: [
      'the certificate is registered for no information system',
      'have the certificate registered by the operator',
    ],
  }),

  // Attachments
  MULTIPART_MALFORMED: soap({
    ru: [
      'Составное сообщение (multipart/related) нарушает RFC 2046 или RFC 2387',
      'соберите части заново: граница, заголовки и кодировки частей',
    ],
    en: [
      'the multipart/related message breaks RFC 2046 or RFC 2387',
      'build the parts anew: boundary, headers and transfer encodings',
    ],
  }),
  XOP_INCLUDE: soap({
    ru: [
      'xop:Include стоит не на месте или ссылается не на часть этого сообщения',
      'выносите в части только AttachmentContent/Content, href вида cid:',
    ],
    en: [
      'an xop:Include is out of place, or refers to no part of this message',
      'move out AttachmentContent/Content alone, with an href of the scheme cid',
    ],
  }),
  ATTACHMENTS_DISAGREE: caller({
    element: 'AttachmentContentMiscoordination',
    ru: [
      'Заголовки и содержимое вложений не сходятся',
      'для каждого contentId передайте одно AttachmentContent с тем же Id и для него одну часть',
    ],
    en: [
      'headers and contents of the attachments do not agree',
      'send one AttachmentContent with the same Id for each contentId, and one part for it',
    ],
  }),
  ATTACHMENTS_TOO_LARGE: caller({
    element: 'AttachmentSizeLimitExceeded',
    ru: [
      'Вложения больше допустимого',
      'передайте большие файлы через файловое хранилище (RefAttachmentHeaderList)',
    ],
    en: [
      'the attachments are larger than allowed',
      'send large files by the file store (RefAttachmentHeaderList)',
    ],
  }),
  ATTACHMENT_TYPE: caller({
    element: 'AttachmentContentMiscoordination',
    ru: [
      'Содержимое вложения не того типа, что заявлен, или такой тип не разрешён',
      'укажите в MimeType настоящий тип файла из разрешённых для вида сведений',
    ],
    en: [
      'the attachment is not of the type it claims, or the type is not allowed',
      'name the real type of the file in MimeType, one that the message type allows',
    ],
  }),
  ATTACHMENT_SIGNATURE_MISSING: signature(
    'NoSignatureFound',
    ['Вложение не подписано', 'добавьте SignaturePKCS7: отсоединённую подпись файла'],
    ['an attachment is not signed', 'add SignaturePKCS7: a detached signature of the file'],
  ),
  ATTACHMENT_SIGNATURE_INVALID: signature(
    'SignatureIsInvalid',
    [
      'Подпись вложения (SignaturePKCS7) неверна',
      'подпишите файл заново: отсоединённая подпись с contentType и messageDigest',
    ],
    [
      'the signature of an attachment (SignaturePKCS7) is wrong',
      'sign the file anew: a detached signature with contentType and messageDigest',
    ],
  ),
  FILE_NOT_UPLOADED: caller({
    element: 'AttachmentContentMiscoordination',
    smev: 'SMEV-201',
    ru: [
      'Файла нет в файловом хранилище',
      'загрузите файл по FTP в папку с именем uuid до отправки сообщения',
    ],
    en: [
      'the file is not in the file store',
      'upload it by FTP into the folder named by its uuid before the message is sent',
    ],
  }),
  FILE_HASH_DIFFERS: caller({
    element: 'AttachmentContentMiscoordination',
    smev: 'SMEV-201',
    ru: [
      'Хэш файла в хранилище не равен Hash в заголовке',
      'сверьте файл и Hash (ГОСТ Р 34.11, base64); дозагрузите файл, если он оборван',
    ],
    en: [
      'the hash of the file in the store is not the Hash of its header',
      'compare file and Hash (GOST R 34.11, base64); resume the upload if it was cut off',
    ],
  }),
  QUOTA_EXCEEDED: caller({
    element: 'QuoteLimitExceeded',
    retry: 'later',
    ru: [
      'Квота хранилища для вида сведений исчерпана',
      'повторите позже: место освобождается, когда получатели подтверждают сообщения',
    ],
    en: [
      'the storage quota of the message type is used up',
      'send it again later: room comes back as recipients acknowledge',
    ],
  }),
  ATTACHMENT_REFUSED: caller({
    element: 'InvalidContent',
    ru: ['Проверка не пропустила вложение', 'проверьте файл и отправьте его без того, что названо'],
    en: ['a check did not let the attachment through', 'send the file without what is named'],
  }),
  ATTACHMENTS_NOT_CARRIED: caller({
    element: 'InvalidContent',
    ru: [
      'Вид сведений или маршрут не принимает вложения',
      'отправьте сообщение без вложений или обратитесь к оператору узла',
    ],
    en: [
      'the message type or its route takes no attachments',
      'send the message without attachments, or ask the operator',
    ],
  }),

  // Rights, identity, queues
  ACCESS_DENIED: caller({
    element: 'AccessDenied',
    ru: [
      'Нет права на этот вид сведений',
      'запросите право у владельца вида сведений или оператора узла',
    ],
    en: [
      'no right to this message type',
      'ask the owner of the message type or the operator for the right',
    ],
  }),
  RECIPIENT_UNKNOWN: caller({
    element: 'RecipientIsNotFound',
    ru: [
      'Получатель не найден: To неизвестен или маршрут не задан',
      'скопируйте ReplyTo запроса без изменений',
    ],
    en: [
      'no recipient: To is unknown or there is no route',
      'copy the ReplyTo of the request unchanged',
    ],
  }),
  MESSAGE_ID_FORMAT: caller({
    element: 'InvalidMessageIdFormat',
    smev: 'SMEV-300',
    ru: ['MessageID не является UUID версии 1', 'создайте UUID версии 1 (RFC 4122)'],
    en: ['MessageID is not a version 1 UUID', 'make a version 1 UUID (RFC 4122)'],
  }),
  MESSAGE_ID_STALE: caller({
    element: 'StaleMessageId',
    ru: ['Время в MessageID вне допустимого интервала', 'сверьте часы и создайте новый MessageID'],
    en: [
      'the time inside MessageID is out of the allowed interval',
      'set the clock and make a new MessageID',
    ],
  }),
  MESSAGE_ALREADY_SENT: caller({
    element: 'MessageIsAlreadySent',
    smev: 'SMEV-301',
    ru: [
      'Сообщение с таким MessageID уже было отправлено с другим содержимым или другим отправителем',
      'для нового сообщения создайте новый MessageID',
    ],
    en: [
      'a message with this MessageID was sent before, with other content or by another sender',
      'make a new MessageID for a new message',
    ],
  }),
  END_OF_LIFE: caller({
    element: 'EndOfLifeReached',
    ru: ['Срок жизни запроса (EOL) истёк', 'отправьте запрос с новым сроком'],
    en: ['the end of life (EOL) of the request has passed', 'send a request with a later EOL'],
  }),
  ACK_TARGET_UNKNOWN: caller({
    element: 'TargetMessageIsNotFound',
    smev: 'SMEV-501',
    ru: [
      'Среди неподтверждённых сообщений такого нет: оно подтверждено, возвращено в очередь или чужое',
      'при повторной доставке подтвердите сообщение снова',
    ],
    en: [
      'no such message among the unacknowledged: acknowledged, back in the queue, or not yours',
      'acknowledge it again when it is delivered again',
    ],
  }),
  RESPONSE_ALREADY_FINAL: caller({
    element: 'RecipientIsNotFound',
    ru: ['На этот запрос уже дан окончательный ответ', 'не отправляйте второй окончательный ответ'],
    en: ['this request has its final answer already', 'do not send a second final answer'],
  }),
  QUEUE_FULL: caller({
    origin: 'node',
    element: 'DestinationOverflow',
    smev: 'SMEV-600',
    retry: 'later',
    ru: ['Очередь получателя переполнена', 'повторите отправку позже'],
    en: ['the queue of the recipient is full', 'send it again later'],
  }),

  // The node itself
  BUSY: caller({
    origin: 'node',
    element: 'SMEVFailure',
    http: 503,
    retry: 'later',
    ru: ['Узел перегружен', 'повторите отправку позже'],
    en: ['the node is overloaded', 'send it again later'],
  }),
  SIGNING_UNAVAILABLE: caller({
    origin: 'node',
    element: 'SMEVFailure',
    http: 503,
    retry: 'later',
    ru: [
      'Узел сейчас не может подписать ответ: его ключ в токене недоступен; сообщение не принято',
      'повторите отправку позже',
    ],
    en: [
      'the node cannot sign its answer now: its key in a token is out of reach; the message was not accepted',
      'send it again later',
    ],
  }),
  INTERNAL: caller({
    origin: 'node',
    element: 'SMEVFailure',
    retry: 'later',
    ru: [
      'Внутренняя ошибка узла; сообщение не принято',
      'повторите отправку; при повторении сообщите оператору номер записи журнала',
    ],
    en: [
      'an internal error of the node; the message was not accepted',
      'send it again; if it persists, tell the operator the journal id',
    ],
  }),
  AGENCY_FAILED: caller({
    origin: 'agency',
    element: 'SMEVFailure',
    retry: 'later',
    ru: ['Ведомство не смогло обработать запрос', 'повторите запрос позже'],
    en: ['the agency could not process the request', 'send the request again later'],
  }),
  AGENCY_ANSWER_INVALID: caller({
    origin: 'agency',
    element: 'SMEVFailure',
    ru: [
      'Ведомство дало ответ, который не соответствует виду сведений',
      'сообщите оператору узла номер сообщения',
    ],
    en: [
      'the agency gave an answer that does not fit the message type',
      'tell the operator the id of the message',
    ],
  }),
  NOT_ACCEPTED_BY_RECIPIENT: caller({
    origin: 'agency',
    element: 'SMEVFailure',
    ru: [
      'Получатель отверг подпись СМЭВ и не принял сообщение',
      'сообщите оператору узла номер сообщения',
    ],
    en: [
      "the recipient refused the node's signature and did not take the message",
      'tell the operator the id of the message',
    ],
  }),
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof faultRows;

/** The row of a code, with the optional members visible. */
export function faultRow(code: FaultCode): FaultRow {
  return faultRows[code];
}
