import { createSecureContext } from 'node:tls';
import type { Command } from 'commander';
import { readInput, UsageError } from './run.ts';

/** How a command speaks https to a node. */
export interface TlsWords {
  readonly ca?: string;
  readonly clientKey?: string;
  readonly clientCert?: string;
}

/** Gives a command the words of TlsWords. */
export function withTlsWords(command: Command): Command {
  return command
    .option('--ca <file>', 'who may have issued the certificate of https, PEM; else the well known')
    .option('--client-key <file>', 'private key for https, where the node asks for one, PEM')
    .option('--client-cert <file>', 'its certificate, PEM');
}

/** What they name, read. @throws UsageError naming a file that will not do */
export function clientTls({ ca, clientKey, clientCert }: TlsWords) {
  if ((clientKey === undefined) !== (clientCert === undefined)) {
    throw new UsageError('--client-key, --client-cert: вместе / together');
  }
  const tls = {
    ...(ca === undefined ? {} : { ca: readInput(ca) }),
    ...(clientKey === undefined ? {} : { key: readInput(clientKey) }),
    ...(clientCert === undefined ? {} : { cert: readInput(clientCert) }),
  };
  try {
    createSecureContext(tls);
  } catch (error) {
    const { code = 'ERR_TLS' } = error as NodeJS.ErrnoException;
    const files = [ca, clientKey, clientCert].filter((file) => file !== undefined).join(', ');
    throw new UsageError(`TLS: не годится / will not do (${code}): ${files}`);
  }
  return tls;
}
