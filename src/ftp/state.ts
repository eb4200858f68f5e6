import type { SecureContext } from 'node:tls';
import type { DataConnection } from './data-connection.ts';
import type { FtpAccount } from './host.ts';
import type { Fact } from './listing.ts';
import type { Lockout } from './lockout.ts';
import type { PassiveChannel } from './passive-channel.ts';
import { type FtpPath, resolvePath, rootPath } from './paths.ts';
import { Refused, replies } from './replies.ts';
import type { FtpParts, FtpSettings } from './settings.ts';

/** What all connections of a server share. */
export interface FtpService {
  readonly parts: FtpParts;
  readonly settings: FtpSettings;
  readonly lockout: Lockout;
  /** For whoever asks for TLS from now on; absent where it is off. */
  context: SecureContext | undefined;
}

/** A user who has logged in. */
export interface Visit {
  readonly account: FtpAccount;
  folder: FtpPath;
  facts: readonly Fact[];
}

/** What the commands of one connection have set. */
export interface SessionState {
  readonly service: FtpService;
  /** IP addresses of the client, and of the node as the client reached it. */
  readonly peer: string;
  readonly local: string;
  readonly gone: AbortSignal;
  isSecure: boolean;
  /** Of its control connection, and so of its data connections. */
  context: SecureContext | undefined;
  /** Said by USER. */
  user: string | undefined;
  loginFailures: number;
  visit: Visit | undefined;
  hasBufferSize: boolean;
  protection: 'C' | 'P';
  isExtendedOnly: boolean;
  channel: PassiveChannel | undefined;
  /** Said by REST for the next transfer. */
  from: number;
  /** Said by RNFR for the command after it. */
  renaming: FtpPath | undefined;
}

export function newState(
  fixed: Pick<SessionState, 'service' | 'peer' | 'local' | 'gone'>,
): SessionState {
  return {
    ...fixed,
    isSecure: false,
    context: undefined,
    user: undefined,
    loginFailures: 0,
    visit: undefined,
    hasBufferSize: false,
    protection: 'C',
    isExtendedOnly: false,
    channel: undefined,
    from: 0,
    renaming: undefined,
  };
}

export function newVisit(account: FtpAccount, facts: readonly Fact[]): Visit {
  return { account, folder: rootPath, facts };
}

/** A transfer that may be: only a login and a passive port make it, and only from it octets flow. */
export interface Transfer {
  readonly visit: Visit;
  /** Where REST wants it to begin. */
  readonly from: number;
  /** Waits until the client has connected. @throws Refused */
  connected(): Promise<ConnectedTransfer>;
}

export interface ConnectedTransfer {
  /** Says 150, and does TLS where it was asked for. @throws Refused */
  begin(): Promise<DataConnection>;
}

/** @throws Refused where a name is not allowed */
export function pathOf(state: SessionState, { folder }: Visit, argument: string): FtpPath {
  const path = resolvePath(folder, argument, state.service.settings.limits.pathDepthMax);
  if (path === undefined) throw new Refused(replies.name);
  return path;
}

/** As `pathOf`, of something that may be changed: the root may not. @throws Refused */
export function namedPathOf(state: SessionState, visit: Visit, argument: string): FtpPath {
  const path = pathOf(state, visit, argument);
  if (path.length === 0) throw new Refused(replies.name);
  return path;
}
