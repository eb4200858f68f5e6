import * as z from 'zod';
import { attachments } from './attachments.ts';
import { delivery } from './delivery.ts';
import { faceTls } from './face-tls.ts';
import { address, isTokenUri, key, millis } from './key.ts';
import { revocationFetch } from './revocation-fetch.ts';
import { schemas } from './schemas.ts';
import { tokenOfKeys } from './token.ts';
import { uplinkTable } from './uplinks.ts';
import { warnings } from './warnings.ts';

const keyPair = z.strictObject({ key: z.string(), certificate: z.string() });

/**
 * Everything that a process needs to start, with its default and what it means. docs/configuration.md
 * is made from this table. Times are in ms, sizes in bytes.
 */
export const configTable = z.strictObject({
  profile: key(
    z.enum(['sandbox', 'production']).default('sandbox'),
    'sandbox: узел сам создаёт участников, виды сведений и доверяет испытательному УЦ; production: ничего не создаёт',
    'sandbox: the node makes its participants and message types and trusts the test authority; production: it makes nothing',
  ),
  node: z
    .strictObject({
      id: key(
        z
          .string()
          .regex(/^[a-z0-9][a-z0-9.-]{0,49}$/)
          .default('mezhved-1'),
        'имя узла; у каждого узла своя цепочка журнала',
        'name of the node; each node has a chain of the journal of its own',
      ),
      mnemonic: key(
        z.string().min(1).max(50).default('MEZHVED'),
        'мнемоника, под которой узел говорит от себя',
        'mnemonic under which the node speaks for itself',
      ),
      name: key(
        z.string().min(1).max(500).default('Узел межведомственного обмена «Межвед»'),
        'название узла для людей',
        'name of the node for people',
      ),
      keys: key(
        z.array(keyPair).default([]),
        'ключи и сертификаты подписи узла (PEM, или ключ в токене: pkcs11:token=…;object=…); первый основной, ответ подписывается ключом того же вида, что у запроса; ключи в базе (cert import --node) начинают подписывать вместо них в своё время',
        "the node's signing keys and certificates (PEM, or a key in a token: pkcs11:token=…;object=…); the first is the default, an answer is signed with a key of the request's kind; keys of the database (cert import --node) begin to sign in their place at their time",
      ),
      passphraseFile: key(
        z.string().optional(),
        'файл с паролем ключей подписи: тех, что в node.keys под паролем, и тех, что в базе',
        'a file with the passphrase of the signing keys: of those of node.keys that have one, and of those in the database',
      ),
      pkcs11: tokenOfKeys.optional(),
    })
    .refine(
      ({ keys, pkcs11 }) => pkcs11 !== undefined || !keys.some((pair) => isTokenUri(pair.key)),
      {
        path: ['pkcs11'],
        message: 'нужен для ключей в токене / needed for keys in a token',
      },
    )
    .prefault({}),
  data: key(z.string().default('var'), 'папка данных узла', "the node's data folder"),
  database: z
    .strictObject({
      url: key(
        z
          .string()
          .regex(/^(sqlite:|postgres(ql)?:\/\/)/, 'sqlite:PATH or postgres://…')
          .optional(),
        'база данных: sqlite:ПУТЬ или postgres://…; по умолчанию файл mezhved.db в папке данных',
        'the database: sqlite:PATH or postgres://…; mezhved.db in the data folder where absent',
      ),
    })
    .prefault({}),
  redisUrl: key(
    z.string().optional(),
    'Redis для доставки через BullMQ: redis[s]://, redis[s]+sentinel://, redis[s]+cluster://; без него доставка идёт в самом процессе',
    'Redis for delivery by BullMQ: redis[s]://, redis[s]+sentinel://, redis[s]+cluster://; without it the process delivers by itself',
  ),
  listen: key(
    address.default('127.0.0.1:8080'),
    'адрес сервисов SOAP',
    'address of the SOAP services',
  ),
  adminListen: key(
    address.default('127.0.0.1:8081'),
    'адрес состояния и метрик; не для внешней сети',
    'address of health and metrics; not for the outside',
  ),
  tls: faceTls('сервисов SOAP', 'of the SOAP services').optional(),
  adminTls: faceTls('порта состояния и метрик', 'of health and metrics').optional(),
  publicUrl: key(
    z.url({ protocol: /^https?$/ }).optional(),
    'адрес узла для WSDL; иначе Host запроса',
    "the node's address in WSDL; else the Host that asked",
  ),
  trustedProxies: key(
    z.array(z.string()).default([]),
    'IP-адреса прокси, чьим X-Forwarded-* узел верит',
    'IP addresses of proxies whose X-Forwarded-* are believed',
  ),
  limits: z
    .strictObject({
      bodyBytesMax: key(
        z
          .int()
          .min(1024)
          .max(1024 ** 3)
          .default(5 * 1024 * 1024),
        'наибольший размер сообщения',
        'largest message',
      ),
      bodyTimeoutMs: key(millis.default(30_000), 'время на приём тела', 'time to receive a body'),
      headersTimeoutMs: key(
        millis.default(10_000),
        'время на приём заголовков HTTP',
        'time to receive HTTP headers',
      ),
      connectionsMax: key(
        z.int().min(1).default(2000),
        'соединений одновременно',
        'connections at once',
      ),
      requestsInFlightMax: key(
        z.int().min(1).default(500),
        'запросов, ожидающих обработки; сверх того 503',
        'requests that may wait for work; beyond it 503',
      ),
      refusedBytesKeptMax: key(
        z
          .int()
          .min(0)
          .default(64 * 1024),
        'до какого размера хранить байты отвергнутых сообщений неизвестных отправителей',
        'up to which size the bytes of refused messages of strangers are kept',
      ),
      queueItemsMax: key(
        z.int().min(1).default(100_000),
        'сообщений в одной входящей очереди или ожидающих одного ведомства; сверх того DestinationOverflow',
        'messages in one incoming queue, or waiting for one agency; beyond it DestinationOverflow',
      ),
      waitingMax: key(
        z.int().min(1).default(1_000_000),
        'запросов, ожидающих доставки, всего; сверх того 503',
        'requests that wait for delivery in all; beyond it 503',
      ),
      diskFreeMin: key(
        z
          .int()
          .min(0)
          .default(256 * 1024 * 1024),
        'свободных байт на диске встроенной базы данных; если меньше, узел отвечает 503',
        'free bytes on the disk of the embedded database; with less the node answers 503',
      ),
      bytesInFlightMax: key(
        z
          .int()
          .min(1024)
          .default(256 * 1024 * 1024),
        'байт сообщений в памяти одновременно; сверх того 503',
        'bytes of messages in memory at once; beyond it 503',
      ),
      noticesMax: key(
        z.int().min(1).default(1000),
        'уведомлений в очереди статусов; старые вытесняются',
        'notices in a status queue; the oldest give way',
      ),
      messageIdAgeMaxMs: key(
        millis.default(86_400_000),
        'наибольший возраст MessageID',
        'greatest age of a MessageID',
      ),
      timestampAgeMaxMs: key(
        millis.default(86_400_000),
        'наибольший возраст Timestamp в запросах из очередей',
        'greatest age of the Timestamp in polling requests',
      ),
      clockSkewMaxMs: key(
        millis.default(300_000),
        'насколько часы отправителя могут спешить',
        "how far a sender's clock may be ahead",
      ),
      leaseMs: key(
        millis.default(900_000),
        'время на Ack; затем сообщение возвращается в начало очереди',
        'time to acknowledge; then the message returns to the head of the queue',
      ),
      faultFindingsMax: key(
        z.int().min(1).max(100).default(20),
        'замечаний схемы в одном отказе',
        'schema findings in one refusal',
      ),
    })
    .prefault({}),
  signatures: z
    .strictObject({
      profiles: key(
        z
          .array(z.enum(['smev3', 'xmldsig', 'smev3-2001']))
          .min(1)
          .default(['smev3', 'xmldsig']),
        'профили подписи, которые узел принимает; smev3-2001 (ГОСТ 2001) — только для старых сообщений',
        'signature profiles that the node accepts; smev3-2001 (GOST 2001) is for old messages alone',
      ),
    })
    .prefault({}),
  trust: z
    .strictObject({
      revocation: key(
        z.enum(['off', 'soft', 'hard']).default('soft'),
        'отзыв по спискам и ответам OCSP: soft — отозванному не верить, без свежего списка или ответа верить; hard — без них не верить; off — не смотреть',
        'revocation by lists and OCSP answers: soft: who is revoked is not believed, without a fresh list or answer a certificate is; hard: without them it is not; off: not looked at',
      ),
      fetch: revocationFetch,
      policies: key(
        z
          .array(z.string().regex(/^[0-2](\.\d{1,20}){1,30}$/, 'OID: 1.2.643.100.113.1'))
          .max(20)
          .default([]),
        'политики (OID), одну из которых называют все сертификаты цепочки ниже якоря, например классы КС1 1.2.643.100.113.1, КС2 1.2.643.100.113.2; пусто — любые',
        'policies (OID), one of which all certificates of a path below its anchor name, such as the classes KS1 1.2.643.100.113.1 and KS2 1.2.643.100.113.2; empty: any',
      ),
    })
    .prefault({}),
  compute: z
    .strictObject({
      threads: key(
        z.int().min(0).max(256).default(0),
        'потоков проверки и подписи; 0 — по числу ядер',
        'threads for judging and signing; 0: one a core',
      ),
    })
    .prefault({}),
  secondOpinion: z
    .strictObject({
      threads: key(
        z.int().min(1).max(64).default(1),
        'отдельных потоков второй проверки подписей; запускаются по надобности',
        'threads of their own for second opinions on signatures; they start when needed',
      ),
      waitingMax: key(
        z.int().min(1).default(50),
        'сообщений, ожидающих второй проверки; сверх того выбранные по доле идут без неё, прочие получают 503',
        'messages that may wait for a second opinion; beyond it those drawn by a share go on without, others get 503',
      ),
      withinMs: key(
        millis.default(30_000),
        'время второй проверки вместе с ожиданием; затем то же',
        'time for a second opinion, waiting included; then the same',
      ),
    })
    .prefault({}),
  delivery,
  journal: z
    .strictObject({
      checkpointMs: key(
        millis.default(600_000),
        'как часто узел подписывает конец своей цепочки журнала, если она выросла',
        'how often the node signs the end of its chain of the journal, where it has grown',
      ),
    })
    .prefault({}),
  schemas,
  attachments,
  warnings,
  uplinks: key(
    z
      .array(uplinkTable)
      .max(100)
      .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, {
        message: 'имена связей должны различаться / ids of uplinks must differ',
      })
      .default([]),
    'связи с вышестоящими СМЭВ, чьи запросы обслуживает этот узел',
    'uplinks to upstream SMEVs whose requests this node serves',
  ),
  log: z
    .strictObject({
      level: key(
        z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
        'подробность журнала работы',
        'how much the log says',
      ),
    })
    .prefault({}),
});

/** The checked configuration, every path absolute. */
export type Config = Omit<z.infer<typeof configTable>, 'database' | 'attachments'> & {
  readonly database: { readonly url: string };
  readonly attachments: z.infer<typeof attachments> & { readonly folder: string };
};
