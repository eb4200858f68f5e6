import { ConnectorFailure } from './failure.ts';

/** What is kept of a request that an agency took with 202. */
export interface Ticket {
  /** Where to ask; undefined where the agency calls back. */
  readonly url: string | undefined;
  /** When the answer is given up, ms UTC. */
  readonly until: number;
}

export function writeTicket({ url, until }: Ticket): string {
  return JSON.stringify({ url: url ?? '', until });
}

/** @throws ConnectorFailure NOT_SENT where the route was of another kind when the ticket was given */
export function readTicket(ticket: string): Ticket {
  try {
    const { url, until } = JSON.parse(ticket) as { url: unknown; until: unknown };
    if (typeof url === 'string' && typeof until === 'number') {
      return { url: url === '' ? undefined : url, until };
    }
  } catch {
    // It is told below.
  }
  throw new ConnectorFailure('NOT_SENT', 'the route was changed while an answer was awaited');
}

const urlLengthMax = 2000;

/**
 * Where 202 says that the answer will be. Only the agency's own address is asked, since the credentials
 * go along and no answer may send the node elsewhere.
 *
 * @throws ConnectorFailure ANSWER_BROKEN
 */
export function locationOf(location: string, asked: string): string {
  const target = location.length <= urlLengthMax && URL.canParse(location, asked);
  const url = target ? new URL(location, asked) : undefined;
  if (
    url === undefined ||
    url.origin !== new URL(asked).origin ||
    `${url.username}${url.password}`
  ) {
    throw new ConnectorFailure(
      'ANSWER_BROKEN',
      'Location leads away from the address of the route',
    );
  }
  return url.href;
}
