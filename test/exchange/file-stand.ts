import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { RunningDigest } from '../../src/attachments/digester.ts';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import { partOf } from '../../src/attachments/parts.ts';
import { verifyFiles } from '../../src/compute/claimed-files.ts';
import { extract, make } from '../../src/compute/make.ts';
import { fileHash, signFiles } from '../../src/compute/sign-files.ts';
import { ArrivingFiles, type FileDesk } from '../../src/connectors/arriving-files.ts';
import type { ArrivedFile, CarriedFile } from '../../src/connectors/carried-file.ts';
import type { ExchangeContext } from '../../src/exchange/context.ts';
import { type FilePolicy, filePolicySchema } from '../../src/participants/file-policy.ts';
import { readAnchors } from '../../src/pki/anchors.ts';
import { fileSignerFrom } from '../../src/pki/file-signer.ts';
import { type ContentHash, contentDigest } from '../../src/pki/signature-algorithms.ts';
import { always } from '../../src/pki/window.ts';
import type { CallFiles } from '../../src/smev/file-texts.ts';
import type { TestDatabase } from '../harness/databases.ts';
import { attached } from '../harness/files.ts';
import { checkout, temporaryFolder } from '../harness/node.ts';
import { testRules } from '../harness/rules.ts';
import { Stand } from './stand.ts';

const certs = join(checkout, 'certs.example');
const signers = ['node', 'node-gost'].map((stem) =>
  fileSignerFrom({
    key: readFileSync(join(certs, `${stem}.key.pem`), 'utf8'),
    certificate: readFileSync(join(certs, `${stem}.crt.pem`), 'utf8'),
  }),
);
const old = { gost2001: false };

/** A stand with a file store, which is gone with `close`. */
export interface FileStand {
  readonly stand: Stand;
  readonly store: LocalFiles;
  readonly desk: FileDesk;
  /** A request with one attached file of these octets, and how it was signed. */
  accept(octets: Buffer): ReturnType<Stand['accept']>;
  /** Files as a connector gives them. */
  arrived(...files: readonly Sent[]): Promise<readonly ArrivedFile[]>;
  /** How many files lie in the store, kept or begun. */
  left(): Promise<number>;
  close(): Promise<void>;
}

interface Sent {
  readonly name: string;
  readonly octets: Buffer;
  readonly mimeType?: string;
  readonly signature?: Uint8Array;
  readonly place?: 'attached' | 'stored';
}

/** Of the sandbox; the same object again and again, as a registry gives it. */
const trust = { anchors: readAnchors(certs, /^ca.*\.crt\.pem$/), intermediates: [] };

export async function fileStand(
  database: TestDatabase,
  policy: Partial<FilePolicy> = {},
  totalBytesMax = 1_000_000,
): Promise<FileStand> {
  const folder = await temporaryFolder();
  const store = new LocalFiles(folder.path, randomBytes);
  const type = {
    ...{ id: 'note', versions: [{ version: '1', window: always }] },
    attachments: { ...filePolicySchema.parse({}), ...policy },
  };
  const stand = new Stand(database, {
    attachments: { totalBytesMax } as ExchangeContext['attachments'],
    files: store,
    digester: { begin: digestHere },
    registry: (() => ({
      trustAt: () => trust,
      findMessageType: () => type,
    })) as unknown as ExchangeContext['registry'],
    compute: {
      make: async (making: Parameters<typeof make>[0]) => make(making, testRules()),
      extract: async (kept: Parameters<typeof extract>[0]) => extract(kept),
      verifyFiles: async (files: Parameters<typeof verifyFiles>[0]) => verifyFiles(files, old),
      fileHash: async (profile: Parameters<typeof fileHash>[0]) => fileHash(profile, signers),
      signFiles: async (signing: Parameters<typeof signFiles>[0]) => signFiles(signing, signers),
    } as unknown as ExchangeContext['compute'],
  });
  const desk: FileDesk = { store, filesMax: 10, bytesMax: 10_000_000 };
  return {
    stand,
    store,
    desk,
    accept: (octets) => acceptWith(stand, store, octets),
    arrived: async (...files) => (await arriving(desk, files)).files,
    left: () => countFiles(folder.path),
    close: () => folder.remove(),
  };
}

/** The digests of src/attachments/digest-worker.ts without its thread. */
export function digestHere(hashes: readonly ContentHash[]): RunningDigest {
  const running = new Map(hashes.map((hash) => [hash, contentDigest(hash)]));
  return {
    update: async (octets) => {
      for (const digest of running.values()) digest.update(octets);
    },
    updateFromFile: () => Promise.reject(new Error('nobody asks for it here')),
    finish: async () => new Map([...running].map(([hash, digest]) => [hash, digest.digest()])),
    drop: () => running.clear(),
  };
}

async function acceptWith(stand: Stand, store: LocalFiles, octets: Buffer) {
  const file = attached('scan', octets);
  const part = await partOf(store, 'scan', octets);
  await part.file.keep(part.sha256);
  const called: CallFiles = { attached: [file] };
  const { mimeType } = file;
  const taken = [
    {
      ...{ place: 'attached' as const, name: 'scan', fileName: undefined, mimeType },
      ...{ key: part.file.key, size: part.size, sha256: part.sha256, signer: undefined },
    },
  ];
  return stand.accept({ files: { called, taken } });
}

async function arriving(desk: FileDesk, files: readonly Sent[]): Promise<ArrivingFiles> {
  const arrived = new ArrivingFiles(desk);
  for (const { name, octets, mimeType = 'application/octet-stream', ...more } of files) {
    const { place = 'attached', signature } = more;
    await arrived.begin({ place, contentId: name, fileName: undefined, mimeType });
    await arrived.write(octets);
    arrived.end(signature);
  }
  return arrived;
}

async function countFiles(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

/** What a connector is given. */
export function carriedFile(octets: Buffer, change: Partial<CarriedFile> = {}): CarriedFile {
  return {
    place: 'attached',
    name: 'scan',
    fileName: undefined,
    mimeType: 'application/octet-stream',
    size: octets.byteLength,
    sha256: createHash('sha256').update(octets).digest('hex'),
    hash: undefined,
    signature: undefined,
    open: async (from = 0) => Readable.from([octets.subarray(from)]),
    ...change,
  };
}
