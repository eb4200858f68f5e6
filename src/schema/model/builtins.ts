/** Built-in simple types: what each is made from, and its own facets (XML Schema Part 2 §3). */
interface Builtin {
  readonly base: string;
  readonly item?: string;
  readonly min?: string;
  readonly max?: string;
}

const long = { min: '-9223372036854775808', max: '9223372036854775807' };

const derived: Readonly<Record<string, Builtin>> = {
  normalizedString: { base: 'string' },
  token: { base: 'normalizedString' },
  language: { base: 'token' },
  NMTOKEN: { base: 'token' },
  Name: { base: 'token' },
  NCName: { base: 'Name' },
  ID: { base: 'NCName' },
  IDREF: { base: 'NCName' },
  ENTITY: { base: 'NCName' },
  NMTOKENS: { base: 'anySimpleType', item: 'NMTOKEN' },
  IDREFS: { base: 'anySimpleType', item: 'IDREF' },
  ENTITIES: { base: 'anySimpleType', item: 'ENTITY' },
  integer: { base: 'decimal' },
  nonPositiveInteger: { base: 'integer', max: '0' },
  negativeInteger: { base: 'nonPositiveInteger', max: '-1' },
  long: { base: 'integer', ...long },
  int: { base: 'long', min: '-2147483648', max: '2147483647' },
  short: { base: 'int', min: '-32768', max: '32767' },
  byte: { base: 'short', min: '-128', max: '127' },
  nonNegativeInteger: { base: 'integer', min: '0' },
  positiveInteger: { base: 'nonNegativeInteger', min: '1' },
  unsignedLong: { base: 'nonNegativeInteger', min: '0', max: '18446744073709551615' },
  unsignedInt: { base: 'unsignedLong', min: '0', max: '4294967295' },
  unsignedShort: { base: 'unsignedInt', min: '0', max: '65535' },
  unsignedByte: { base: 'unsignedShort', min: '0', max: '255' },
};

export function builtin(local: string): Builtin {
  return derived[local] ?? { base: 'anySimpleType' };
}

/** Is `local` the type itself, or made from it. */
export function isMadeFrom(local: string, ancestor: string): boolean {
  for (let at = local; ; at = builtin(at).base) {
    if (at === ancestor) return true;
    if (at === 'anySimpleType') return false;
  }
}

/** Dates and times compare by calendar, numbers as numbers. */
export function isNumber(local: string): boolean {
  return isMadeFrom(local, 'decimal');
}
