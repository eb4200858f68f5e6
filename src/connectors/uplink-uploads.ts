import { StoreFull } from '../attachments/file-store.ts';
import { type RunningUpload, UploadRefused } from '../attachments/upload.ts';
import type { StoreAccess } from '../smev/answers.ts';
import type { RefAttachmentHeader } from '../smev/attachments.ts';
import { ConnectorFailure } from './failure.ts';
import { filesRefused, shownName } from './files-refused.ts';
import { checkHash, hashName } from './smev-files.ts';
import type { NodeFiles } from './uplink-node.ts';
import { downloadStored, type StoreSettings } from './upstream-store.ts';

/**
 * The uploads of one request on their way from an upstream's file store into the account of the
 * uplink's system, where its message finds them like anybody's.
 */
export class UplinkUploads {
  readonly #node: NodeFiles;
  readonly #account: string;
  readonly #placed: StoreAccess[] = [];
  #bytes = 0;

  /** @param account id of the system */
  constructor(node: NodeFiles, account: string) {
    this.#node = node;
    this.#account = account;
  }

  /**
   * Places a file, which must have the hash that was signed. What an attempt before has placed stays
   * as it is.
   *
   * @throws ConnectorFailure
   */
  async place(
    settings: StoreSettings,
    header: RefAttachmentHeader,
    access: StoreAccess,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      if (await this.#isThere(header, access)) return;
      await this.#download(settings, access, signal);
      if (!(await this.#isThere(header, access))) checkHash(header, new Map());
    } catch (error) {
      throw failureOf(error, access.fileName);
    }
  }

  /** What the node took is in its account no more; nothing of the rest stays. */
  async discard(): Promise<void> {
    for (const { uuid, fileName } of this.#placed) {
      const left = await this.#node.uploads.find(this.#account, uuid, fileName);
      await left?.forget();
    }
  }

  async #isThere(header: RefAttachmentHeader, access: StoreAccess): Promise<boolean> {
    const { uuid, fileName } = access;
    const upload = await this.#node.uploads.find(this.#account, uuid, fileName);
    if (upload === undefined) return false;
    this.#placed.push(access);
    const name = hashName(header);
    const real = (await upload.digests([name])).get(name) ?? new Uint8Array();
    return Buffer.compare(real, header.hash) === 0;
  }

  async #download(
    settings: StoreSettings,
    access: StoreAccess,
    signal: AbortSignal,
  ): Promise<void> {
    if (!(await this.#node.hasRoom())) throw new StoreFull('diskFreeMin');
    const upload = await this.#begin(access);
    this.#placed.push(access);
    let size = 0;
    const write = async (chunk: Uint8Array) => {
      this.#count(chunk.byteLength);
      await upload.write(chunk);
      size += chunk.byteLength;
    };
    try {
      await downloadStored(settings, access, { at: () => size, write }, signal);
    } catch (error) {
      await upload.abort();
      throw error;
    }
    await upload.finish();
  }

  async #begin({ uuid, fileName }: StoreAccess): Promise<RunningUpload> {
    const { uploads } = this.#node;
    await uploads.makeFolder(this.#account, uuid).catch(unlessThere);
    try {
      return await uploads.write(this.#account, uuid, fileName, 0);
    } catch (error) {
      // What another process is writing there is not to be taken from it.
      const isOthers = error instanceof UploadRefused && error.reason === 'busy';
      if (!isOthers) await uploads.removeFolder(this.#account, uuid).catch(() => undefined);
      throw error;
    }
  }

  #count(octets: number): void {
    this.#bytes += octets;
    const { storedBytesMax } = this.#node;
    if (this.#bytes <= storedBytesMax) return;
    const why = `files of the store of more than ${storedBytesMax} bytes`;
    throw new ConnectorFailure('ANSWER_TOO_LARGE', why);
  }
}

function unlessThere(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
  throw error;
}

function failureOf(error: unknown, fileName: string): unknown {
  if (error instanceof StoreFull) {
    return new ConnectorFailure('NODE_ERROR', 'no room in the file store', { cause: error });
  }
  if (!(error instanceof UploadRefused)) return error;
  const { reason } = error;
  if (reason === 'too-large') {
    return new ConnectorFailure('ANSWER_TOO_LARGE', 'a file of the store is too large');
  }
  if (reason !== 'name') {
    return new ConnectorFailure('NODE_ERROR', `upload: ${reason}`, { cause: error });
  }
  const file = shownName(fileName);
  const ru = `имя или uuid файла ${file} не годится`;
  return filesRefused({ ru, en: `name or uuid of file ${file} will not do` }, true);
}
