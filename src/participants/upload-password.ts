import { scrypt, timingSafeEqual } from 'node:crypto';

const keyBytes = 32;

/**
 * The hash of an upload password as declarations have it: `scrypt:SALT:HASH` in hex (RFC 7914, with the
 * parameters of node:crypto).
 *
 * @param salt 16 random bytes
 */
export async function hashUploadPassword(password: string, salt: Uint8Array): Promise<string> {
  const hash = await derive(password, salt);
  return `scrypt:${Buffer.from(salt).toString('hex')}:${hash.toString('hex')}`;
}

/** Takes as long where there is no such account, so that names cannot be told by the time. */
export async function isUploadPassword(
  password: string,
  hash: string | undefined,
): Promise<boolean> {
  const [, salt = '', wanted = ''] = (hash ?? '').split(':');
  const derived = await derive(password, Buffer.from(salt, 'hex'));
  const expected = Buffer.from(wanted, 'hex');
  return expected.byteLength === keyBytes && timingSafeEqual(derived, expected);
}

function derive(password: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, keyBytes, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
