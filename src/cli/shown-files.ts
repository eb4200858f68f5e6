import type { MessageFile } from '../exchange/files.ts';
import { columns } from './columns.ts';

/** A file of an exchange, as `exchange show` prints it. */
export interface ShownFile {
  readonly messageId: string;
  /** contentId or uuid. */
  readonly name: string;
  readonly mimeType: string;
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
  /** waits: its receiver has not acknowledged; kept: nobody waits for it; wiped: the octets are gone. */
  readonly state: 'waits' | 'kept' | 'wiped';
}

export function shownFile(file: MessageFile): ShownFile {
  return {
    messageId: file.message_id,
    name: file.name,
    mimeType: file.mime_type,
    size: file.size,
    sha256: file.sha256,
    state: file.wiped_at !== null ? 'wiped' : file.wipe_at !== null ? 'kept' : 'waits',
  };
}

const states: Readonly<Record<ShownFile['state'], string>> = {
  waits: 'ждёт получателя / waits',
  kept: 'хранится / kept',
  wiped: 'удалён / wiped',
};

export function filesText(files: readonly ShownFile[]): string {
  return columns([
    ['Файл / File', 'MimeType', 'Байт / Bytes', 'SHA-256', 'Состояние / State'],
    ...files.map(({ name, mimeType, size, sha256, state }) => [
      name,
      mimeType,
      String(size),
      sha256,
      states[state],
    ]),
  ]);
}
