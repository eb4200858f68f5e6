import type { GivenFault } from '../smev/given.ts';
import type { RejectCode } from './connector.ts';
import { ConnectorFailure, type FailureCode } from './failure.ts';

/**
 * What a fault of a SMEV means for who called it. The real SMEV signs no fault, so that whoever stands
 * on the line can make one: a fault leads to another attempt or to the dead letters, and ends an
 * exchange with an answer only where it is signed.
 */
interface FaultRow {
  /** For a request on its way up; 'accepted' where the message is there already. */
  readonly means: 'accepted' | FailureCode;
  /** The request can never be delivered: where the fault is signed, the sender is told so at once. */
  readonly final?: true;
  /**
   * With which code an uplink rejects the request upstream that its own node refused so; absent
   * where the refusal is not about the request: it stays upstream and comes again.
   */
  readonly rejection?: RejectCode;
  readonly ru: string;
  readonly en: string;
}

const operator = {
  ru: 'в мёртвые письма: поправить настройку или схемы',
  en: 'to the dead letters: mend settings or schemas',
};
const again = { ru: 'попытка повторится', en: 'tried again' };

/** By the element in detail; NOT_BUILT is a code of Mezhved's own. */
export const smevFaults: Readonly<Record<string, FaultRow>> = {
  // After a dropped connection it means that the first attempt came through.
  MessageIsAlreadySent: {
    means: 'accepted',
    rejection: 'FAILURE',
    ru: 'после обрыва: запрос уже принят, узел ждёт ответа; при первой попытке — номер занят чужим сообщением, в мёртвые письма',
    en: "after a break: the request was taken, the node waits; at a first attempt the id is another message's: to the dead letters",
  },
  DestinationOverflow: { means: 'BUSY', ...again },
  QuoteLimitExceeded: { means: 'BUSY', ...again },
  SMEVFailure: { means: 'AGENCY_ERROR', ...again },
  EndOfLifeReached: final(),
  EndOfLife: final(),
  StaleMessageId: final(),
  InvalidContent: refused('UNKNOWN_REQUEST_DESCRIPTION'),
  BusinessDataTypeIsNotSupported: refused('UNKNOWN_REQUEST_DESCRIPTION'),
  AccessDenied: refused('ACCESS_DENIED'),
  PersonalAccessDenied: refused('ACCESS_DENIED'),
  InvalidMessageIdFormat: refused('FAILURE'),
  RecipientIsNotFound: refused('FAILURE'),
  TransactionCodeInvalid: refused('FAILURE'),
  AttachmentContentMiscoordination: refused('FAILURE'),
  AttachmentSizeLimitExceeded: refused('FAILURE'),
  IncorrectResponseContentType: refused('FAILURE'),
  NOT_BUILT: refused('FAILURE'),
  // About the caller's key and registration, not about the message.
  SignatureVerificationFault: refused(),
  SenderIsNotRegistered: refused(),
  UnknownMessageType: refused(),
  TargetMessageIsNotFound: refused(),
};

function final(): FaultRow {
  return {
    means: 'REFUSED',
    final: true,
    rejection: 'FAILURE',
    ru: 'отказ подписан — отправитель получает ошибку; не подписан — в мёртвые письма',
    en: 'where it is signed, the sender gets the error; else to the dead letters',
  };
}

function refused(rejection?: RejectCode): FaultRow {
  return { means: 'REFUSED', ...(rejection === undefined ? {} : { rejection }), ...operator };
}

/** The row of a fault; without one the faultcode says whose doing it is (SOAP 1.1 §4.4.1). */
export function rowOf({ element, code, faultcode }: GivenFault): FaultRow {
  const key = code === 'NOT_BUILT' ? code : (element ?? '');
  const row = Object.hasOwn(smevFaults, key) ? smevFaults[key] : undefined;
  if (row !== undefined) return row;
  return faultcode === 'Server' ? { means: 'AGENCY_ERROR', ...again } : refused();
}

const unavailable: Readonly<Record<number, FailureCode>> = {
  429: 'BUSY',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

/** The fault as a failure: element and code, never its text, which may quote the message. */
export function failureOfFault(
  fault: GivenFault,
  about: {
    readonly status: number;
    readonly retryAfterMs: number | undefined;
    readonly place: string;
  },
): ConnectorFailure {
  const { means } = rowOf(fault);
  const code = unavailable[about.status] ?? (means === 'accepted' ? 'REFUSED' : means);
  const { retryAfterMs } = about;
  return new ConnectorFailure(code, `${about.place}: ${nameOf(fault)}`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Names alone: a fault of a stranger may be called anything. */
function nameOf({ element, code, faultcode }: GivenFault): string {
  return [element ?? `soap:${faultcode}`, code]
    .filter((part) => part !== undefined)
    .map((part) => part.replace(/[^\w:.-]/g, '').slice(0, 60))
    .join(' ');
}
