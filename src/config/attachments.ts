import * as z from 'zod';
import { address, key, millis } from './key.ts';

const port = z.int().min(0).max(65_535);

const ftp = z
  .strictObject({
    listen: key(
      address.optional(),
      'адрес файлового хранилища (FTP); без него хранилища нет',
      'address of the file store (FTP); there is none where absent',
    ),
    publicAddress: key(
      z.ipv4().optional(),
      'адрес IPv4, который сообщает PASV; иначе тот, по которому пришёл клиент',
      'IPv4 address that PASV announces; else the one at which the client came',
    ),
    passivePorts: z
      .strictObject({
        from: key(
          port.default(0),
          'первый порт пассивного режима; 0 — любые',
          'first port of passive mode; 0: any',
        ),
        to: key(port.default(0), 'последний порт пассивного режима', 'last port of passive mode'),
      })
      .refine(({ from, to }) => from <= to && (from === 0) === (to === 0), { message: 'from ≤ to' })
      .prefault({}),
    tls: z
      .strictObject({
        mode: key(
          z.enum(['off', 'offered', 'required']).default('off'),
          'явный TLS (AUTH TLS): выключен, по желанию клиента, обязателен',
          'explicit TLS (AUTH TLS): off, as the client wishes, required',
        ),
        key: key(z.string().optional(), 'ключ TLS (PEM)', 'TLS key (PEM)'),
        certificate: key(z.string().optional(), 'сертификат TLS (PEM)', 'TLS certificate (PEM)'),
        passphraseFile: key(
          z.string().optional(),
          'файл с паролем ключа TLS',
          'file with the passphrase of the TLS key',
        ),
      })
      .refine(({ mode, key: own, certificate }) => mode === 'off' || (own && certificate), {
        message: 'key, certificate',
      })
      .prefault({}),
  })
  .prefault({});

const check = z
  .strictObject({
    command: key(
      z.array(z.string()).min(1).optional(),
      'команда, которая проверяет файл до приёма сообщения: читает его со стандартного ввода; код 0 — пропустить, 1 — отказать с напечатанным текстом',
      'a command that checks a file before its message is accepted: it reads the file from standard input; exit code 0 lets it through, 1 refuses it with what it printed',
    ),
    url: key(
      z.url({ protocol: /^https?$/ }).optional(),
      'адрес HTTP, куда файл отправляют на проверку методом POST; 2xx — пропустить, 403, 406, 422 — отказать с текстом ответа',
      'HTTP address that the file is posted to for a check; 2xx lets it through, 403, 406, 422 refuse it with the text of the answer',
    ),
    withinMs: key(
      millis.default(60_000),
      'время проверки одного файла; затем сообщение не принимается и отправитель повторяет',
      'time to check one file; then the message is not accepted and its sender tries again',
    ),
    concurrency: key(z.int().min(1).max(100).default(4), 'файлов одновременно', 'files at once'),
  })
  .refine(({ command, url }) => command === undefined || url === undefined, {
    message: 'command или url / command or url',
  })
  .prefault({});

const endpoint = z
  .url({ protocol: /^https?$/ })
  .refine((url) => new URL(url).href === `${new URL(url).origin}/`, {
    message: 'схема, узел и порт без пути / scheme, host and port without a path',
  });

/** Names of objects are the prefix and a key; nothing of it needs an encoding. */
const prefix = z
  .string()
  .max(200)
  .regex(/^([A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/, 'a/b/');

/** For one attempt of four; a message that keeps files for half an hour is not accepted. */
const attemptMs = millis.max(600_000);

const s3 = z.strictObject({
  endpoint: key(
    endpoint,
    'адрес хранилища S3: https://узел[:порт]; узел обращается только к нему',
    'address of the S3 store: https://host[:port]; the node asks there and nowhere else',
  ),
  region: key(
    z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'a-z 0-9 -')
      .default('us-east-1'),
    'регион, входит в подпись запросов',
    'region; requests are signed for it',
  ),
  bucket: key(
    z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a-z 0-9 . -'),
    'бакет; он должен существовать',
    'the bucket; it must exist',
  ),
  prefix: key(
    prefix.default(''),
    'что стоит в именах объектов перед ключом файла, со знаком / в конце',
    'what stands before the key of a file in the names of objects, with a / at its end',
  ),
  accessKeyFile: key(z.string(), 'файл с ключом доступа (access key)', 'file with the access key'),
  secretKeyFile: key(
    z.string(),
    'файл с секретным ключом (secret key)',
    'file with the secret key',
  ),
  pathStyle: key(
    z.boolean().default(true),
    'бакет в пути (true) или в имени узла (false)',
    'the bucket stands in the path (true) or in the name of the host (false)',
  ),
  ca: key(
    z.string().optional(),
    'доверенные центры TLS хранилища (PEM); иначе системные',
    'trusted authorities of the store for TLS (PEM); those of the system where absent',
  ),
  connectMs: key(
    attemptMs.default(5000),
    'время на соединение с хранилищем',
    'time to connect to the store',
  ),
  silentMs: key(
    attemptMs.default(30_000),
    'сколько хранилище может молчать в начале ответа и посреди него',
    'how long the store may be silent before an answer begins, and in the middle of it',
  ),
  withinMs: key(
    attemptMs.default(300_000),
    'время одной попытки записать файл, удалить или перечислить; попыток четыре',
    'time for one attempt to write a file, to remove or to list; there are four',
  ),
});

/** Files that messages carry. Sizes in bytes. */
export const attachments = z
  .strictObject({
    folder: key(
      z.string().optional(),
      'папка файлового хранилища, общая для всех узлов одной базы данных; по умолчанию files в папке данных',
      'folder of the file store, shared by all nodes of one database; files in the data folder where absent',
    ),
    totalBytesMax: key(
      z
        .int()
        .min(0)
        .max(1024 ** 3)
        .default(5 * 1024 * 1024),
      'наибольший общий размер вложений в самом сообщении',
      'largest total size of the attachments inside a message',
    ),
    partsMax: key(
      z.int().min(1).max(1000).default(100),
      'наибольшее число вложений и файлов одного сообщения',
      'most attachments and files of one message',
    ),
    partHeaderBytesMax: key(
      z.int().min(256).max(65_536).default(8192),
      'наибольший размер заголовков одной части составного сообщения',
      'largest headers of one part of a multipart message',
    ),
    storedBytesMax: key(
      z
        .int()
        .min(0)
        .default(1024 ** 3),
      'наибольший общий размер файлов сообщения, загруженных в хранилище',
      'largest total size of the uploaded files of a message',
    ),
    s3: key(
      s3.optional(),
      'хранилище S3 для файлов принятых сообщений; без него они в папке хранилища',
      'S3 store for the files of accepted messages; they are in the folder where absent',
    ),
    ftp,
    check,
    unfinishedKeptMs: key(
      millis.default(86_400_000),
      'сколько хранится загруженное, на что не сослалось ни одно сообщение',
      'how long an upload is kept that no message names',
    ),
  })
  .prefault({});
