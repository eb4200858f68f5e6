import { join } from 'node:path';
import { isTokenUri } from '../config/key.ts';
import type { Config } from '../config/table.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { PemPair } from '../pki/keystore.ts';
import { proveTokenKey } from '../pki/token-key.ts';
import type { TokenSettings } from '../token/cryptoki.ts';
import { TokenKeeper } from '../token/keeper.ts';
import type { TokenOrder } from '../token/mailbox.ts';

const upHelp = '1: the token with keys of the node answers; 0: it is away, or refused the PIN';

/**
 * Opens the token of a node.
 *
 * @returns undefined where the configuration names none
 * @throws Error with a plain sentence where it does not answer
 */
export async function openToken(
  config: Config,
  log: Log,
  metrics: Metrics,
): Promise<TokenKeeper | undefined> {
  const settings = tokenSettings(config);
  if (settings === undefined) return undefined;
  const token = await TokenKeeper.open(settings, log);
  metrics.gauge('mezhved_token_up', upHelp, () => (token.isUp ? 1 : 0));
  return token;
}

/** What opens the token that the configuration names. */
export function tokenSettings({ node, data }: Config): TokenSettings | undefined {
  if (node.pkcs11 === undefined) return undefined;
  return { ...node.pkcs11, refusedFile: join(data, 'token-pin-refused') };
}

/**
 * Has the token sign with each key that was not tried before, so that a wrong PIN, a key that is not
 * there, or one of another certificate is told now and not by the first message.
 *
 * @throws Error with a plain sentence that names the key
 */
export async function proveKeys(
  keys: readonly PemPair[],
  token: TokenKeeper | undefined,
): Promise<void> {
  for (const pair of keys) {
    const name = `${pair.key} ${pair.certificate}`;
    if (!isTokenUri(pair.key) || token?.proven.has(name)) continue;
    const sign = token && ((order: TokenOrder) => token.sign(order));
    await proveTokenKey(pair, sign).catch((error) => {
      throw new Error(`${pair.key}: ${error instanceof Error ? error.message : String(error)}`);
    });
    token?.proven.add(name);
  }
}
