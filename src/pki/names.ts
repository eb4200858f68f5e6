import type { Certificate } from './certificate.ts';
import { type DerItem, dotted, items } from './der.ts';
import { type GeneralName, type NameConstraints, nameForm } from './extensions.ts';

const emailAttribute = '1.2.840.113549.1.9.1';

/**
 * Whether every name of a certificate lies within the constraints of an authority above it (RFC 5280
 * §4.2.1.10). A constraint on a form that is not known here lets no name of that form through.
 */
export function namesWithin(certificate: Certificate, constraints: NameConstraints): boolean {
  const { permitted, excluded } = constraints;
  return namesOf(certificate).every((name) => {
    const sameForm = permitted.filter(({ form }) => form === name.form);
    const allowed = sameForm.length === 0 || sameForm.some((base) => isWithin(name, base) === true);
    return (
      allowed && !excluded.some((base) => base.form === name.form && isWithin(name, base) !== false)
    );
  });
}

function namesOf({ parts, extensions }: Certificate): GeneralName[] {
  const subject = items(parts.subjectName)[0]?.content ?? Buffer.alloc(0);
  const own = subject.length === 0 ? [] : [{ form: nameForm.directory, value: parts.subjectName }];
  // Before there was subjectAltName, addresses stood in the name itself.
  const emails = attributesOf(subject)
    .filter(({ type }) => type === emailAttribute)
    .map(({ value }) => ({ form: nameForm.email, value: value.content }));
  return [...own, ...emails, ...extensions.subjectNames];
}

/** Undefined for a form that is not compared here. */
function isWithin(name: GeneralName, base: GeneralName): boolean | undefined {
  switch (name.form) {
    case nameForm.directory:
      return directoryWithin(name.value, base.value);
    case nameForm.dns:
      return hostWithin(text(name), text(base));
    case nameForm.email:
      return emailWithin(text(name), text(base));
    case nameForm.ip:
      return addressWithin(name.value, base.value);
    default:
      return undefined;
  }
}

function text({ value }: GeneralName): string {
  return value.toString('latin1').toLowerCase();
}

/** A name is within another whose parts are its first ones. */
function directoryWithin(name: Buffer, base: Buffer): boolean {
  const parts = relativeNames(name);
  const bases = relativeNames(base);
  return bases.length <= parts.length && bases.every((part, index) => part === parts[index]);
}

/** The relative names of a Name, each in a form in which equal ones are equal (RFC 5280 §7.1). */
function relativeNames(name: Buffer): string[] {
  const [sequence] = items(name);
  return items(sequence?.content ?? Buffer.alloc(0)).map(({ content }) =>
    items(content)
      .map((attribute) => attributeText(items(attribute.content)))
      .sort()
      .join('+'),
  );
}

function attributesOf(subject: Buffer): { type: string; value: DerItem }[] {
  return items(subject)
    .flatMap(({ content }) => items(content))
    .flatMap(({ content }) => {
      const [type, value] = items(content);
      return type === undefined || value === undefined ? [] : [{ type: dotted(type), value }];
    });
}

const bmpString = 0x1e;
const textTags: ReadonlySet<number> = new Set([0x0c, 0x13, 0x14, 0x16, bmpString]);

/** Strings of different types are equal where their letters are, but for case and blanks. */
function attributeText([type, value]: DerItem[]): string {
  if (type === undefined || value === undefined) return '';
  if (!textTags.has(value.tag)) return `${dotted(type)}=#${value.whole.toString('hex')}`;
  const letters =
    value.tag === bmpString && value.content.length % 2 === 0
      ? Buffer.from(value.content).swap16().toString('utf16le')
      : value.content.toString('utf8');
  return `${dotted(type)}=${letters.trim().replace(/\s+/g, ' ').toLowerCase()}`;
}

/** A host is within a domain and everything below it. */
function hostWithin(host: string, base: string): boolean {
  if (base === '' || host === base) return true;
  return host.endsWith(base.startsWith('.') ? base : `.${base}`);
}

/** A base is a mailbox, a host, or with a dot in front a domain. */
function emailWithin(address: string, base: string): boolean {
  const host = address.slice(address.lastIndexOf('@') + 1);
  if (base.includes('@')) return address === base;
  return base.startsWith('.') ? host.endsWith(base) : host === base;
}

/** A base is an address and a mask, one after the other. */
function addressWithin(address: Buffer, base: Buffer): boolean {
  if (base.length !== address.length * 2) return false;
  return address.every((octet, index) => {
    const mask = base[address.length + index] ?? 0;
    return (octet & mask) === ((base[index] ?? 0) & mask);
  });
}
