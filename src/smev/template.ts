/** The text of a Body's child around the place where a signature goes. */
export interface Template {
  readonly before: string;
  readonly after: string;
  /** Id of the element that is signed; undefined where there is no place for a signature. */
  readonly signedId: string | undefined;
}

export function templateOf(before: string, after: string, signedId: string | undefined): Template {
  return { before, after, signedId };
}
