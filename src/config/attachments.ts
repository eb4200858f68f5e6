import { z } from 'zod';
import { key, millis } from './key.ts';

/** Files that messages carry. Sizes in bytes. */
export const attachments = z
  .strictObject({
    folder: key(
      z.string().optional(),
      'папка файлового хранилища, общая для всех узлов одной базы данных; по умолчанию files в папке данных',
      'folder of the file store, shared by all nodes of one database; files in the data folder where absent',
    ),
    totalBytesMax: key(
      z
        .int()
        .min(0)
        .max(1024 ** 3)
        .default(5 * 1024 * 1024),
      'наибольший общий размер вложений в самом сообщении',
      'largest total size of the attachments inside a message',
    ),
    partsMax: key(
      z.int().min(1).max(1000).default(100),
      'наибольшее число вложений и файлов одного сообщения',
      'most attachments and files of one message',
    ),
    partHeaderBytesMax: key(
      z.int().min(256).max(65_536).default(8192),
      'наибольший размер заголовков одной части составного сообщения',
      'largest headers of one part of a multipart message',
    ),
    storedBytesMax: key(
      z
        .int()
        .min(0)
        .default(1024 ** 3),
      'наибольший общий размер файлов сообщения, загруженных в хранилище',
      'largest total size of the uploaded files of a message',
    ),
    unfinishedKeptMs: key(
      millis.default(86_400_000),
      'сколько хранится загруженное, на что не сослалось ни одно сообщение',
      'how long an upload is kept that no message names',
    ),
  })
  .prefault({});
