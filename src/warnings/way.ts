import type { Letter } from './letter.ts';

/** How operators are told. */
export interface Way {
  readonly name: 'log' | 'webhook' | 'email';
  /** Where it goes, without anything secret. */
  readonly place: string;
  /**
   * Tells all of a letter.
   *
   * @returns what was answered
   * @throws NotTold
   */
  tell(letter: Letter, signal: AbortSignal): Promise<string>;
}

/** Why a letter was not taken, in words without secrets. */
export class NotTold extends Error {
  override readonly name = 'NotTold';
}
