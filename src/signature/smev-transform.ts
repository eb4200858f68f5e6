import { Fault } from '../fault/fault.ts';

/**
 * The transform urn://smev-gov-ru/xmldsig/transform over octets that exclusive canonicalization gave
 * (recommendations on SMEV 3, annex on the transform; steps 8 and 9 as the reference writes them).
 * Namespaces get the prefixes ns1, ns2 … in the order of their first use, attributes are sorted,
 * white space between elements is dropped, and some characters are escaped by rules of its own. The
 * digest is over the result: nothing is canonicalized after it.
 *
 * @throws Fault TRANSFORM_REFUSED for an element without a namespace or an attribute xml:*
 */
export function smevTransform(canonical: Uint8Array): Buffer {
  const writer = new Writer();
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
    else if (token.kind === 'end') writer.end();
  }
  flush();
  return Buffer.from(writer.result());
}

interface Start {
  readonly kind: 'start';
  readonly name: string;
  /** Names as written, values unescaped, declarations among them. */
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

type Token =
  | Start
  | { readonly kind: 'end' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'instruction' };

// Canonical XML is a small language: no CDATA, no empty tags, double quotes, five references; a
// comment is gone, and > stands raw in values.
const startTag = /<([^ >]+)((?: [^=]+="[^"]*")*)>/y;
const attribute = / ([^=]+)="([^"]*)"/g;

function* tokensOf(xml: string): Generator<Token> {
  let at = 0;
  while (at < xml.length) {
    const open = xml.indexOf('<', at);
    const end = open < 0 ? xml.length : open;
    if (end > at) yield { kind: 'text', text: unescaped(xml.slice(at, end)) };
    if (open < 0) return;
    const next = xml[open + 1];
    if (next === '?') {
      yield { kind: 'instruction' };
      at = xml.indexOf('?>', open) + 2;
    } else if (next === '/') {
      yield { kind: 'end' };
      at = xml.indexOf('>', open) + 1;
    } else {
      startTag.lastIndex = open;
      const [whole, name = '', attributes = ''] =
        startTag.exec(xml) ?? refuse('не каноническая форма');
      yield { kind: 'start', name, attributes: attributesOf(attributes) };
      at = open + whole.length;
    }
  }
}

function attributesOf(text: string): Start['attributes'] {
  return [...text.matchAll(attribute)].map(([, name = '', value = '']) => [name, unescaped(value)]);
}

const references: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x9;': '\t',
  '&#xA;': '\n',
  '&#xD;': '\r',
};

function unescaped(text: string): string {
  return text.includes('&') ? text.replace(/&[^;]+;/g, (name) => references[name] ?? name) : text;
}

interface Open {
  readonly name: string;
  /** Prefixes of the source that this element declares over those outside. */
  readonly outside: ReadonlyMap<string, string>;
  /** Namespaces that got their prefix at this element. */
  readonly mapped: readonly string[];
}

class Writer {
  readonly #parts: string[] = [];
  readonly #stack: Open[] = [];
  /** Prefixes of the result by namespace, for as long as the element that made them is open. */
  readonly #prefixes = new Map<string, string>();
  #scope: ReadonlyMap<string, string> = new Map();
  #count = 0;

  start({ name, attributes }: Start): void {
    const outside = this.#scope;
    this.#declare(attributes);
    const mapped: string[] = [];
    const { prefix, local } = split(name);
    const namespace = this.#scope.get(prefix) ?? '';
    if (namespace === '') refuse(`элемент ${local} без пространства имён`);
    const written = `${this.#prefixOf(namespace, mapped)}:${local}`;
    const values = this.#attributes(attributes, mapped);
    const declarations = mapped.map(
      (uri) => ` xmlns:${this.#prefixes.get(uri)}="${escapeAttribute(uri)}"`,
    );
    this.#parts.push('<', written, ...declarations, ...values, '>');
    this.#stack.push({ name: written, outside, mapped });
  }

  end(): void {
    const open = this.#stack.pop();
    if (open === undefined) return;
    this.#parts.push('</', open.name, '>');
    for (const uri of open.mapped) this.#prefixes.delete(uri);
    this.#scope = open.outside;
  }

  /** A node of white space alone goes; U+0020 and below is white, a no-break space is not. */
  text(text: string): void {
    if (this.#stack.length === 0 || /^[\0- ]*$/.test(text)) return;
    this.#parts.push(escapeText(text));
  }

  result(): string {
    return this.#parts.join('');
  }

  #declare(attributes: Start['attributes']): void {
    const declared = attributes.filter(([name]) => isDeclaration(name));
    if (declared.length === 0) return;
    const scope = new Map(this.#scope);
    for (const [name, uri] of declared) scope.set(name === 'xmlns' ? '' : name.slice(6), uri);
    this.#scope = scope;
  }

  #attributes(attributes: Start['attributes'], mapped: string[]): string[] {
    const plain = attributes.filter(([name]) => !isDeclaration(name));
    const sorted = plain
      .map(([name, value]) => {
        const { prefix, local } = split(name);
        if (prefix === 'xml') refuse(`атрибут ${name}`);
        return { local, value, uri: prefix === '' ? '' : (this.#scope.get(prefix) ?? '') };
      })
      .sort(byPlace);
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

function isDeclaration(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:');
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
 * What the reference's writer does with text: < & CR and U+007F to U+009F always; > where a reader could take it for
 * the end of a CDATA section, judged block by block. Its block may part a surrogate pair; joined
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
