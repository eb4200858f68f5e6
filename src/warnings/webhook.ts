import { createHmac } from 'node:crypto';
import type { Config } from '../config/table.ts';
import { ConnectorFailure } from '../connectors/failure.ts';
import { httpCaller } from '../connectors/http-call.ts';
import { jsonOf } from './letter.ts';
import { readSecret } from './secret.ts';
import { NotTold, type Way } from './way.ts';

type Settings = NonNullable<Config['warnings']['webhook']>;

const answerBytesMax = 64 * 1024;

/**
 * Posts a letter as JSON, with the HMAC-SHA256 of the body in `Mezhved-Signature` where there is a secret. Any status but 2xx
 * means that it was not taken. The path of the address may be a secret and is said nowhere.
 */
export function webhook({ url, secretFile, ca, timeoutMs }: Settings): Way {
  const { origin } = new URL(url);
  return {
    name: 'webhook',
    place: origin,
    tell: async (letter, signal) => {
      const body = Buffer.from(jsonOf(letter));
      const headers = {
        'content-type': 'application/json',
        ...(secretFile === undefined ? {} : signed(body, await readSecret(secretFile))),
      };
      const tls = ca === undefined ? {} : { tls: { ca } };
      const caller = httpCaller({ connectMs: timeoutMs, timeoutMs, answerBytesMax, ...tls });
      try {
        const { status } = await caller.call({ method: 'POST', url, headers, body }, signal);
        if (status < 200 || status > 299) throw new NotTold(`${origin}: HTTP ${status}`);
        return `HTTP ${status}`;
      } catch (error) {
        throw error instanceof ConnectorFailure ? failed(error, origin, ca) : error;
      } finally {
        await caller.close();
      }
    },
  };
}

function signed(body: Buffer, secret: string) {
  const mac = createHmac('sha256', secret).update(body).digest('hex');
  return { 'mezhved-signature': `sha256=${mac}` };
}

/** The code alone: the sentence of a failure has the path in it. */
function failed({ code }: ConnectorFailure, origin: string, ca: string | undefined): NotTold {
  const where = code === 'NOT_SENT' && ca !== undefined ? ca : origin;
  return new NotTold(`${where}: ${code}`);
}
