import { isTokenUri } from '../config/key.ts';

/** Which private key of which token. What is absent matches any; the token is named, and so is the key. */
export interface TokenUri {
  readonly token: string | undefined;
  readonly serial: string | undefined;
  /** The label of the key (CKA_LABEL). */
  readonly object: string | undefined;
  /** CKA_ID. */
  readonly id: Buffer | undefined;
}

const scheme = 'pkcs11:';
const lengthMax = 1000;

/** pk11-pchar of RFC 7512 §2.3, but for the percent sign and what separates. */
const value = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=&]|%[0-9A-Fa-f]{2})+$/;

const names = ['token', 'serial', 'object', 'id', 'type'] as const;
type Name = (typeof names)[number];

const elsewhere: Readonly<Record<string, string>> = {
  'module-path': 'модуль называет node.pkcs11.module / node.pkcs11.module names the module',
  'module-name': 'модуль называет node.pkcs11.module / node.pkcs11.module names the module',
  'pin-value': 'PIN лежит в node.pkcs11.pinFile / the PIN lies in node.pkcs11.pinFile',
  'pin-source': 'PIN лежит в node.pkcs11.pinFile / the PIN lies in node.pkcs11.pinFile',
};

/**
 * Reads a PKCS#11 URI (RFC 7512 §2.3) strictly: `token` or `serial` names the token, `object` or `id`
 * the key, `type` may say `private`; nothing else may stand there, and nothing twice.
 *
 * @throws Error with a plain sentence
 */
export function readTokenUri(text: string): TokenUri {
  const found = attributesOf(text);
  if (found.has('type') && textOf('type', found.get('type')) !== 'private') {
    throw wrong('type: только private / private alone');
  }
  const token = textOf('token', found.get('token'));
  const serial = textOf('serial', found.get('serial'));
  if (token === undefined && serial === undefined) {
    throw wrong('не назван токен (token или serial) / no token is named (token or serial)');
  }
  const object = textOf('object', found.get('object'));
  const id = octetsOf(found.get('id'));
  if (object === undefined && id === undefined) {
    throw wrong('не назван ключ (object или id) / no key is named (object or id)');
  }
  return { token, serial, object, id };
}

function attributesOf(text: string): Map<Name, string> {
  if (!isTokenUri(text)) throw wrong('нет pkcs11: / it does not begin with pkcs11:');
  if (text.length > lengthMax) throw wrong(`длиннее / longer than ${lengthMax}`);
  const [path = '', query] = text.slice(scheme.length).split(/\?(.*)/s, 2);
  if (query !== undefined) throw unknown(query.split('=', 1)[0] ?? '');
  const found = new Map<Name, string>();
  for (const part of path.split(';')) {
    const [name = '', written = ''] = part.split(/=(.*)/s, 2);
    if (!isName(name)) throw unknown(name);
    if (found.has(name)) throw wrong(`${name}: дважды / twice`);
    if (!value.test(written)) throw wrong(`${name}: пусто или не записано %XX / empty, or not %XX`);
    found.set(name, written);
  }
  return found;
}

function isName(name: string): name is Name {
  return names.some((each) => each === name);
}

/** A value may be a PIN: it is never told. */
function unknown(name: string): Error {
  const why = elsewhere[name];
  if (why !== undefined) return wrong(`${name}: ${why}`);
  const shown = /^[a-z-]{1,30}$/.test(name) ? `${name}: ` : '';
  return wrong(`${shown}только / only ${names.join(', ')}`);
}

function octetsOf(written: string | undefined): Buffer | undefined {
  if (written === undefined) return undefined;
  const binary = written.replace(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(binary, 'latin1');
}

function textOf(name: Name, written: string | undefined): string | undefined {
  const octets = octetsOf(written);
  if (octets === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw wrong(`${name}: не UTF-8 / not UTF-8`);
  }
}

function wrong(why: string): Error {
  return new Error(`URI PKCS#11 (RFC 7512): ${why}`);
}
