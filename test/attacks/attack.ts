import type { Posted } from '../../src/compute/judge.ts';
import type { FaultCode } from '../../src/fault/codes.ts';
import type { Signer } from '../../src/signature/signer.ts';
import type { GuardName } from './guards.ts';

/** An attack, or a harmless variant of a message, as it is posted to a node. */
export interface Posting extends Posted {
  /** Of the HTTP request, where it is not text/xml; charset=utf-8. */
  readonly contentType?: string;
}

/** What a library below this project stops by itself, by name. */
export type Library = 'libxml2' | 'OpenSSL';

export interface Attack {
  /** A sentence without its full stop. */
  readonly name: string;
  /** Makes it anew, out of a legitimate message that a real key signed: RSA, or another's. */
  readonly make: (by?: Signer) => Posting;
  /** What `judge`, and a node, refuse it by. */
  readonly code: FaultCode;
  /**
   * What `verify` says of a file that holds it: the code of a problem, UNREADABLE where it is no XML,
   * NOTHING where no signature is left; undefined where nothing is wrong but what HTTP or SOAP say.
   */
  readonly verify: FaultCode | 'UNREADABLE' | 'NOTHING' | undefined;
  /**
   * The signature is right: the code is what trust says, of a file by `verify` and at a node once the
   * certificate is registered; a node that does not know it says SENDER_UNKNOWN.
   */
  readonly trust?: true;
  /** Without all of these it gets through. */
  readonly guards: readonly GuardName[];
  /** Stops it when those guards are gone; there is no going on without it. */
  readonly library?: Library;
  /** The MessageID that the attacker wants acted upon; any, where absent. */
  readonly gain?: string;
}

/** Attacks that one heading of SECURITY.md names. */
export interface Chapter {
  readonly title: string;
  /** Where its fixtures are. */
  readonly file: string;
  readonly attacks: readonly Attack[];
}
