import { Fault } from '../fault/fault.ts';
import { isDeclaration, notCanonical, type Start, tokensOf } from './canonical-tokens.ts';

/**
 * The transform urn://smev-gov-ru/xmldsig/transform over octets that exclusive canonicalization gave
 * (recommendations on SMEV 3, annex on the transform; steps 8 and 9 as the reference writes them).
 * Namespaces get the prefixes ns1, ns2 … in the order of their first use, attributes are sorted,
 * white space between elements is dropped, and some characters are escaped by rules of its own.
 *
 * This is the slow twin that says what is right; the WebAssembly of src/signature/assembly gives the
 * same octets and the same refusals.
 *
 * @param canonical UTF-8
 * @throws Fault TRANSFORM_REFUSED for an element without a namespace, an attribute xml:* or of a
 * prefix without a namespace, what is not in canonical form, and a result past `outputMax`
 */
export function smevTransformReference(canonical: Uint8Array): Buffer {
  const writer = new Writer(outputMax(canonical.byteLength));
  let text = '';
  const flush = () => {
    writer.text(text);
    text = '';
  };
  for (const token of tokensOf(Buffer.from(canonical).toString('utf8'))) {
    if (token.kind === 'text') {
      text += token.text;
      continue;
    }
    flush();
    if (token.kind === 'start') writer.start(token);
    else if (token.kind === 'end') writer.end(token.name);
  }
  flush();
  return writer.result();
}

/**
 * The most octets that a result may have. Exclusive canonical form grows at most four times; an
 * inclusive one, which declares far above, could grow by its square.
 */
function outputMax(length: number): number {
  return 16 * length + 65_536;
}

const depthMax = 1024;

interface Open {
  readonly name: string;
  readonly written: string;
  /** Prefixes of the source that this element declares, with what they meant outside. */
  readonly declared: readonly (readonly [prefix: string, outside: string])[];
  /** Namespaces that got their prefix at this element. */
  readonly mapped: readonly string[];
}

class Writer {
  readonly #parts: string[] = [];
  readonly #stack: Open[] = [];
  /** Prefixes of the result by namespace, for as long as the element that made them is open. */
  readonly #prefixes = new Map<string, string>();
  /** Namespaces by prefix of the source. */
  readonly #scope = new Map<string, string>();
  readonly #octetsMax: number;
  #octets = 0;
  #count = 0;

  constructor(octetsMax: number) {
    this.#octetsMax = octetsMax;
  }

  start({ name, attributes }: Start): void {
    if (this.#stack.length === depthMax) notCanonical();
    if (this.#stack.length === 0 && this.#parts.length > 0) notCanonical();
    const declared = this.#declare(attributes);
    const mapped: string[] = [];
    const { prefix, local } = split(name);
    const namespace = this.#scope.get(prefix) ?? '';
    if (namespace === '') refuse(`элемент ${local} без пространства имён`);
    const written = `${this.#prefixOf(namespace, mapped)}:${local}`;
    const values = this.#attributes(attributes, mapped);
    const declarations = mapped.map(
      (uri) => ` xmlns:${this.#prefixes.get(uri)}="${escapeAttribute(uri)}"`,
    );
    this.#tag(['<', written, ...declarations, ...values, '>']);
    this.#stack.push({ name, written, declared, mapped });
  }

  end(name: string): void {
    const open = this.#stack.pop();
    if (open === undefined || open.name !== name) notCanonical();
    this.#tag(['</', open.written, '>']);
    for (const uri of open.mapped) this.#prefixes.delete(uri);
    for (const [prefix, outside] of open.declared.toReversed()) this.#scope.set(prefix, outside);
  }

  /** A node of white space alone goes; U+0020 and below is white, a no-break space is not. */
  text(text: string): void {
    if (/^[\0- ]*$/.test(text)) return;
    if (this.#stack.length === 0) notCanonical();
    this.#write(escapeText(text));
  }

  result(): Buffer {
    if (this.#stack.length > 0 || this.#parts.length === 0) notCanonical();
    return Buffer.from(this.#parts.join(''));
  }

  #tag(parts: readonly string[]): void {
    for (const part of parts) this.#write(part);
    if (this.#octets > this.#octetsMax) refuse('результат слишком велик');
  }

  #write(part: string): void {
    this.#parts.push(part);
    this.#octets += Buffer.byteLength(part);
  }

  #declare(attributes: Start['attributes']): Open['declared'] {
    const declared: [string, string][] = [];
    for (const [name, uri] of attributes) {
      if (!isDeclaration(name)) continue;
      const prefix = name.slice(6);
      declared.push([prefix, this.#scope.get(prefix) ?? '']);
      this.#scope.set(prefix, uri);
    }
    return declared;
  }

  #attributes(attributes: Start['attributes'], mapped: string[]): string[] {
    const plain = attributes.filter(([name]) => !isDeclaration(name));
    const sorted = plain
      .map(([name, value]) => {
        const { prefix, local } = split(name);
        const uri = prefix === '' ? '' : (this.#scope.get(prefix) ?? '');
        if (prefix === 'xml' || (prefix !== '' && uri === '')) refuse(`атрибут ${name}`);
        return { local, value, uri };
      })
      .sort(byPlace);
    if (sorted.some((each, n) => n > 0 && byPlace(sorted[n - 1] ?? each, each) === 0)) {
      notCanonical();
    }
    return sorted.map(({ local, value, uri }) => {
      const name = uri === '' ? local : `${this.#prefixOf(uri, mapped)}:${local}`;
      return ` ${name}="${escapeAttribute(value)}"`;
    });
  }

  #prefixOf(uri: string, mapped: string[]): string {
    const known = this.#prefixes.get(uri);
    if (known !== undefined) return known;
    this.#count += 1;
    const prefix = `ns${this.#count}`;
    this.#prefixes.set(uri, prefix);
    mapped.push(uri);
    return prefix;
  }
}

interface Attribute {
  readonly uri: string;
  readonly local: string;
}

/** Qualified names first, by namespace and local name; UTF-16 code units decide, as in Java. */
function byPlace(a: Attribute, b: Attribute): number {
  if ((a.uri === '') !== (b.uri === '')) return a.uri === '' ? 1 : -1;
  if (a.uri !== b.uri) return a.uri < b.uri ? -1 : 1;
  return a.local < b.local ? -1 : a.local > b.local ? 1 : 0;
}

function split(name: string): { readonly prefix: string; readonly local: string } {
  const colon = name.indexOf(':');
  return colon < 0
    ? { prefix: '', local: name }
    : { prefix: name.slice(0, colon), local: name.slice(colon + 1) };
}

function refuse(what: string): never {
  throw new Fault('TRANSFORM_REFUSED', { public: what });
}

const shortText = 12;
const block = 512;

/**
 * What the reference's writer does with text: < & CR and U+007F to U+009F always; > where a reader
 * could take it for the end of a CDATA section, judged block by block. Its block may part a surrogate pair; joined
 * again, the pair is what it was.
 */
function escapeText(text: string): string {
  if (!/[<&>\r\x7f-\x9f]/.test(text)) return text;
  if (text.length < shortText) return escapeBlock(text, false);
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += block) {
    parts.push(escapeBlock(text.slice(at, at + block), true));
  }
  return parts.join('');
}

const escapes: Readonly<Record<string, string>> = { '<': '&lt;', '&': '&amp;', '\r': '&#xd;' };

function escapeBlock(text: string, afterEscaped: boolean): string {
  let escaped = true;
  let before = ']';
  let result = '';
  for (let at = 0; at < text.length; at += 1) {
    const unit = text[at] ?? '';
    const always = escapes[unit] ?? controlEscape(unit);
    const greater: boolean =
      unit === '>' && (at === 0 || before === ']' || (afterEscaped && escaped));
    result += always ?? (greater ? '&gt;' : unit);
    escaped = always !== undefined || greater;
    before = unit;
  }
  return result;
}

/** DEL and the C1 controls: references in text, though not in values. */
function controlEscape(unit: string): string | undefined {
  return unit >= '\x7f' && unit <= '\x9f' ? `&#x${unit.charCodeAt(0).toString(16)};` : undefined;
}

const attributeEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\r': '&#xd;',
  '\n': '&#xa;',
  '\t': '&#x9;',
};

function escapeAttribute(value: string): string {
  return value.replace(/[&<"\r\n\t]/g, (unit) => attributeEscapes[unit] ?? unit);
}
