/** What may go wrong between the node and an agency. docs/connectors.md is made from this table. */
interface FailureRow {
  /** Another attempt may help. What may not be tried again goes to the dead letters at once. */
  readonly retry: boolean;
  /** Whether it says that the agency as a whole is not well: the breaker counts it. */
  readonly agencyDown: boolean;
  readonly ru: string;
  readonly en: string;
}

export const failures = {
  UNREACHABLE: {
    retry: true,
    agencyDown: true,
    ru: 'нет соединения: отказ, имя не найдено, обрыв до ответа',
    en: 'no connection: refused, name not found, broken before an answer',
  },
  TLS: {
    retry: true,
    agencyDown: true,
    ru: 'TLS не установлен: сертификат ведомства или узла не подошёл',
    en: "no TLS: the agency's or the node's certificate did not do",
  },
  TIMEOUT: {
    retry: true,
    agencyDown: true,
    ru: 'ответ не пришёл за отведённое время',
    en: 'no answer within its time',
  },
  UNAVAILABLE: {
    retry: true,
    agencyDown: true,
    ru: 'ведомство сообщило, что недоступно: HTTP 502, 503, 504',
    en: 'the agency said that it is not available: HTTP 502, 503, 504',
  },
  BUSY: {
    retry: true,
    agencyDown: false,
    ru: 'ведомство просит подождать: HTTP 429; узел ждёт, сколько сказано в Retry-After',
    en: 'the agency asks to wait: HTTP 429; the node waits as long as Retry-After says',
  },
  AGENCY_ERROR: {
    retry: true,
    agencyDown: false,
    ru: 'ошибка на стороне ведомства: HTTP 500, SOAP Fault Server',
    en: "an error of the agency's own: HTTP 500, SOAP Fault Server",
  },
  STOPPED: {
    retry: true,
    agencyDown: false,
    ru: 'процесс узла остановлен во время попытки',
    en: "the node's process was stopped during the attempt",
  },
  NODE_ERROR: {
    retry: true,
    agencyDown: false,
    ru: 'ошибка самого узла',
    en: "an error of the node's own",
  },
  REFUSED: {
    retry: false,
    agencyDown: false,
    ru: 'ведомство не приняло обращение узла: прочие HTTP 4xx, SOAP Fault Client',
    en: "the agency did not take the node's call: other HTTP 4xx, SOAP Fault Client",
  },
  ANSWER_BROKEN: {
    retry: false,
    agencyDown: false,
    ru: 'ответ не читается или не подходит к виду сведений',
    en: 'the answer is not readable, or does not fit the message type',
  },
  ANSWER_TOO_LARGE: {
    retry: false,
    agencyDown: false,
    ru: 'ответ больше допустимого',
    en: 'the answer is larger than allowed',
  },
  NO_ANSWER: {
    retry: false,
    agencyDown: false,
    ru: 'ведомство приняло запрос и не ответило в срок',
    en: 'the agency took the request and did not answer in time',
  },
  NOT_SENT: {
    retry: false,
    agencyDown: false,
    ru: 'запрос нельзя передать по этому маршруту: маршрут изменён, данные не отображаются',
    en: 'the request cannot go by this route: the route was changed, the content does not map',
  },
} as const satisfies Record<string, FailureRow>;
export type FailureCode = keyof typeof failures;

/** A delivery, or a question after one, failed. */
export class ConnectorFailure extends Error {
  override readonly name = 'ConnectorFailure';
  readonly code: FailureCode;
  /** How long the agency asked to wait. */
  readonly retryAfterMs: number | undefined;

  /**
   * @param why for the operator: ids, addresses and statuses, never a value of a message
   */
  constructor(
    code: FailureCode,
    why: string,
    options: { readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    super(why, { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}
