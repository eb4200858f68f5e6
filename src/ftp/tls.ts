import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { tlsRules } from '../pki/tls-pair.ts';
import type { FtpTls } from './settings.ts';

/**
 * One context for many connections, so that a data connection may go on with the session of its control
 * connection; undefined where TLS is off.
 *
 * @throws where key or certificate are no PEM, or do not belong together
 */
export function secureContextOf(tls: FtpTls): SecureContext | undefined {
  if (tls.mode === 'off') return undefined;
  return createSecureContext({
    ...tlsRules,
    key: tls.key,
    cert: tls.certificate,
    sessionIdContext: 'ftp',
  });
}

/** Takes over a socket as the server of TLS. @returns undefined where no handshake succeeds within the time */
export function secured(
  plain: Socket,
  context: SecureContext,
  withinMs: number,
): Promise<TLSSocket | undefined> {
  const socket = new TLSSocket(plain, { isServer: true, secureContext: context });
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), withinMs);
    const closed = () => {
      clearTimeout(timer);
      plain.destroy();
      resolve(undefined);
    };
    socket.once('close', closed);
    socket.once('secure', () => {
      clearTimeout(timer);
      socket.off('close', closed);
      // Told from within OpenSSL, which has tickets to write yet: an end now would come before them.
      setImmediate(() => resolve(socket));
    });
  });
}
