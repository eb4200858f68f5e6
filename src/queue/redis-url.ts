/** A Redis that does not do for a queue, or an address that is none. */
export class RedisUnfit extends Error {
  override readonly name = 'RedisUnfit';
}

/** Where Redis is. */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** The name that the sentinels know the master by. */
  readonly master: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly tls: boolean;
  /** PEM files for TLS: who may have issued the server's certificate, and the client's own pair. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

const form =
  /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/;

/**
 * Reads `redis://[user:password@]host:port[/db]`, `redis+sentinel://…@host:port,host:port/master[/db]`
 * or `redis+cluster://…@host:port,host:port`; `rediss` for TLS; `?ca=FILE&cert=FILE&key=FILE` for its
 * files. Names and passwords are percent-encoded.
 *
 * @throws RedisUnfit, without the password
 */
export function parseRedisUrl(url: string): RedisAddress {
  const [whole, scheme, kind, user, password, hosts, path = '', query] = form.exec(url) ?? [];
  if (whole === undefined || hosts === undefined) throw new RedisUnfit(explained);
  const [first, second] = path.split('/').map(decoded);
  const sentinel = kind === 'sentinel';
  const db = (sentinel ? second : first) ?? '';
  const options = new URLSearchParams(query);
  if ((sentinel && (first ?? '') === '') || !/^\d{0,5}$/.test(db)) throw new RedisUnfit(explained);
  return {
    kind: kind === 'sentinel' || kind === 'cluster' ? kind : 'single',
    hosts: hosts.split(',').map((each) => hostOf(each, sentinel ? 26379 : 6379)),
    master: sentinel ? first : undefined,
    username: decoded(user) || undefined,
    password: decoded(password) || undefined,
    db: Number(db),
    tls: scheme === 'rediss',
    ca: options.get('ca') ?? undefined,
    certificate: options.get('cert') ?? undefined,
    key: options.get('key') ?? undefined,
  };
}

const explained =
  'адрес Redis / a Redis address: redis[s]://[user:password@]host:port[/db], ' +
  'redis[s]+sentinel://host:port,host:port/master, redis[s]+cluster://host:port,host:port';

function decoded(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    throw new RedisUnfit(explained);
  }
}

function hostOf(text: string, standard: number): { host: string; port: number } {
  const [whole, v6, name, port] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = v6 ?? name;
  if (whole === undefined || host === undefined) throw new RedisUnfit(explained);
  return { host, port: port === undefined ? standard : Number(port) };
}
