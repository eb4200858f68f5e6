import { isTokenUri } from '../config/key.ts';
import type { Config } from '../config/table.ts';
import { createLog } from '../log.ts';
import { pemOf } from '../pki/asn1.ts';
import type { Certificate } from '../pki/certificate.ts';
import { readPemPair } from '../pki/keystore.ts';
import { type TokenKey, tokenKey } from '../pki/token-key.ts';
import { proveKeys, tokenSettings } from '../server/token.ts';
import { TokenKeeper } from '../token/keeper.ts';

/** What is wrong with the token and the node's keys in it: it is asked to sign with each of them. */
export async function tokenProblems(config: Config): Promise<string[]> {
  const settings = tokenSettings(config);
  if (settings === undefined) return [];
  const opened = await TokenKeeper.open(settings, createLog({ level: 'silent' })).catch(told);
  if (typeof opened === 'string') return [`node.pkcs11: ${opened}`];
  const problems: string[] = [];
  for (const [index, files] of config.node.keys.entries()) {
    if (!isTokenUri(files.key)) continue;
    const proved = await prove(files, opened).catch(told);
    if (proved !== undefined) problems.push(`node.keys.${index}: ${proved}`);
  }
  await opened.close();
  return problems;
}

/** The key that a certificate goes with, by name alone: it cannot sign here. @throws Error */
export function keyNamed(uri: string, certificate: Certificate): TokenKey {
  return tokenKey(uri, certificate, () => Buffer.alloc(0));
}

/**
 * The key of a certificate in the token of the node, which has signed something with it.
 *
 * @throws Error with a plain sentence where there is no token, or the key is not that of the certificate
 */
export async function provedInToken(
  config: Config,
  key: string,
  certificate: Certificate,
): Promise<TokenKey> {
  const settings = tokenSettings(config);
  const named = keyNamed(key, certificate);
  const token = settings && (await TokenKeeper.open(settings, createLog({ level: 'silent' })));
  try {
    await proveKeys([{ key, certificate: pemOf(certificate.der, 'CERTIFICATE') }], token);
    return named;
  } finally {
    await token?.close();
  }
}

async function prove(
  files: Config['node']['keys'][number],
  token: TokenKeeper,
): Promise<undefined> {
  await proveKeys([readPemPair(files)], token);
}

function told(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
