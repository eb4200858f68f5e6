/** A media type and its parameters. The type and the names are in lower case, values as they came. */
export interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const lengthMax = 1000;
const control = /[^\P{Cc}\t]/u;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const typePattern = new RegExp(`[ \\t]*(${token}/${token})[ \\t]*`, 'y');
// Clients leave out the quotes around `/`, `=`, `<` and their like, so any visible character will do.
const parameterPattern = new RegExp(
  `;[ \\t]*(?:(${token})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|([^ \\t;,"\\\\]+))[ \\t]*)?`,
  'y',
);

/**
 * Reads the value of a Content-Type (RFC 2045 §5.1). Blanks may stand around `;` and `=`, and a `;`
 * without a parameter says nothing.
 *
 * @returns undefined where it is no media type: other characters, a parameter that is there twice,
 *   more than 1000 characters
 */
export function parseMediaType(header: string): MediaType | undefined {
  if (header.length > lengthMax || control.test(header)) return undefined;
  typePattern.lastIndex = 0;
  const type = typePattern.exec(header)?.[1]?.toLowerCase();
  if (type === undefined) return undefined;
  const parameters = new Map<string, string>();
  let at = typePattern.lastIndex;
  while (at < header.length) {
    parameterPattern.lastIndex = at;
    const match = parameterPattern.exec(header);
    if (match === null) return undefined;
    at = parameterPattern.lastIndex;
    const [, name, quoted, bare = ''] = match;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (parameters.has(key)) return undefined;
    parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? bare);
  }
  return { type, parameters };
}
