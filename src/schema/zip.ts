import { crc32, inflateRawSync } from 'node:zlib';
import { fromBufferPromise, type LocalFileHeader, type ZipEntry, type ZipFile } from 'yauzl';
import { PackageRefused, refuse } from './admission/findings.ts';

export interface ZipLimits {
  /** Of the archive. */
  readonly packed: number;
  /** Of all files together, by what the archive says of them; the reading is held to it. */
  readonly unpacked: number;
  /** Folders count too. */
  readonly entries: number;
  /** Times that a file may be larger than it is packed. */
  readonly ratio: number;
}

/** A file of an archive; nothing of it is unpacked before it is read. */
export interface ZippedFile {
  readonly name: string;
  /** @throws PackageRefused zip-lies */
  read(): Uint8Array;
}

/**
 * The files of an archive that is plain in every respect: its files fill it end to end, its directory
 * and its headers agree, nothing is encrypted, linked, or ZIP64 (APPNOTE 6.3.10 §4.3). So every reader
 * of the archive sees the same files.
 *
 * @throws PackageRefused
 */
export async function readZip(bytes: Uint8Array, limits: ZipLimits): Promise<ZippedFile[]> {
  if (bytes.length > limits.packed) refuse('package-size', '', 0, bytes.length);
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const zip = await fromBufferPromise(archive, { decodeStrings: false });
    const directory = directoryOf(archive, zip);
    if (zip.entryCount > limits.entries) refuse('package-files', '', 0, zip.entryCount);
    const entries: Placed[] = [];
    for await (const entry of zip.eachEntry()) {
      checkEntry(entry, limits);
      const local = await zip.readLocalFileHeaderPromise(entry);
      checkAgreement(entry, local);
      entries.push({ entry, local });
    }
    checkUnpacked(entries, limits);
    checkLayout(entries, directory);
    return entries
      .filter(({ entry }) => !nameOf(entry).endsWith('/'))
      .map((placed) => ({ name: nameOf(placed.entry), read: () => unpack(archive, placed) }));
  } catch (error) {
    throw error instanceof PackageRefused ? error : asRefused(error);
  }
}

interface Placed {
  readonly entry: ZipEntry;
  readonly local: LocalFileHeader;
}

/** What the library refuses, in its words. */
function asRefused(error: unknown): unknown {
  const said = error instanceof Error ? error.message : String(error);
  try {
    if (/zip64/i.test(said)) refuse('zip-zip64', '', 0, said);
    if (/encrypt/i.test(said)) refuse('zip-encrypted', '', 0, said);
    if (/size mismatch/.test(said)) refuse('zip-lies', '', 0, said);
    return refuse('zip-malformed', '', 0, said);
  } catch (refused) {
    return refused;
  }
}

const endOctets = 22;
const locatorOctets = 20;
const locatorSignature = 0x07064b50;

/** Where the central directory lies, by the record at the end (APPNOTE §4.3.16). */
function directoryOf(archive: Buffer, zip: ZipFile): { start: number; end: number } {
  const end = archive.length - endOctets - zip.comment.length;
  const before = end - locatorOctets;
  if (before >= 0 && archive.readUInt32LE(before) === locatorSignature) refuse('zip-zip64', '');
  const [size, start] = [archive.readUInt32LE(end + 12), archive.readUInt32LE(end + 16)];
  if (start === 0xffffffff || size === 0xffffffff) refuse('zip-zip64', '');
  if (archive.readUInt16LE(end + 8) !== zip.entryCount) refuse('zip-malformed', '');
  if (start + size > end) refuse('zip-malformed', '');
  if (start + size < end) refuse('zip-gap', '');
  return { start, end };
}

const encryptedFlags = 0x2041;
const zip64Field = 0x0001;
const unicodePathField = 0x7075;
/** File types of st_mode: none, a plain file, a folder. */
const plainTypes = [0, 0x8000, 0x4000];
/** Below it even a tight file does no harm. */
const ratioFrom = 64 * 1024;

function checkEntry(entry: ZipEntry, limits: ZipLimits): void {
  const name = nameOf(entry);
  if ((entry.generalPurposeBitFlag & encryptedFlags) !== 0) refuse('zip-encrypted', name);
  if (!plainTypes.includes((entry.externalFileAttributes >>> 16) & 0xf000)) {
    refuse('zip-symlink', name);
  }
  for (const { id, data } of entry.extraFields) {
    if (id === zip64Field) refuse('zip-zip64', name);
    if (id === unicodePathField && !data.subarray(5).equals(entry.fileNameRaw)) {
      refuse('zip-disagrees', name);
    }
  }
  const { compressionMethod, compressedSize, uncompressedSize } = entry;
  if (compressionMethod !== 0 && compressionMethod !== 8) {
    refuse('zip-method', name, 0, compressionMethod);
  }
  if (uncompressedSize > ratioFrom && uncompressedSize > compressedSize * limits.ratio) {
    refuse('package-ratio', name, 0, `${uncompressedSize} / ${compressedSize}`);
  }
}

const sizesFollow = 0x0008;

/** A reader that goes by headers must see what one sees that goes by the directory. */
function checkAgreement(entry: ZipEntry, local: LocalFileHeader): void {
  const same =
    entry.fileNameRaw.equals(local.fileName) &&
    entry.compressionMethod === local.compressionMethod &&
    entry.generalPurposeBitFlag === local.generalPurposeBitFlag &&
    fits(entry, local, 'crc32') &&
    fits(entry, local, 'compressedSize') &&
    fits(entry, local, 'uncompressedSize');
  if (!same) refuse('zip-disagrees', nameOf(entry));
}

function fits(
  entry: ZipEntry,
  local: LocalFileHeader,
  what: 'crc32' | 'compressedSize' | 'uncompressedSize',
): boolean {
  const later = (entry.generalPurposeBitFlag & sizesFollow) !== 0 && local[what] === 0;
  return later || entry[what] === local[what];
}

function checkUnpacked(entries: readonly Placed[], { unpacked }: ZipLimits): void {
  const size = entries.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
  if (size > unpacked) refuse('package-unpacked', '', 0, size);
}

/** Each file begins where the one before it ends; the directory follows the last one. */
function checkLayout(entries: readonly Placed[], directory: { start: number; end: number }): void {
  const inOrder = [...entries].sort((a, b) => startOf(a) - startOf(b));
  let ends = [0];
  for (const placed of inOrder) {
    checkStart(startOf(placed), ends, nameOf(placed.entry));
    ends = endsOf(placed);
  }
  checkStart(directory.start, ends, '');
  const records = entries.reduce((sum, { entry }) => sum + recordOctets(entry), 0);
  if (directory.start + records !== directory.end) refuse('zip-gap', '');
}

function checkStart(start: number, ends: readonly number[], name: string): void {
  if (start < (ends[0] ?? 0)) refuse('zip-overlap', name);
  if (!ends.includes(start)) refuse('zip-gap', name);
}

function startOf({ entry }: Placed): number {
  return entry.relativeOffsetOfLocalHeader;
}

/** After the data a descriptor may stand, with a signature or without (APPNOTE §4.3.9). */
function endsOf({ entry, local }: Placed): number[] {
  const end = local.fileDataStart + entry.compressedSize;
  return (entry.generalPurposeBitFlag & sizesFollow) === 0 ? [end] : [end + 12, end + 16];
}

function recordOctets({ fileNameRaw, extraFieldRaw, fileCommentRaw }: ZipEntry): number {
  return 46 + fileNameRaw.length + extraFieldRaw.length + fileCommentRaw.length;
}

function unpack(archive: Buffer, { entry, local }: Placed): Uint8Array {
  const { compressedSize, uncompressedSize } = entry;
  const packed = archive.subarray(local.fileDataStart, local.fileDataStart + compressedSize);
  const bytes = entry.compressionMethod === 0 ? packed : inflate(packed, uncompressedSize);
  if (bytes?.length !== uncompressedSize || crc32(bytes) !== entry.crc32) {
    refuse('zip-lies', nameOf(entry));
  }
  return bytes;
}

/** Undefined where it is not deflate, comes to more than was said, or is followed by something. */
function inflate(packed: Buffer, size: number): Buffer | undefined {
  try {
    const { buffer, engine } = inflateRawSync(packed, {
      maxOutputLength: Math.max(size, 1),
      info: true,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return engine.bytesWritten === packed.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const ibm866 = new TextDecoder('ibm866');

/** UTF-8 where it can be that, else as archivers of Russian Windows write. */
function nameOf({ fileNameRaw }: ZipEntry): string {
  try {
    return utf8.decode(fileNameRaw);
  } catch {
    return ibm866.decode(fileNameRaw);
  }
}
