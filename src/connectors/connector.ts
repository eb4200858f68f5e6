import type { Carries } from '../participants/routes.ts';
import type { QName } from '../xml/navigate.ts';
import type { ArrivedFile, CarriedFile } from './carried-file.ts';
import type { ConnectorFailure } from './failure.ts';

/** A request on its way to an agency, read from verified octets alone. Times are ms UTC. */
export interface AgencyRequest {
  readonly exchangeId: string;
  /**
   * The agency may see one MessageID several times: it is the key by which it knows repeats, and the
   * same at every attempt.
   */
  readonly messageId: string;
  readonly messageType: string;
  /** Mnemonic of the information system that sent the request. */
  readonly sender: string;
  /** When nobody wants the answer any more; undefined where the sender set no end. */
  readonly eol: number | undefined;
  /** The agency must change nothing. */
  readonly test: boolean;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly root: QName;
  /** The business content as a document of its own, UTF-8. */
  readonly content: Uint8Array;
  /** In the order of the message; none where the connector carries none. */
  readonly files: readonly CarriedFile[];
  /** Opaque and unforgeable: whoever knows it may answer this request through the callback. */
  readonly replyTo: string;
}

/** Values of RejectCode of the SMEV schemas. */
export const rejectCodes = [
  'ACCESS_DENIED',
  'NO_DATA',
  'UNKNOWN_REQUEST_DESCRIPTION',
  'FAILURE',
] as const;
export type RejectCode = (typeof rejectCodes)[number];

/** A RequestStatus that comes before the final answer. */
export interface AgencyStatus {
  readonly code: number;
  readonly description: string;
}

interface Said {
  /** What was told on the way. */
  readonly statuses?: readonly AgencyStatus[];
  /** The bytes that the agency answered with, for the journal. */
  readonly evidence?: Uint8Array;
}

/** What the agency says in the end. */
export type AgencyAnswer = Said &
  (
    | {
        readonly kind: 'content';
        /** The business response as a document of its own, UTF-8. */
        readonly content: Uint8Array;
        /** Whoever takes the answer keeps them or discards them. */
        readonly files?: readonly ArrivedFile[];
      }
    /** A business refusal: the sender gets RequestRejected. */
    | { readonly kind: 'rejection'; readonly code: RejectCode; readonly description: string }
    /** An upstream node says that the request came to nothing: the sender gets an asynchronous error. */
    | { readonly kind: 'failure'; readonly code: string; readonly description: string }
  );

/** The agency has the request and will answer later. */
export type Waiting = Said & {
  readonly kind: 'waiting';
  /** What `ask` needs to find the answer; kept in the database. */
  readonly ticket: string;
  /** When to ask. Where answers are collected or called back: when to give them up. */
  readonly askAfterMs: number;
};

/** An answer that was not asked for one by one. */
export interface Collected {
  /**
   * Its files may have been altered on the line: where they will not do, the failure is thrown and it
   * comes again.
   */
  readonly mayBeAltered?: boolean;
  /** MessageID of the request. */
  readonly messageId: string;
  readonly answer: AgencyAnswer | (Said & { readonly kind: 'interim' });
}

/** Where collected answers go. */
export interface Inbox {
  /**
   * Records the answer; resolves once it is on disk, and only then may the agency forget it. A repeat
   * is 'taken' too. 'unknown': no request of this route has that MessageID. Its files are kept or
   * discarded, whatever comes of it.
   *
   * @throws Fault where it could not be recorded: leave the answer where it is; ConnectorFailure
   *   ANSWER_BROKEN as `mayBeAltered` says
   */
  take(collected: Collected): Promise<'taken' | 'unknown'>;
  /** The answer to the request of this MessageID cannot be had: an operator is asked. */
  giveUp(messageId: string, failure: ConnectorFailure): Promise<void>;
}

/** The port of everything that is not a queue: it carries a request and brings the answer back. */
export interface Connector {
  /** What it is never given, and never gives, where it cannot carry it. */
  readonly carries: Carries;
  /** @throws ConnectorFailure; whatever it throws after the signal is not looked at */
  deliver(request: AgencyRequest, signal: AbortSignal): Promise<AgencyAnswer | Waiting>;
  /**
   * Asks after the answer of a request that was handed over before.
   *
   * @throws ConnectorFailure
   */
  ask?(
    request: AgencyRequest,
    ticket: string,
    signal: AbortSignal,
  ): Promise<AgencyAnswer | Waiting>;
  /**
   * Takes what the agency has ready for whichever request, until there is nothing more. Called again
   * and again, by one process at a time, with `everyMs` in between.
   *
   * @throws ConnectorFailure
   */
  readonly collecting?: {
    readonly everyMs: number;
    /** How long one call may take, ms; as long as every other's where absent. */
    readonly withinMs?: number;
    collect(inbox: Inbox, signal: AbortSignal): Promise<void>;
  };
  /**
   * Reads an answer that the agency posted to the callback address.
   *
   * @throws ConnectorFailure ANSWER_BROKEN
   */
  readCallback?(request: AgencyRequest, posted: Posted): AgencyAnswer | Waiting;
  /**
   * Does the agency answer at all? Nothing of a message is sent.
   *
   * @throws ConnectorFailure
   */
  probe(signal: AbortSignal): Promise<void>;
  /** Lets go of connections. */
  close(): Promise<void>;
}

/** What an agency posted. */
export interface Posted {
  readonly contentType: string;
  readonly body: Uint8Array;
}
