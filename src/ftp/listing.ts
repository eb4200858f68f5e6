import type { Millis } from '../clock.ts';
import type { FtpEntry } from './host.ts';
import { isName } from './paths.ts';

/** The facts of RFC 3659 section 7.5 that are known here, in the order in which they are told. */
export const allFacts = ['type', 'size', 'modify'] as const;
export type Fact = (typeof allFacts)[number];

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const halfYearMs = 182 * 24 * 3_600_000;

/** YYYYMMDDHHMMSS in UTC, RFC 3659 section 2.3. */
export function timeValue(at: Millis): string {
  return new Date(at).toISOString().slice(0, 19).replace(/\D/g, '');
}

/** type=file;size=1;modify=20260101000000; with a space behind, as in MLST and MLSD. */
export function factsOf(entry: FtpEntry, facts: readonly Fact[]): string {
  const values: Readonly<Record<Fact, string | undefined>> = {
    type: entry.kind === 'file' ? 'file' : 'dir',
    size: entry.kind === 'file' ? `${entry.size}` : undefined,
    modify: timeValue(entry.modifiedAt),
  };
  const told = facts.filter((fact) => values[fact] !== undefined);
  return `${told.map((fact) => `${fact}=${values[fact]};`).join('')} `;
}

/** As `ls -l` prints it; RFC 959 leaves the form open, and clients expect this one. In UTC. */
function longLine({ kind, name, size, modifiedAt }: FtpEntry, now: Millis): string {
  const at = new Date(modifiedAt);
  const two = (value: number) => `${value}`.padStart(2, '0');
  const recent = modifiedAt <= now && modifiedAt > now - halfYearMs;
  const last = recent ? `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}` : at.getUTCFullYear();
  const date = `${months[at.getUTCMonth()]} ${two(at.getUTCDate())} ${`${last}`.padStart(5)}`;
  const mode = kind === 'file' ? '-rw-r--r--' : 'drwxr-xr-x';
  return `${mode} 1 ftp ftp ${`${size}`.padStart(12)} ${date} ${name}`;
}

export type ListingForm =
  | { readonly form: 'long'; readonly now: Millis }
  | { readonly form: 'names' }
  | { readonly form: 'facts'; readonly facts: readonly Fact[] };

/** The lines of LIST, NLST and MLSD with their ends. A name that is none is left out: it could forge a line. */
export function* listingLines(
  entries: readonly FtpEntry[],
  how: ListingForm,
): Generator<string, void> {
  for (const entry of entries) {
    if (isName(entry.name)) yield `${listingLine(entry, how)}\r\n`;
  }
}

function listingLine(entry: FtpEntry, how: ListingForm): string {
  if (how.form === 'long') return longLine(entry, how.now);
  return how.form === 'names' ? entry.name : `${factsOf(entry, how.facts)}${entry.name}`;
}

const partBytes = 32 * 1024;

/** The same octets in parts of some size, so that a large folder is sent with back-pressure. */
export function* inParts(lines: Iterable<string>): Generator<Buffer, void> {
  let part = '';
  for (const line of lines) {
    part += line;
    if (part.length >= partBytes) {
      yield Buffer.from(part);
      part = '';
    }
  }
  if (part !== '') yield Buffer.from(part);
}
