import { ConnectorFailure } from './failure.ts';

/** Files of a message that cannot be taken as they are. */
export class FilesRefused extends ConnectorFailure {
  /** For whoever sent the message, in Russian and English: names of files and verdicts. */
  readonly told: string;
  /** What was signed says so, and another try would bring the same. */
  readonly isCertain: boolean;

  /** @param advice for the operator alone */
  constructor(
    why: { readonly ru: string; readonly en: string },
    isCertain: boolean,
    advice?: string,
  ) {
    super('ANSWER_BROKEN', advice === undefined ? why.en : `${why.en}: ${advice}`);
    this.told = `${why.ru} / ${why.en}`;
    this.isCertain = isCertain;
  }
}

/** A name as a peer may be told. */
export function shownName(name: string): string {
  return `«${name.slice(0, 100)}»`;
}
