import * as z from 'zod';
import { key } from './key.ts';

/** HTTPS on one port. @param ru which port, as in «TLS …» @param en the same in English */
export function faceTls(ru: string, en: string) {
  return z
    .strictObject({
      key: key(
        z.string(),
        `закрытый ключ TLS ${ru} (PEM; PKCS#8, можно зашифрованный), RSA или EC; файлы перечитываются на ходу`,
        `TLS key ${en} (PEM; PKCS#8, encrypted or not), RSA or EC; the files are read again while the node runs`,
      ),
      certificate: key(
        z.string(),
        `сертификат TLS ${ru} (PEM), за ним промежуточные`,
        `TLS certificate ${en} (PEM), its intermediates behind it`,
      ),
      passphraseFile: key(
        z.string().optional(),
        `файл с паролем ключа TLS ${ru}`,
        `file with the passphrase of the TLS key ${en}`,
      ),
      clientCa: key(
        z.string().optional(),
        `удостоверяющие центры клиентских сертификатов ${ru} (PEM)`,
        `authorities of client certificates ${en} (PEM)`,
      ),
      clientAuth: key(
        z.enum(['none', 'optional', 'required']).default('none'),
        `сертификат клиента ${ru}: не спрашивается, по желанию клиента, обязателен`,
        `client certificate ${en}: not asked for, as the client wishes, required`,
      ),
    })
    .refine(({ clientAuth, clientCa }) => (clientAuth === 'none') === (clientCa === undefined), {
      // Authorities that nobody asks about would look like a guard.
      message:
        'clientCa и clientAuth optional или required задаются вместе / clientCa goes with clientAuth optional or required',
    });
}
