import pkcs11 from 'pkcs11js';
import { TokenFailure } from './failures.ts';
import { noteRefused, noteTaken, type PinFiles, readPin } from './pin.ts';
import { readTokenUri, type TokenUri } from './uri.ts';

/** How a key signs: RSA PKCS#1 v1.5 over a DigestInfo, or ECDSA over a digest, r‖s. */
export type Mechanism = 'rsa' | 'ec';

/** The public half as a token tells it. */
export type PublicParts =
  | { readonly kind: 'rsa'; readonly modulus: Buffer; readonly exponent: Buffer }
  /** Both in DER: CKA_EC_PARAMS, CKA_EC_POINT. */
  | { readonly kind: 'ec'; readonly params: Buffer; readonly point: Buffer };

/** The library of a token, and where its PIN is. */
export interface TokenSettings extends PinFiles {
  readonly module: string;
}

const mechanisms: Readonly<Record<Mechanism, number>> = {
  rsa: pkcs11.CKM_RSA_PKCS,
  ec: pkcs11.CKM_ECDSA,
};

// Of RSA with 16384 bits.
const valueMax = 2048;
const foundMax = 3;

type Handle = Buffer;

interface OpenKey {
  readonly session: Handle;
  readonly key: Handle;
}

/**
 * The library of a token, loaded into this process (PKCS#11 2.40). It blocks as long as the token
 * takes; the node has it in a process of its own, which can be ended.
 *
 * Every method throws TokenFailure, or what `failureOf` makes one of.
 */
export class Cryptoki {
  readonly #library = new pkcs11.PKCS11();
  readonly #settings: TokenSettings;
  readonly #flags: number;
  readonly #sessions = new Map<string, Handle>();
  readonly #keys = new Map<string, OpenKey>();

  /** @param access `write` where a key is to be made */
  constructor(settings: TokenSettings, access: 'read' | 'write' = 'read') {
    this.#settings = settings;
    this.#flags = pkcs11.CKF_SERIAL_SESSION | (access === 'write' ? pkcs11.CKF_RW_SESSION : 0);
    try {
      this.#library.load(settings.module);
    } catch {
      const { module } = settings;
      throw new TokenFailure('gone', `модуль не загружается / cannot be loaded: ${module}`);
    }
    this.#library.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
  }

  /** Logs in and finds the key, once. */
  open(uri: string): void {
    this.#open(uri);
  }

  sign(uri: string, mechanism: Mechanism, data: Buffer): Buffer {
    const { session, key } = this.#open(uri);
    this.#library.C_SignInit(session, { mechanism: mechanisms[mechanism] }, key);
    return this.#library.C_Sign(session, data, Buffer.alloc(valueMax));
  }

  /** Makes a key that never leaves the token. @param size bits of RSA, or DER of a curve's OID */
  generate(uri: string, size: number | Buffer): void {
    const named = readTokenUri(uri);
    const session = this.#session(named);
    if (this.#find(session, named, pkcs11.CKO_PRIVATE_KEY).length > 0) {
      throw new TokenFailure('key', `ключ уже есть / the key is there already: ${uri}`);
    }
    const isRsa = typeof size === 'number';
    const both = [
      { type: pkcs11.CKA_TOKEN, value: true },
      { type: pkcs11.CKA_LABEL, value: named.object ?? '' },
      { type: pkcs11.CKA_ID, value: named.id ?? Buffer.from(named.object ?? '') },
    ];
    const kind = isRsa
      ? [
          { type: pkcs11.CKA_MODULUS_BITS, value: size },
          { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
        ]
      : [{ type: pkcs11.CKA_EC_PARAMS, value: size }];
    this.#library.C_GenerateKeyPair(
      session,
      { mechanism: isRsa ? pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN : pkcs11.CKM_EC_KEY_PAIR_GEN },
      [...both, { type: pkcs11.CKA_VERIFY, value: true }, ...kind],
      [
        ...both,
        { type: pkcs11.CKA_PRIVATE, value: true },
        { type: pkcs11.CKA_SENSITIVE, value: true },
        { type: pkcs11.CKA_EXTRACTABLE, value: false },
        { type: pkcs11.CKA_SIGN, value: true },
      ],
    );
  }

  publicPartsOf(uri: string): PublicParts {
    const { session, key } = this.#open(uri);
    const kind = this.#read(session, key, pkcs11.CKA_KEY_TYPE).readUInt32LE();
    const isRsa = kind === pkcs11.CKK_RSA;
    if (!isRsa && kind !== pkcs11.CKK_EC) {
      throw new TokenFailure('key', `ключ не RSA и не EC / neither RSA nor EC: ${uri}`);
    }
    const [known, ...more] = this.#find(session, readTokenUri(uri), pkcs11.CKO_PUBLIC_KEY);
    if (known === undefined || more.length > 0) {
      throw new TokenFailure('key', `открытого ключа в токене нет / no public key beside: ${uri}`);
    }
    const read = (type: number) => this.#read(session, known, type);
    return isRsa
      ? {
          kind: 'rsa',
          modulus: read(pkcs11.CKA_MODULUS),
          exponent: read(pkcs11.CKA_PUBLIC_EXPONENT),
        }
      : { kind: 'ec', params: read(pkcs11.CKA_EC_PARAMS), point: read(pkcs11.CKA_EC_POINT) };
  }

  close(): void {
    this.#library.C_Finalize();
    this.#library.close();
  }

  #read(session: Handle, object: Handle, type: number): Buffer {
    const [found] = this.#library.C_GetAttributeValue(session, object, [{ type }]);
    return Buffer.from(found?.value as Buffer);
  }

  #open(uri: string): OpenKey {
    const known = this.#keys.get(uri);
    if (known !== undefined) return known;
    const named = readTokenUri(uri);
    const session = this.#session(named);
    const [key, ...more] = this.#find(session, named, pkcs11.CKO_PRIVATE_KEY);
    if (key === undefined) {
      throw new TokenFailure('key', `в токене нет ключа / the token has no key ${uri}`);
    }
    if (more.length > 0) {
      throw new TokenFailure(
        'key',
        `ключей несколько, назовите id / several keys, name the id: ${uri}`,
      );
    }
    const opened = { session, key };
    this.#keys.set(uri, opened);
    return opened;
  }

  #find(session: Handle, { object, id }: TokenUri, kind: number): Handle[] {
    this.#library.C_FindObjectsInit(session, [
      { type: pkcs11.CKA_CLASS, value: kind },
      ...(object === undefined ? [] : [{ type: pkcs11.CKA_LABEL, value: object }]),
      ...(id === undefined ? [] : [{ type: pkcs11.CKA_ID, value: id }]),
    ]);
    try {
      return this.#library.C_FindObjects(session, foundMax);
    } finally {
      this.#library.C_FindObjectsFinal(session);
    }
  }

  /** A session of the token that is logged in. */
  #session({ token, serial }: TokenUri): Handle {
    const name = JSON.stringify([token, serial]);
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    const present = this.#library.C_GetSlotList(true);
    const slots = present.filter((slot) => {
      const info = this.#library.C_GetTokenInfo(slot);
      const isToken = token === undefined || info.label.trimEnd() === token;
      return isToken && (serial === undefined || info.serialNumber.trimEnd() === serial);
    });
    const [slot, ...more] = slots;
    const shown = token ?? serial;
    if (slot === undefined) {
      // A library without any token may have lost its server.
      const kind = present.length === 0 ? 'gone' : 'key';
      throw new TokenFailure(kind, `нет токена / there is no token ${shown}`);
    }
    if (more.length > 0) {
      throw new TokenFailure('key', `токенов несколько / several tokens ${shown}`);
    }
    const session = this.#library.C_OpenSession(slot, this.#flags);
    this.#login(slot, session);
    this.#sessions.set(name, session);
    return session;
  }

  #login(slot: Handle, session: Handle): void {
    const { flags } = this.#library.C_GetTokenInfo(slot);
    if ((flags & pkcs11.CKF_LOGIN_REQUIRED) === 0) return;
    if ((flags & pkcs11.CKF_USER_PIN_FINAL_TRY) !== 0) {
      throw new TokenFailure(
        'pin',
        'у PIN осталась последняя попытка, узел её не тратит / the PIN has one try left, which the node does not spend',
      );
    }
    try {
      this.#library.C_Login(session, pkcs11.CKU_USER, readPin(this.#settings));
    } catch (error) {
      const { message = '' } = error as { message?: string };
      // Another session of this process has logged in.
      if (message.includes('CKR_USER_ALREADY_LOGGED_IN')) return;
      if (message.includes('CKR_PIN_INCORRECT')) noteRefused(this.#settings);
      throw error;
    }
    noteTaken(this.#settings);
  }
}
