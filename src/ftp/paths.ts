declare const checked: unique symbol;

/** Checked names from the root down; [] is the root. Only `resolvePath` and `parentOf` make one. */
export type FtpPath = readonly string[] & { readonly [checked]: true };

export const rootPath = [] as readonly string[] as FtpPath;

const nameBytesMax = 255;
// The line and paragraph separators end a line for some who show listings.
const forbidden = /[/\\\p{Cc}\u2028\u2029]/u;

/** Whether a file or folder may be called so: no way up, no separators, no control characters. */
export function isName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || forbidden.test(name)) return false;
  return Buffer.byteLength(name) <= nameBytesMax;
}

/**
 * The path that an argument means, seen from a folder. '/' parts names and nothing is decoded; one '/'
 * at the end is let through. '.' alone is the folder itself; '..' is refused.
 *
 * @returns undefined where a name is none, or there are more than `depthMax`
 */
export function resolvePath(
  folder: FtpPath,
  argument: string,
  depthMax: number,
): FtpPath | undefined {
  if (argument === '' || argument === '.') return folder;
  if (argument === '/') return rootPath;
  const absolute = argument.startsWith('/');
  const names = argument
    .slice(absolute ? 1 : 0, argument.endsWith('/') ? -1 : undefined)
    .split('/');
  if (!names.every(isName)) return undefined;
  const path = absolute ? names : [...folder, ...names];
  return path.length <= depthMax ? (path as readonly string[] as FtpPath) : undefined;
}

/** The folder that holds it; the root holds itself. */
export function parentOf(path: FtpPath): FtpPath {
  return path.slice(0, -1) as readonly string[] as FtpPath;
}

/** As clients read it: /a/b. */
export function showPath(path: FtpPath): string {
  return `/${path.join('/')}`;
}
