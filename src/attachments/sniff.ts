import { fileTypeFromBuffer } from 'file-type';

/** As much of the beginning of a file as tells its type. */
export const sniffedBytes = 4100;

// What is built of a zip, or looks like one from its first octets.
const zip = 'application/zip';
const zipped = /^application\/(vnd\.openxmlformats|vnd\.oasis|epub|java-archive|vnd\.ms-)/;
// Old office files share one container.
const compound = 'application/x-cfb';
const compounds = /^application\/(msword|vnd\.ms-|x-cfb|vnd\.visio)/;
// Two names of one type (IANA's first).
const sameAs: Readonly<Record<string, string>> = {
  'application/x-zip-compressed': zip,
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'text/xml': 'application/xml',
  'audio/x-wav': 'audio/wav',
  'application/x-rar': 'application/x-rar-compressed',
  'application/vnd.rar': 'application/x-rar-compressed',
};

/** Types that cannot be missed: octets that do not tell one of them are not of it. */
const certain =
  /^(application\/(pdf|zip|gzip|x-7z-compressed|x-rar-compressed|rtf)|image\/(jpeg|png|gif|tiff|bmp|webp))$/;

/**
 * Judges the beginning of a file against the type that its header claims.
 *
 * @returns the type that the octets tell where it is another one; '' where they tell none and would
 *   have to; undefined where nothing speaks against the claim
 */
export async function otherType(
  beginning: Uint8Array,
  claimed: string,
): Promise<string | undefined> {
  const wanted = oneName(claimed.toLowerCase());
  if (wanted === 'application/octet-stream') return undefined;
  const found = await fileTypeFromBuffer(beginning);
  if (found === undefined) return certain.test(wanted) ? '' : undefined;
  const told = oneName(found.mime);
  return fits(told, wanted) ? undefined : told;
}

// What octets do not tell, and names do.
const texts: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  json: 'application/json',
  txt: 'text/plain',
  xml: 'application/xml',
};

/** The type of a file that nobody named one for: as its octets tell, else as its name does. */
export async function typeFor(beginning: Uint8Array, name: string): Promise<string> {
  const found = await fileTypeFromBuffer(beginning);
  const ending = /\.([a-z]{3,4})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const named = Object.hasOwn(texts, ending) ? texts[ending] : undefined;
  return found?.mime ?? named ?? 'application/octet-stream';
}

function fits(told: string, wanted: string): boolean {
  if (told === wanted) return true;
  if (told === zip && zipped.test(wanted)) return true;
  if (told === compound && compounds.test(wanted)) return true;
  // XML in its many types; a text type promises little.
  return told === 'application/xml' && (/\+xml$/.test(wanted) || wanted.startsWith('text/'));
}

function oneName(type: string): string {
  return sameAs[type] ?? type;
}
