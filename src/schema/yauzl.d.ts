// The package has no types of its own.
declare module 'yauzl' {
  interface ZipEntry {
    readonly versionMadeBy: number;
    readonly generalPurposeBitFlag: number;
    readonly compressionMethod: number;
    readonly crc32: number;
    readonly compressedSize: number;
    readonly uncompressedSize: number;
    readonly externalFileAttributes: number;
    readonly relativeOffsetOfLocalHeader: number;
    readonly fileNameRaw: Buffer;
    readonly extraFieldRaw: Buffer;
    readonly fileCommentRaw: Buffer;
    readonly extraFields: readonly { readonly id: number; readonly data: Buffer }[];
  }
  interface LocalFileHeader {
    readonly fileDataStart: number;
    readonly generalPurposeBitFlag: number;
    readonly compressionMethod: number;
    readonly crc32: number;
    readonly compressedSize: number;
    readonly uncompressedSize: number;
    readonly fileName: Buffer;
  }
  interface ZipFile {
    readonly entryCount: number;
    readonly comment: Buffer;
    eachEntry(): AsyncIterable<ZipEntry>;
    readLocalFileHeaderPromise(entry: ZipEntry): Promise<LocalFileHeader>;
  }
  /** Names stay as their octets where decodeStrings is false. */
  export function fromBufferPromise(
    bytes: Buffer,
    options: { readonly decodeStrings: false },
  ): Promise<ZipFile>;
}
