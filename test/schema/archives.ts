import { crc32, deflateRawSync } from 'node:zlib';

/** A file of an archive, with what its headers are to say where that is not the truth. */
export interface Zipped {
  readonly name: string | Buffer;
  readonly content: Buffer | string;
  readonly method?: number;
  readonly flags?: number;
  /** st_mode of the file. */
  readonly mode?: number;
  readonly extra?: Buffer;
  /** In both headers. */
  readonly crc?: number;
  readonly size?: number;
  readonly packedSize?: number;
  readonly packed?: Buffer;
  /** In the header before the data alone. */
  readonly local?: { readonly name?: string; readonly crc?: number; readonly size?: number };
  /** Where the directory says that the file begins, by where it does. */
  readonly offset?: (real: number) => number;
  /** After the data. */
  readonly after?: Buffer;
}

export interface ArchiveWish {
  readonly before?: Buffer;
  readonly betweenDirectoryAndEnd?: Buffer;
  readonly comment?: Buffer;
  readonly entries?: number;
}

/** An archive as a plain archiver writes it, but for what is wished. */
export function archive(files: readonly Zipped[], wish: ArchiveWish = {}): Buffer {
  const parts = [wish.before ?? Buffer.alloc(0)];
  const records: Buffer[] = [];
  let at = parts[0]?.length ?? 0;
  for (const file of files) {
    const { local, record } = written(file, at);
    parts.push(local);
    records.push(record);
    at += local.length;
  }
  const directory = Buffer.concat(records);
  const between = wish.betweenDirectoryAndEnd ?? Buffer.alloc(0);
  const comment = wish.comment ?? Buffer.alloc(0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(wish.entries ?? files.length, 8);
  end.writeUInt16LE(wish.entries ?? files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, directory, between, end, comment]);
}

function written(file: Zipped, at: number): { local: Buffer; record: Buffer } {
  const content = Buffer.from(file.content);
  const name = Buffer.from(file.name);
  const extra = file.extra ?? Buffer.alloc(0);
  const method = file.method ?? 8;
  const packed = file.packed ?? (method === 8 ? deflateRawSync(content) : content);
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(file.flags ?? 0x800, 2);
  shared.writeUInt16LE(method, 4);
  shared.writeUInt32LE(file.crc ?? crc32(content), 10);
  shared.writeUInt32LE(file.packedSize ?? packed.length, 14);
  shared.writeUInt32LE(file.size ?? content.length, 18);
  shared.writeUInt16LE(name.length, 22);
  shared.writeUInt16LE(extra.length, 24);
  const own = Buffer.from(shared);
  if (file.local?.crc !== undefined) own.writeUInt32LE(file.local.crc, 10);
  if (file.local?.size !== undefined) own.writeUInt32LE(file.local.size, 18);
  const localName = Buffer.from(file.local?.name ?? name);
  own.writeUInt16LE(localName.length, 22);
  const local = Buffer.concat([
    Buffer.from('PK\x03\x04'),
    own,
    localName,
    extra,
    packed,
    file.after ?? Buffer.alloc(0),
  ]);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(((file.mode ?? 0o100644) << 16) >>> 0, 6);
  rest.writeUInt32LE(file.offset?.(at) ?? at, 10);
  const record = Buffer.concat([
    Buffer.from('PK\x01\x02'),
    Buffer.from([20, 3]),
    shared,
    rest,
    name,
    extra,
  ]);
  return { local, record };
}
