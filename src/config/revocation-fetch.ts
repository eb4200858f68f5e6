import * as z from 'zod';
import { key, millis } from './key.ts';

const host = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:\d{1,5})?$/, 'host, or host:port')
  .refine(isAsWritten, {
    message:
      'пишется иначе, чем в адресе (обычный порт не пишут, IP — полностью) / not as an address has it: without the usual port, an IP in its usual form',
  });

/** As URLs have it, or no address would ever match. */
function isAsWritten(host: string): boolean {
  return ['http', 'https'].some((scheme) => {
    const url = `${scheme}://${host}`;
    return URL.canParse(url) && new URL(url).host === host;
  });
}

/** Where lists of revoked certificates and OCSP answers are fetched from. */
export const revocationFetch = z
  .strictObject({
    hosts: key(
      z.array(host).max(100).default([]),
      'откуда узлу разрешено брать списки отозванных и ответы OCSP по адресам из сертификатов: host или host:port (порт, если он не обычный); пусто — ниоткуда',
      'where the node may fetch lists of revoked certificates and OCSP answers from, by the addresses in certificates: host, or host:port where the port is not the usual one; empty: nowhere',
    ),
    everyMs: key(
      millis.default(3_600_000),
      'как часто спрашивать о каждом сертификате заново',
      'how often each certificate is asked about anew',
    ),
    retryMs: key(
      millis.default(60_000),
      'через сколько спросить снова, если ответа не было; после каждой неудачи вдвое дольше, до everyMs',
      'how soon to ask again where there was no answer; twice as long after each failure, up to everyMs',
    ),
    timeoutMs: key(
      millis.default(10_000),
      'время на один ответ целиком',
      'time for one whole answer',
    ),
    bytesMax: key(
      z
        .int()
        .min(1024)
        .max(16 * 1024 ** 2 - 1)
        .default(8 * 1024 ** 2),
      'наибольший список',
      'largest list',
    ),
    nonce: key(
      z.enum(['optional', 'required']).default('optional'),
      'required: ответ без nonce запроса не принимается; ответчики, готовящие ответы заранее, nonce не возвращают',
      'required: an answer without the nonce of the question is not taken; responders that make answers beforehand return none',
    ),
  })
  .prefault({});
