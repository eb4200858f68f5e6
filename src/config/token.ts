import * as z from 'zod';
import { key } from './key.ts';

/** The token (HSM) that keys of the node may be in; `node.keys` names them by URIs of RFC 7512. */
export const tokenOfKeys = z.strictObject({
  module: key(
    z.string(),
    'библиотека PKCS#11 токена (HSM), в котором лежат ключи узла',
    'the PKCS#11 library of the token (HSM) with keys of the node',
  ),
  pinFile: key(
    z.string(),
    'файл с PIN пользователя токена; неверный PIN узел второй раз не пробует',
    'a file with the PIN of the user of the token; the node does not try a wrong one twice',
  ),
});
