// The stages of a message, each the only legal input of the next:
//
//   Received → Verified → Authorised → Recorded → Reply
//
// Received    bytes with their limits kept, before anything can fail
// Verified    opened, valid, signed; business data come from the verified octets (src/compute)
// Authorised  the certificate is an information system's, valid and trusted
// Recorded    exchange, bytes, journal entries and the signed answer are in the database
//
// A failure at any stage becomes a refusal, which is journalled and signed like any answer.
import type { Part } from '../attachments/parts.ts';
import type { Verified } from '../compute/judge.ts';
import type { InformationSystem, Participant } from '../participants/registry.ts';
import type { Version } from '../smev/namespaces.ts';
import type { OperationName } from '../smev/operations.ts';
import type { Request } from '../smev/requests.ts';
import type { ReplyPart } from './call.ts';

/** Bytes as they came. Times are ms UTC. */
export interface Received {
  readonly bytes: Uint8Array;
  /** The other parts of a multipart message; what nobody keeps goes when the call is answered. */
  readonly parts: readonly Part[];
  readonly endpoint: Version;
  readonly soapAction: string | undefined;
  /** IP address of the peer. */
  readonly peer: string;
  readonly at: number;
  /** Id of the journal entry that will say how it ended; a refusal quotes it. */
  readonly journalId: string;
}

/** Who calls, known by the certificate alone. */
export interface Caller {
  readonly system: InformationSystem;
  readonly participant: Participant;
}

type RequestOf<O extends OperationName> = Extract<Request, { readonly operation: O }>;

/** A verified message of a known caller, whatever it asks. */
export interface Called {
  readonly received: Received;
  readonly verified: Verified;
  readonly caller: Caller;
}

/** What a known caller asks for. */
export interface Authorised<O extends OperationName = OperationName> extends Called {
  readonly request: RequestOf<O>;
}

/** The answer stands in the database; its bytes may leave. */
export interface Recorded {
  readonly answer: Uint8Array;
  /** What the answer refers to. */
  readonly parts?: readonly ReplyPart[];
}
