import { loadConfig } from '../config/load.ts';
import { makeRequest, type RequestWish } from '../pki/request.ts';
import { publicKeyOfToken, TokenKey } from '../pki/token-key.ts';
import { tokenSettings } from '../server/token.ts';
import { Cryptoki } from '../token/cryptoki.ts';
import { failureOf } from '../token/failures.ts';
import { readTokenUri } from '../token/uri.ts';
import { UsageError } from './run.ts';

/** What is made in the token; a kind that is not here has no mechanism yet. */
const sizes: Readonly<Record<string, number | Buffer>> = {
  rsa: 3072,
  // prime256v1 (RFC 5480 §2.1.1.1)
  ec: Buffer.from('06082a8648ce3d030107', 'hex'),
};

/** A key in the token that the configuration names, and whether to make it there. */
export interface TokenWish {
  readonly pkcs11: string;
  readonly kind: string;
  readonly generate?: true;
}

/**
 * A key in the token, and the certificate request, as PEM, that it has signed.
 *
 * @throws UsageError where there is no token, or it does not do as it is told
 */
export function requestFromToken(
  { pkcs11: uri, kind, generate }: TokenWish,
  wish: RequestWish,
): { readonly key: TokenKey; readonly request: string } {
  const size = sizes[kind];
  if (generate && size === undefined) {
    throw new UsageError(
      'в токене делаются ключи rsa и ec: --kind / keys of rsa and ec are made in a token: --kind',
    );
  }
  const settings = tokenSettings(loadConfig(process.env, process.cwd()));
  if (settings === undefined) {
    throw new UsageError('токен не назван: node.pkcs11 / no token is named: node.pkcs11');
  }
  try {
    readTokenUri(uri);
    const token = new Cryptoki(settings, generate ? 'write' : 'read');
    if (generate && size !== undefined) token.generate(uri, size);
    const key = new TokenKey(uri, publicKeyOfToken(token.publicPartsOf(uri)), (order) =>
      token.sign(order.uri, order.mechanism, Buffer.from(order.data)),
    );
    const request = makeRequest(key, wish);
    token.close();
    return { key, request };
  } catch (error) {
    throw new UsageError(failureOf(error).message);
  }
}
