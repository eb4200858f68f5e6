import { ConnectorFailure } from './failure.ts';

/** Files of a message that cannot be taken as they are. */
export class FilesRefused extends ConnectorFailure {
  /** For whoever sent the message: names of files and verdicts. */
  readonly told: string;
  /** What was signed says so, and another try would bring the same. */
  readonly isCertain: boolean;

  constructor(told: string, why: string, isCertain: boolean) {
    super('ANSWER_BROKEN', why);
    this.told = told;
    this.isCertain = isCertain;
  }
}

/** @param advice for the operator alone */
export function filesRefused(
  { ru, en }: { readonly ru: string; readonly en: string },
  isCertain: boolean,
  advice?: string,
): FilesRefused {
  return new FilesRefused(
    `${ru} / ${en}`,
    advice === undefined ? en : `${en}: ${advice}`,
    isCertain,
  );
}

/** A name as a peer may be told. */
export function shownName(name: string): string {
  return `«${name.slice(0, 100)}»`;
}
