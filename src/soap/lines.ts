// Lines of bodies that may end in CR LF or, of some clients, in a bare LF.

export const [tab, lineFeed, carriageReturn, space] = [0x09, 0x0a, 0x0d, 0x20];

/** Where the blanks that begin at `from` end. */
export function blanksEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === space || bytes[at] === tab) at += 1;
  return at;
}

/** 0 where no line ends; undefined where the octets end before that is known. */
export function lineEndLength(bytes: Uint8Array, at: number): 0 | 1 | 2 | undefined {
  if (bytes[at] === lineFeed) return 1;
  if (at === bytes.length) return undefined;
  if (bytes[at] !== carriageReturn) return 0;
  if (at + 1 === bytes.length) return undefined;
  return bytes[at + 1] === lineFeed ? 2 : 0;
}
