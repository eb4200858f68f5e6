import type { QName } from '../xml/navigate.ts';

/** A request on its way to an agency, read from verified octets alone. */
export interface AgencyRequest {
  readonly exchangeId: string;
  /** The agency may see one MessageID several times: it is the key by which it knows repeats. */
  readonly messageId: string;
  readonly messageType: string;
  /** The agency must change nothing. */
  readonly test: boolean;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly root: QName;
  /** The business content as a document of its own. */
  readonly content: Uint8Array;
}

/** Values of RejectCode of the SMEV schemas. */
export type RejectCode = 'ACCESS_DENIED' | 'NO_DATA' | 'UNKNOWN_REQUEST_DESCRIPTION' | 'FAILURE';

/** A RequestStatus that comes before the final answer. */
export interface AgencyStatus {
  readonly code: number;
  readonly description: string;
}

/** What the agency says in the end, and what it said on the way. */
export type AgencyAnswer = { readonly statuses?: readonly AgencyStatus[] } & (
  | {
      readonly kind: 'content';
      /** The business response as a document of its own, UTF-8. */
      readonly content: Uint8Array;
    }
  | { readonly kind: 'rejection'; readonly code: RejectCode; readonly description: string }
);

/** The port of everything that is not a queue: it carries a request and brings the answer back. */
export interface Connector {
  /** @throws RetryableFailure, FinalFailure */
  deliver(message: AgencyRequest): Promise<AgencyAnswer>;
}

/** The agency may answer another time: it was not reached, or is busy. */
export class RetryableFailure extends Error {
  override readonly name = 'RetryableFailure';
}

/** Asking again cannot help. */
export class FinalFailure extends Error {
  override readonly name = 'FinalFailure';
}
