import * as z from 'zod';
import { key, millis } from './key.ts';

/** How partners bring schemas. */
export const schemas = z
  .strictObject({
    inbox: key(
      z.string().optional(),
      'папка, из которой узел принимает пакеты схем: ВИД/ВЕРСИЯ.zip и подпись ВИД/ВЕРСИЯ.zip.p7s; без неё их принимает только schema admit',
      'folder that packages of schemas are taken from: TYPE/VERSION.zip, with its signature TYPE/VERSION.zip.p7s; without it schema admit alone takes them',
    ),
    lookMs: key(millis.default(5000), 'как часто смотреть в неё', 'how often it is looked into'),
  })
  .prefault({});
