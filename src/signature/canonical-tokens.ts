import { Fault } from '../fault/fault.ts';

export interface Start {
  readonly kind: 'start';
  readonly name: string;
  /** Names as written, values unescaped, declarations among them. */
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

type Token =
  | Start
  | { readonly kind: 'end'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'instruction' };

// Canonical XML is a small language: no CDATA, no empty tags, double quotes, few references; a
// comment is gone, and > stands raw in values alone.
const nameAt = /[^\0- !"&'/<=>]+/y;

/**
 * The tokens of a text in canonical form (Canonical XML 1.0 §2.1), in their order.
 *
 * @throws Fault TRANSFORM_REFUSED where the text is not canonical
 */
export function* tokensOf(xml: string): Generator<Token> {
  let at = 0;
  while (at < xml.length) {
    const open = xml.indexOf('<', at);
    const end = open < 0 ? xml.length : open;
    if (end > at) yield { kind: 'text', text: unescaped(xml.slice(at, end), textReferences) };
    if (open < 0) return;
    const next = xml[open + 1];
    if (next === '?') {
      yield { kind: 'instruction' };
      at = after(xml, '?>', open + 2);
    } else if (next === '/') {
      at = after(xml, '>', open + 2);
      yield { kind: 'end', name: xml.slice(open + 2, at - 1) };
    } else {
      const start = startAt(xml, open + 1);
      yield start.token;
      at = start.end;
    }
  }
}

function startAt(xml: string, from: number): { readonly token: Start; readonly end: number } {
  const name = matched(nameAt, xml, from);
  const attributes: [string, string][] = [];
  let at = from + name.length;
  while (xml[at] === ' ') {
    const attribute = matched(nameAt, xml, at + 1);
    const value = at + 1 + attribute.length + 2;
    if (!xml.startsWith('="', value - 2)) notCanonical();
    at = after(xml, '"', value);
    const raw = xml.slice(value, at - 1);
    // A namespace name that canonical XML escapes is never taken as a message.
    if (isDeclaration(attribute) && raw.includes('&')) notCanonical();
    attributes.push([attribute, unescaped(raw, valueReferences)]);
  }
  if (xml[at] !== '>') notCanonical();
  return { token: { kind: 'start', name, attributes }, end: at + 1 };
}

/** A name with something on both sides of its one colon. */
function matched(pattern: RegExp, xml: string, at: number): string {
  pattern.lastIndex = at;
  const [name] = pattern.exec(xml) ?? notCanonical();
  const colon = name.indexOf(':');
  if (colon === 0 || (colon > 0 && (colon === name.length - 1 || name.includes(':', colon + 1)))) {
    notCanonical();
  }
  return name;
}

function after(xml: string, what: string, from: number): number {
  const at = xml.indexOf(what, from);
  return at < 0 ? notCanonical() : at + what.length;
}

interface References {
  readonly known: Readonly<Record<string, string>>;
  /** A reference, or a character that canonical XML would have written as one. */
  readonly pattern: RegExp;
}

const textReferences: References = {
  known: { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&#xD;': '\r' },
  pattern: /&[^;]*;?|[>\r]/g,
};
const valueReferences: References = {
  known: {
    '&amp;': '&',
    '&lt;': '<',
    '&quot;': '"',
    '&#x9;': '\t',
    '&#xA;': '\n',
    '&#xD;': '\r',
  },
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them is canonical
  pattern: /&[^;]*;?|[<\0-\x1f]/g,
};

function unescaped(text: string, { known, pattern }: References): string {
  return text.replace(pattern, (name) => known[name] ?? notCanonical());
}

/** Is it the name of a namespace declaration. */
export function isDeclaration(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:');
}

/** @throws Fault TRANSFORM_REFUSED */
export function notCanonical(): never {
  throw new Fault('TRANSFORM_REFUSED', { public: 'не каноническая форма' });
}
