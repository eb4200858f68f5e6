import type { Clock } from '../clock.ts';
import { ConnectorFailure, type FailureCode } from './failure.ts';
import type { HttpAnswer } from './http-call.ts';

/** An agency may not put the node off for longer. */
export const retryAfterMsMax = 3_600_000;

const statuses: Readonly<Record<number, FailureCode>> = {
  429: 'BUSY',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

/** What a status means that is no answer. Of the body nothing is told. */
export function failureOfStatus(
  { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
  place: string,
  clock: Clock,
): ConnectorFailure {
  const code = statuses[status] ?? (status >= 500 ? 'AGENCY_ERROR' : 'REFUSED');
  const redirect = status >= 300 && status < 400 ? ': redirects are not followed' : '';
  const retryAfterMs = retryAfter(headers, clock);
  return new ConnectorFailure(code, `${place}: HTTP ${status}${redirect}`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Retry-After in ms (RFC 9110 §10.2.3): seconds or a date; at most an hour. */
export function retryAfter(headers: HttpAnswer['headers'], clock: Clock): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined) return undefined;
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text) * 1000, retryAfterMsMax);
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  // By the agency's own clock where it tells the time, so that a wrong one does no harm.
  const told = Date.parse(headers['date'] ?? '');
  const wait = at - (Number.isNaN(told) ? clock.now() : told);
  return Math.min(Math.max(wait, 0), retryAfterMsMax);
}

/**
 * Whether an agency that answers so is up. Many services know no HEAD: 405 and 501 are signs of life.
 *
 * @throws ConnectorFailure
 */
export function checkAlive(answer: HttpAnswer, place: string, clock: Clock): void {
  if (answer.status >= 500 && answer.status !== 501) throw failureOfStatus(answer, place, clock);
}
