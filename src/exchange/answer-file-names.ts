import { parseMediaType } from '../soap/media-type.ts';

// What an agency called its files, as the envelopes and the file store can say it.

const nameMax = 100;

/**
 * A contentId of this name that none of `used` is, and adds it there. It is an Id of the envelope, so
 * it is an NCName (xs:ID, XML Schema Part 2 §3.3.8).
 */
export function headedName(name: string, used: Set<string>): string {
  // Letters that every edition of XML 1.0 takes for such (§2.3).
  const bare = [...name.normalize('NFC')]
    .slice(0, nameMax)
    .map((character) => (/[A-Za-z0-9А-яЁё._-]/.test(character) ? character : '_'))
    .join('');
  const begun = /^[A-Za-zА-яЁё_]/.test(bare) ? bare : `_${bare}`;
  let free = begun;
  for (let n = 2; used.has(free); n += 1) free = `${begun}_${n}`;
  used.add(free);
  return free;
}

const fileNameBytesMax = 200;

/** A name that a file of the file store can bear: no part of a path, at most 200 bytes of UTF-8. */
export function storedName(name: string): string {
  const bare = name.normalize('NFC').replace(/[/\\\p{C}]/gu, '_');
  let cut = bare;
  while (Buffer.byteLength(cut) > fileNameBytesMax) cut = [...cut].slice(0, -1).join('');
  return cut === '' || cut === '.' || cut === '..' ? `_${cut}` : cut;
}

/** The type without parameters, as the envelopes allow it; octets where it is none of theirs. */
export function mimeTypeOf(type: string): string {
  const bare = parseMediaType(type)?.type ?? '';
  return /^(text|image|audio|video|application)\/[a-z0-9.+-]+$/.test(bare)
    ? bare
    : 'application/octet-stream';
}
