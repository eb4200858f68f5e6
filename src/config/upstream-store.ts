import * as z from 'zod';
import { key } from './key.ts';

/** The file store of an upstream SMEV, and this node's account there. Files are read at each use. */
export const upstreamStore = z.strictObject({
  url: key(
    z.url({ protocol: /^ftp$/ }).refine(
      (url) => {
        const { username, password, pathname } = new URL(url);
        return `${username}${password}` === '' && (pathname === '' || pathname === '/');
      },
      { error: 'ftp://host:port' },
    ),
    'адрес файлового хранилища вышестоящей СМЭВ',
    "address of the upstream's file store",
  ),
  userFile: key(
    z.string(),
    'файл с именем учётной записи узла в хранилище',
    "a file with the name of this node's account there",
  ),
  passwordFile: key(z.string(), 'файл с её паролем', 'a file with its password'),
  tls: key(
    z.strictObject({ ca: z.string().optional() }).optional(),
    'явный TLS (AUTH TLS); ca — кому верить, PEM; без него — системе',
    "explicit TLS (AUTH TLS); ca: authorities in PEM, the system's where absent",
  ),
});
