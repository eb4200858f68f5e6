/**
 * What follows from a failure: `pin` is never tried again by itself, since tokens lock; `key` is about
 * one key or signature, and another try would end alike; after `gone` everything is opened anew.
 */
export type FailureKind = 'pin' | 'key' | 'gone';

/** A failure of a token; its message is for the operator and holds no secret. */
export class TokenFailure extends Error {
  override readonly name = 'TokenFailure';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Names of CKR_… (PKCS#11 §6); whatever is not here is `gone`: sessions, devices, and the unclear. */
const kinds: Readonly<Record<string, FailureKind>> = {
  CKR_PIN_INCORRECT: 'pin',
  CKR_PIN_INVALID: 'pin',
  CKR_PIN_LEN_RANGE: 'pin',
  CKR_PIN_EXPIRED: 'pin',
  CKR_PIN_LOCKED: 'pin',
  CKR_USER_PIN_NOT_INITIALIZED: 'pin',
  CKR_MECHANISM_INVALID: 'key',
  CKR_MECHANISM_PARAM_INVALID: 'key',
  CKR_KEY_TYPE_INCONSISTENT: 'key',
  CKR_KEY_FUNCTION_NOT_PERMITTED: 'key',
  CKR_KEY_SIZE_RANGE: 'key',
  CKR_DATA_INVALID: 'key',
  CKR_DATA_LEN_RANGE: 'key',
  CKR_ATTRIBUTE_TYPE_INVALID: 'key',
  CKR_ATTRIBUTE_VALUE_INVALID: 'key',
  CKR_TEMPLATE_INCONSISTENT: 'key',
  CKR_TEMPLATE_INCOMPLETE: 'key',
  CKR_DOMAIN_PARAMS_INVALID: 'key',
  CKR_CURVE_NOT_SUPPORTED: 'key',
  CKR_USER_TYPE_INVALID: 'key',
  CKR_TOKEN_WRITE_PROTECTED: 'key',
};

/** What a library threw. Only the name of its code is told: its words are its own. */
export function failureOf(thrown: unknown): TokenFailure {
  if (thrown instanceof TokenFailure) return thrown;
  const { message = '' } = thrown as { message?: string };
  const code = /\bCKR_[A-Z0-9_]+/.exec(message)?.[0];
  if (code === undefined) return new TokenFailure('gone', message.slice(0, 200));
  const kind = kinds[code] ?? 'gone';
  return new TokenFailure(kind, kind === 'pin' ? pinWords(code) : code);
}

function pinWords(code: string): string {
  return `токен не принял PIN (${code}); узел не пробует снова / the token refused the PIN (${code}); the node does not try again`;
}
