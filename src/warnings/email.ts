import { readFile } from 'node:fs/promises';
import type { Config } from '../config/table.ts';
import { mailOf } from './letter.ts';
import { readSecret } from './secret.ts';
import { NotTold, type Way } from './way.ts';
import { printable } from './words.ts';

type Settings = NonNullable<Config['warnings']['email']>;

/**
 * Sends a letter by SMTP (RFC 5321), under TLS unless the configuration says `plain` (RFC 3207, 8314).
 * It is told when the server takes it for one receiver: to send it again would repeat it to that one.
 */
export function email(settings: Settings): Way {
  const { host, port, from, to, timeoutMs } = settings;
  const place = `${host}:${port}`;
  return {
    name: 'email',
    place,
    tell: async (letter, signal) => {
      const options = await optionsOf(settings);
      // It takes long to load, and is wanted once in many days.
      const { createTransport } = await import('nodemailer');
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        const transport = createTransport(options);
        const { subject, text } = mailOf(letter);
        const sent = await transport.sendMail({
          ...{ from, to: [...to], subject, text },
          ...{ headers: { 'Auto-Submitted': 'auto-generated' }, disableFileAccess: true },
          ...{ disableUrlAccess: true, signal: AbortSignal.any([signal, deadline]) },
        });
        const refused = sent.rejected.length;
        const some =
          refused === 0 ? '' : ` (не приняты получатели / receivers refused: ${refused})`;
        return `${printable(sent.response)}${some}`;
      } catch (error) {
        if (deadline.aborted) throw new NotTold(`${place}: нет ответа / no answer`);
        throw new NotTold(`${place}: ${whyOf(error)}`);
      }
    },
  };
}

async function optionsOf({ host, port, tls, ca, userFile, passwordFile, timeoutMs }: Settings) {
  const authorities = ca === undefined ? {} : { ca: await readAuthorities(ca) };
  const auth =
    userFile === undefined || passwordFile === undefined
      ? {}
      : { auth: { user: await readSecret(userFile), pass: await readSecret(passwordFile) } };
  return {
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls' },
    ...{ ignoreTLS: tls === 'plain', tls: { minVersion: 'TLSv1.2' as const, ...authorities } },
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    ...auth,
  };
}

function readAuthorities(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw new NotTold(`файл не читается / cannot be read: ${file}`);
  });
}

/** Code and status: what a server says may repeat what it was told. */
function whyOf(error: unknown): string {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  return [code, responseCode].filter((each) => each !== undefined).join(' ') || 'SMTP';
}
