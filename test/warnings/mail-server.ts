import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { TlsAuthority } from '../harness/tls-authority.ts';

export interface TakenMail {
  readonly user: string | undefined;
  readonly secure: boolean;
  readonly to: readonly string[];
  /** As it came, its encoded words and body decoded. */
  readonly text: string;
}

/** A real mail server of a test, on a free port. */
export interface MailServer {
  readonly port: number;
  /** PEM of the authority of its certificate. */
  readonly ca: string;
  readonly mails: readonly TakenMail[];
  close(): Promise<void>;
}

export const account = { user: 'узел', password: 'тайна почты' };

/** @param options what differs from a server that wants STARTTLS and a password */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const authority = new TlsAuthority();
  const { key, certificate } = authority.issue();
  const mails: TakenMail[] = [];
  const server = new SMTPServer({
    ...{ key, cert: certificate, logger: false, closeTimeout: 100 },
    onAuth: ({ username, password }, _session, done) =>
      username === account.user && password === account.password
        ? done(null, { user: username })
        : done(new Error(`no such ${password}`)),
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        mails.push({
          user: session.user,
          secure: session.secure,
          to: session.envelope.rcptTo.map(({ address }) => address),
          text: decoded(Buffer.concat(parts).toString()),
        });
        done(null, 'queued');
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  const at = listening.address();
  return {
    port: typeof at === 'object' && at !== null ? at.port : 0,
    ca: authority.certificate,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Encoded words (RFC 2047) of the head, and a body of base64. */
function decoded(mail: string): string {
  const at = mail.indexOf('\r\n\r\n');
  const [head, body] = [mail.slice(0, at), mail.slice(at + 4)];
  const words = head
    .replace(/\r\n\s+/g, ' ')
    .replace(/\?= =\?/g, '?==?')
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/gi, (_, text: string) =>
      Buffer.from(text, 'base64').toString(),
    )
    .replace(/=\?UTF-8\?Q\?([^?]*)\?=/gi, (_, text: string) => unquoted(text.replace(/_/g, ' ')));
  if (/transfer-encoding: base64/i.test(head)) {
    return `${words}\n\n${Buffer.from(body, 'base64').toString()}`;
  }
  return `${words}\n\n${unquoted(body.replace(/=\r\n/g, ''))}`;
}

function unquoted(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}
