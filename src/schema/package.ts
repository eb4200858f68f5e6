import { type AdmissionFinding, PackageRefused, refuse } from './admission/findings.ts';
import { plainName, type SchemaFile } from './set.ts';
import { readZip, type ZipLimits } from './zip.ts';

/** A partner's schemas as they came: an archive, or the files of a folder by their paths in it. */
export type SchemaPackage =
  | { readonly zip: Uint8Array }
  | { readonly files: readonly SchemaFile[] };

export interface PackageLimits extends ZipLimits {
  /** Schemas alone. */
  readonly files: number;
  /** Of the schemas together. */
  readonly bytes: number;
  readonly pathLength: number;
  /** Folders above a file. */
  readonly pathDepth: number;
}

export const packageLimits: PackageLimits = {
  packed: 16 * 1024 * 1024,
  unpacked: 32 * 1024 * 1024,
  entries: 1000,
  ratio: 200,
  files: 200,
  bytes: 16 * 1024 * 1024,
  pathLength: 200,
  pathDepth: 10,
};

/** What a package holds, or the one thing for which it is not read. */
export interface PackageContent {
  /** In the order of their names, without a folder that all of them lie in. */
  readonly files: readonly SchemaFile[];
  /** Names of what is no schema and is left alone. */
  readonly ignored: readonly string[];
  readonly findings: readonly AdmissionFinding[];
}

/** Reads a package within its limits. Nothing but schemas is unpacked. */
export async function readPackage(
  from: SchemaPackage,
  limits: PackageLimits = packageLimits,
): Promise<PackageContent> {
  try {
    const all = 'zip' in from ? await readZip(from.zip, limits) : inFolder(from.files, limits);
    checkPaths(all, limits);
    const schemas = all.filter(({ name }) => isSchema(name));
    const ignored = all.filter(({ name }) => !isSchema(name)).map(({ name }) => name);
    if (schemas.length === 0) refuse('package-empty', '');
    if (schemas.length > limits.files) refuse('package-files', '', 0, schemas.length);
    return { files: readAll(schemas, limits), ignored: ignored.sort(), findings: [] };
  } catch (error) {
    if (!(error instanceof PackageRefused)) throw error;
    return { files: [], ignored: [], findings: [error.finding] };
  }
}

interface Readable {
  readonly name: string;
  read(): Uint8Array;
}

function inFolder(files: readonly SchemaFile[], limits: PackageLimits): Readable[] {
  if (files.length > limits.entries) refuse('package-files', '', 0, files.length);
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size > limits.unpacked) refuse('package-unpacked', '', 0, size);
  return files.map(({ name, bytes }) => ({ name, read: () => bytes }));
}

/** Of every file, read or not: others unpack the package too. */
function checkPaths(files: readonly Readable[], limits: PackageLimits): void {
  const names = new Set<string>();
  for (const { name } of files) {
    if (leadsOut(name)) refuse('package-escape', name);
    const folders = name.split('/').length - 1;
    if (name.length > limits.pathLength || folders > limits.pathDepth) {
      refuse('package-path', name, 0, `${name.length}, ${folders}`);
    }
    // Disks of Windows and macOS hold one of two names that differ in this alone.
    const onDisk = name.normalize('NFC').toLowerCase();
    if (names.has(onDisk)) refuse('package-duplicate', name);
    names.add(onDisk);
    if (archives.test(name)) refuse('zip-nested', name);
  }
  for (const name of names) {
    const folder = parents(name).find((parent) => names.has(parent));
    if (folder !== undefined) refuse('package-duplicate', name, 0, folder);
  }
}

const archives = /\.(zip|jar|war|ear|7z|rar|tar|t?gz|t?bz2?|t?xz|zst|lzma|cab|arj|iso)$/i;

/** Absolute, upwards, of a drive, of Windows, or not to be written at all. */
function leadsOut(name: string): boolean {
  if (name === '' || /^[A-Za-z]:|[\\\p{Cc}]/u.test(name)) return true;
  return name.split('/').some((step) => step === '' || step === '.' || step === '..');
}

function parents(name: string): string[] {
  const steps = name.split('/');
  return steps.slice(1).map((_, index) => steps.slice(0, index + 1).join('/'));
}

/** macOS puts files of its own beside each one. */
function isSchema(name: string): boolean {
  const hidden = name.split('/').some((step) => step.startsWith('.') || step === '__MACOSX');
  return !hidden && name.toLowerCase().endsWith('.xsd');
}

function readAll(schemas: readonly Readable[], limits: PackageLimits): SchemaFile[] {
  const top = commonFolder(schemas.map(({ name }) => name));
  let size = 0;
  const files = schemas.map((file) => {
    const name = file.name.slice(top.length);
    if (!plainName.test(name)) refuse('package-name', name);
    const bytes = file.read();
    size += bytes.length;
    if (size > limits.bytes) refuse('package-unpacked', name, 0, size);
    if (Buffer.from(bytes.subarray(0, 4)).equals(zipSignature)) refuse('zip-nested', name);
    return { name, bytes };
  });
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const zipSignature = Buffer.from('PK\x03\x04', 'latin1');

/** `schemas/` where all names begin with it, else ''. */
function commonFolder(names: readonly string[]): string {
  const [first = ''] = names;
  const folder = first.slice(0, first.indexOf('/') + 1);
  return folder !== '' && names.every((name) => name.startsWith(folder)) ? folder : '';
}
