import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { FtpHost } from './host.ts';
import type { LockoutRules } from './lockout.ts';

/** Explicit TLS of RFC 4217. 'required': no USER before AUTH, and no data but under PROT P. */
export type FtpTls =
  | { readonly mode: 'off' }
  | {
      readonly mode: 'offered' | 'required';
      /** PEM. */
      readonly key: string;
      readonly certificate: string;
    };

export interface FtpLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** Octets of a command without its end. */
  readonly lineBytesMax: number;
  /** Commands that were sent ahead; then the connection is not read until some are done. */
  readonly commandsAheadMax: number;
  readonly pathDepthMax: number;
  /** From the connection to the end of the login, TLS included. */
  readonly loginMs: number;
  readonly loginFailuresMax: number;
  /** Lines before the login that are no command. */
  readonly strayLinesMax: number;
  /** A failed login is answered after this. */
  readonly loginDelayMs: number;
  readonly lockout: LockoutRules;
  /** Between two commands; a transfer has its own. */
  readonly idleMs: number;
  /** From PASV or EPSV to the data connection, and for its TLS. */
  readonly dataOpenMs: number;
  /** A transfer without a single octet. */
  readonly dataStallMs: number;
}

export const ftpLimits: FtpLimits = {
  connectionsMax: 200,
  connectionsPerAddressMax: 20,
  lineBytesMax: 4096,
  commandsAheadMax: 64,
  pathDepthMax: 16,
  loginMs: 30_000,
  loginFailuresMax: 3,
  strayLinesMax: 5,
  loginDelayMs: 1000,
  lockout: { failures: 10, withinMs: 600_000, lockedMs: 900_000 },
  idleMs: 300_000,
  dataOpenMs: 20_000,
  dataStallMs: 60_000,
};

export interface FtpSettings {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** IPv4 address that PASV announces; else the one at which the client reached the node. */
  readonly publicAddress?: string;
  /** Both included; 0 and 0: any that the system gives. */
  readonly passivePorts: { readonly from: number; readonly to: number };
  readonly tls: FtpTls;
  readonly limits: FtpLimits;
}

/** What the server is made of beside its settings. */
export interface FtpParts {
  readonly host: FtpHost;
  readonly clock: Clock;
  readonly log: Log;
  /** A random whole number from 0 on and below this: passive ports are tried from there. */
  readonly pick: (below: number) => number;
}
