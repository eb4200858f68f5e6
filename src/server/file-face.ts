import type { Config } from '../config/table.ts';
import { filesOf, holderOfAccess } from '../exchange/files.ts';
import type { FtpAccount, FtpHost } from '../ftp/host.ts';
import { startFtpServer } from '../ftp/server.ts';
import { type FtpTls, ftpLimits } from '../ftp/settings.ts';
import { isUploadPassword } from '../participants/upload-password.ts';
import type { Composed } from './composed.ts';
import { downloadAccount } from './download-account.ts';
import { splitAddress } from './faces.ts';
import { hasRoom } from './kept-files.ts';
import type { ServedTls } from './tls.ts';
import { uploadAccount } from './upload-account.ts';

/** The file store over FTP. */
export interface FileFace {
  /** Such as ftp://127.0.0.1:2121 */
  readonly url: string;
  close(): Promise<void>;
}

const stopWithinMs = 10_000;

/** Opens the file store where the configuration names an address for it. */
export async function openFileFace(
  config: Config,
  context: Composed,
  tls?: ServedTls,
): Promise<FileFace | undefined> {
  const { ftp } = config.attachments;
  if (ftp.listen === undefined) return undefined;
  const at = splitAddress(ftp.listen);
  const server = await startFtpServer(
    {
      host: hostOf(config, context),
      clock: context.clock,
      log: context.log,
      pick: (below) => context.random(4).readUInt32BE() % below,
    },
    {
      ...at,
      ...(ftp.publicAddress === undefined ? {} : { publicAddress: ftp.publicAddress }),
      passivePorts: ftp.passivePorts,
      tls: tlsOf(ftp.tls.mode, tls),
      limits: ftpLimits,
    },
  );
  tls?.whenChanged((pair) => server.renewTls(pair));
  return {
    url: `ftp://${at.host}:${server.port}`,
    close: () => server.close(stopWithinMs),
  };
}

function tlsOf(
  mode: Config['attachments']['ftp']['tls']['mode'],
  served: ServedTls | undefined,
): FtpTls {
  if (mode === 'off') return { mode };
  if (served === undefined) throw new Error('attachments.ftp.tls: key, certificate');
  const { key, certificate } = served.pair;
  return { mode, key, certificate };
}

function hostOf(config: Config, context: Composed): FtpHost {
  return {
    login: async (user, password): Promise<FtpAccount | undefined> => {
      const reader = await readerOf(context, user, password);
      if (reader !== undefined) return reader;
      const hash = context.registry().findSystem(user)?.uploadPassword;
      if (!(await isUploadPassword(password, hash))) return undefined;
      return uploadAccount(context.uploads, user, () => hasRoom(config));
    },
  };
}

/** Whoever was given a name and a password with a message, until it acknowledges. */
async function readerOf(
  { database, files }: Composed,
  user: string,
  password: string,
): Promise<FtpAccount | undefined> {
  const { kysely } = database;
  const messageId = await holderOfAccess(kysely, user, password);
  if (messageId === undefined) return undefined;
  return downloadAccount(files, async () => {
    if ((await holderOfAccess(kysely, user, password)) === undefined) return [];
    const all = await filesOf(kysely, messageId);
    return all.filter(({ place, wiped_at }) => place === 'stored' && wiped_at === null);
  });
}
