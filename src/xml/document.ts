import { ParseOption, XmlDocument, XmlElement, XmlParseError, XmlText } from 'libxml2-wasm';
import { lineOfNamespace } from './namespace-names.ts';

export { ParseOption, XmlDocument, XmlElement, XmlText };

/** Why bytes were not taken as a document; each is a fault of its own. */
export type XmlProblem = 'malformed' | 'doctype' | 'processing-instruction' | 'depth' | 'encoding';

/** Bytes that this node will not read as XML. */
export class XmlRefused extends Error {
  override readonly name = 'XmlRefused';
  readonly problem: XmlProblem;
  /** 1-based line of the first problem; 0 where there is none to name. */
  readonly line: number;
  constructor(problem: XmlProblem, line: number, message: string) {
    super(message);
    this.problem = problem;
    this.line = line;
  }
}

export interface ParseRules {
  /** Files on disk may hold processing instructions; messages may not. */
  readonly processingInstructions?: 'refuse' | 'allow';
}

/**
 * Reads UTF-8 bytes as a namespace-aware tree. No DTD, no entity but the five of XML, no fetch;
 * depth is at most 256 and a text node at most 10 MB (limits of libxml2).
 * The caller disposes the document.
 *
 * @throws XmlRefused
 */
export function parseXml(bytes: Uint8Array, rules: ParseRules = {}): XmlDocument {
  checkEncoding(bytes);
  checkProlog(bytes);
  const document = read(bytes);
  const escaped = lineOfNamespace('escaped', document, bytes);
  if (escaped !== undefined) {
    document.dispose();
    throw new XmlRefused('malformed', escaped, 'a namespace name that canonical XML must escape');
  }
  const relative = lineOfNamespace('relative', document, bytes);
  if (relative !== undefined) withoutForm.set(document, relative);
  if (rules.processingInstructions !== 'allow' && holds(bytes, '<?', declarationLength(bytes))) {
    const found = document.get('//processing-instruction() | /processing-instruction()');
    if (found !== null) {
      const line = found.line;
      document.dispose();
      throw new XmlRefused('processing-instruction', line, 'a processing instruction');
    }
  }
  return document;
}

// Documents that can be read and have no canonical form, with the line that is to blame.
const withoutForm = new WeakMap<XmlDocument, number>();

/**
 * @throws XmlRefused where the document has no canonical form: a namespace that is a relative reference
 *   stands somewhere in it (Canonical XML 1.0 §1.3)
 */
export function checkCanonicalForm(document: XmlDocument): void {
  const line = withoutForm.get(document);
  if (line !== undefined) throw new XmlRefused('malformed', line, 'it has no canonical form');
}

/** Runs `use` on the document and disposes it, whatever happens. */
export function withXml<T>(
  bytes: Uint8Array,
  use: (document: XmlDocument) => T,
  rules: ParseRules = {},
): T {
  const document = parseXml(bytes, rules);
  try {
    return use(document);
  } finally {
    document.dispose();
  }
}

function read(bytes: Uint8Array): XmlDocument {
  try {
    return XmlDocument.fromBuffer(bytes, {
      option:
        ParseOption.XML_PARSE_NO_XXE |
        ParseOption.XML_PARSE_BIG_LINES |
        ParseOption.XML_PARSE_COMPACT,
      encoding: 'utf-8',
    });
  } catch (error) {
    if (!(error instanceof XmlParseError)) throw error;
    const detail = error.details.find((entry) => entry.level >= 2);
    const message = detail?.message.trim() ?? 'not XML';
    const deep = /depth/i.test(message);
    throw new XmlRefused(deep ? 'depth' : 'malformed', detail?.line ?? 0, message);
  }
}

const decoder = new TextDecoder('latin1');

/** XML 1.0 §4.3.3: only UTF-8 is exchanged; a byte order mark or another encoding is refused. */
function checkEncoding(bytes: Uint8Array): void {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) {
    throw new XmlRefused('encoding', 1, 'a byte order mark stands before the document');
  }
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || a === 0 || b === 0) {
    throw new XmlRefused('encoding', 1, 'the document is not UTF-8');
  }
  const head = decoder.decode(bytes.subarray(0, 200));
  const declared = /^<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']/.exec(head)?.[1];
  if (declared !== undefined && declared.toLowerCase() !== 'utf-8') {
    throw new XmlRefused('encoding', 1, 'the document declares an encoding other than UTF-8');
  }
}

/** Walks the prolog (XML 1.0 §2.8) up to the root element, so that a DTD is never parsed. */
function checkProlog(bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (;;) {
    at = text.indexOf('<', at);
    if (at < 0) return;
    const next = text[at + 1];
    if (next === 0x3f) {
      at = text.indexOf('?>', at + 2);
    } else if (next === 0x21) {
      if (text.toString('latin1', at + 2, at + 4) !== '--') {
        throw new XmlRefused('doctype', lineAt(text, at), 'a document type declaration');
      }
      at = text.indexOf('-->', at + 4);
    } else return;
    if (at < 0) return;
    at += 2;
  }
}

/** Length of the opening of an XML declaration, which looks like an instruction and is none. */
function declarationLength(bytes: Uint8Array): number {
  return /^<\?xml[ \t\r\n]/.test(decoder.decode(bytes.subarray(0, 6))) ? 5 : 0;
}

function holds(bytes: Uint8Array, what: string, from: number): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(what, from) >= 0;
}

function lineAt(text: Buffer, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i += 1) if (text[i] === 0x0a) line += 1;
  return line;
}
