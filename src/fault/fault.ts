import { type FaultCode, type FaultRow, faultRow } from './codes.ts';

/** One thing that a schema or a rule found wrong. */
export interface Finding {
  /** Path of the element, such as /Envelope/Body/SendRequestRequest. */
  readonly path: string;
  /** 1-based line in the bytes that came; 0 where unknown. */
  readonly line: number;
  /** The rule that was broken, such as cvc-pattern-valid. */
  readonly rule: string;
  /** What the checker said. It may quote the sender's values: it goes to the sender, never to a log. */
  readonly text: string;
}

export interface FaultDetail {
  /** What exactly, for the peer: names and ids, no internals. In the language of the protocol. */
  readonly public?: string;
  /** For the operator's log alone; ids and verdicts, no values of a message. */
  readonly private?: string;
  readonly findings?: readonly Finding[];
  /** Values that the fault element carries, such as RootElementLocalName. */
  readonly values?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A refusal or failure with a row in the fault table. The only error a peer ever sees. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly detail: FaultDetail;

  constructor(code: FaultCode, detail: FaultDetail = {}) {
    super(`${code}: ${faultRow(code).en[0]}`, { cause: detail.cause });
    this.code = code;
    this.detail = detail;
  }

  get row(): FaultRow {
    return faultRow(this.code);
  }
}

/** Anything thrown, as a Fault: what has no row of its own is INTERNAL, its text private. */
export function asFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new Fault('INTERNAL', { private: text, cause: thrown });
}
