import { FtpRefusal, type FtpRefusalKind } from './host.ts';

/** RFC 959 section 4.2: a code of three digits and lines of text. */
export interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

export function reply(code: number, ...lines: readonly string[]): Reply {
  return { code, lines };
}

/** As it goes over the line: the lines between the first and the last begin with a space. */
export function replyText({ code, lines }: Reply): string {
  const clean = lines.map((line) => line.replace(/\p{Cc}/gu, ' '));
  const last = clean.length - 1;
  const parts = clean.map((line, index) => {
    if (index === last) return `${code} ${line}`;
    return index === 0 ? `${code}-${line}` : ` ${line}`;
  });
  return `${parts.join('\r\n')}\r\n`;
}

/** A command that ends with a reply of refusal. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly reply: Reply;

  constructor(refusal: Reply) {
    super(`${refusal.code}`);
    this.reply = refusal;
  }
}

const codes: Readonly<Record<FtpRefusalKind, number>> = {
  absent: 550,
  exists: 550,
  forbidden: 550,
  'no-space': 452,
  'too-large': 552,
  busy: 450,
  name: 553,
  offset: 554,
};

/** The reply to what a command threw; undefined where that is a failure of the node's own. */
export function replyOf(thrown: unknown): Reply | undefined {
  if (thrown instanceof Refused) return thrown.reply;
  return thrown instanceof FtpRefusal ? reply(codes[thrown.kind], thrown.message) : undefined;
}

/** The replies that more than one command gives. */
export const replies = {
  greeting: reply(220, 'Межвед готов / Mezhved is ready'),
  bye: reply(221, 'До свидания / goodbye'),
  begins: reply(150, 'Передача начинается / the transfer begins'),
  done: reply(226, 'Передача закончена / the transfer is complete'),
  loginFailed: reply(530, 'Вход не выполнен / login incorrect'),
  loginFirst: reply(530, 'Сначала войдите / log in first'),
  tooManyFailures: reply(421, 'Слишком много неудачных входов / too many failed logins'),
  tooMany: reply(421, 'Слишком много соединений / too many connections'),
  idle: reply(421, 'Долго нет команд / no command for too long'),
  slowLogin: reply(421, 'Вход слишком долгий / the login took too long'),
  stopping: reply(421, 'Узел останавливается / the node is stopping'),
  lineTooLong: reply(500, 'Слишком длинная строка / the line is too long'),
  lineBroken: reply(501, 'Строка не в UTF-8 или с NUL / the line is not UTF-8 or has a NUL'),
  unknown: reply(500, 'Это не команда / this is no command'),
  notImplemented: reply(502, 'Команды здесь нет / the command is not implemented'),
  argument: reply(501, 'Неверный аргумент / the argument is wrong'),
  parameter: reply(504, 'Такого параметра здесь нет / the parameter is not implemented'),
  order: reply(503, 'Команда не в свой черёд / bad sequence of commands'),
  own: reply(451, 'Ошибка узла / an error of the node'),
  absent: reply(550, 'Нет такого файла или папки / no such file or folder'),
  name: reply(553, 'Недопустимое имя / the name is not allowed'),
  passiveFirst: reply(425, 'Сначала EPSV или PASV / send EPSV or PASV first'),
  passiveOnly: reply(
    502,
    'Только пассивный режим: EPSV или PASV / passive mode only: send EPSV or PASV',
  ),
  noPort: reply(425, 'Нет свободного порта / no free port'),
  noConnection: reply(
    425,
    'Соединение данных не открыто / the data connection was not opened in time',
  ),
  wrongPeer: reply(
    425,
    'Соединение данных с другого адреса / the data connection came from another address',
  ),
  dataTls: reply(425, 'TLS соединения данных не удался / TLS of the data connection failed'),
  dataProtection: reply(521, 'Данные только после PROT P / no data without PROT P'),
  tlsFirst: reply(530, 'Сначала AUTH TLS / send AUTH TLS first'),
  broken: reply(426, 'Соединение данных прервано / the data connection broke'),
  stalled: reply(426, 'Данные не идут, передача прервана / the data stalled, transfer aborted'),
  aborted: reply(426, 'Передача прервана / the transfer was aborted'),
} as const satisfies Record<string, Reply>;
