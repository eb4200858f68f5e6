import { ParseOption, XmlDocument, XmlElement } from './document.ts';
import { documentPointer, libxml2, nodePointer, type Pointer } from './libxml2.ts';

/** What libxml2 said about a schema or a document. */
export interface XsdProblem {
  /** Its error code, xmlParserErrors of libxml/xmlerror.h. */
  readonly code: number;
  /** 1 a warning, 2 and above an error. */
  readonly level: number;
  /** It may quote values of the document. */
  readonly message: string;
  /** 1-based; 0 where unknown. */
  readonly line: number;
  /** Name of the schema file, for problems of a schema. */
  readonly file: string | undefined;
  /** The element at which it stands, for problems of a document. */
  readonly element: XmlElement | undefined;
}

/** A schema that libxml2 refused. */
export class XsdRefused extends Error {
  override readonly name = 'XsdRefused';
  readonly problems: readonly XsdProblem[];
  constructor(problems: readonly XsdProblem[]) {
    super(problems[0]?.message ?? 'the schema does not compile');
    this.problems = problems;
  }
}

// libxml2 asks for imported schemas by name. It is answered from the set that is being compiled and
// from nowhere else: the WebAssembly build has no disk and no network of its own.
const scheme = 'xsd-set:/';
let files: ReadonlyMap<string, Uint8Array> = new Map();
const opened = new Map<number, { readonly bytes: Uint8Array; at: number }>();
let lastHandle = 0;

function fileOf(url: string): Uint8Array | undefined {
  return url.startsWith(scheme) ? files.get(nameOf(url)) : undefined;
}

function nameOf(url: string): string {
  const name = url.startsWith(scheme) ? url.slice(scheme.length) : url;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

libxml2.xmlRegisterInputProvider({
  match: (url) => fileOf(url) !== undefined,
  open: (url) => {
    const bytes = fileOf(url);
    if (bytes === undefined) return undefined;
    lastHandle += 1;
    opened.set(lastHandle, { bytes, at: 0 });
    return lastHandle;
  },
  read: (handle, into) => {
    const file = opened.get(handle);
    if (file === undefined) return -1;
    const chunk = file.bytes.subarray(file.at, file.at + into.byteLength);
    into.set(chunk);
    file.at += chunk.byteLength;
    return chunk.byteLength;
  },
  close: (handle) => opened.delete(handle),
});

// All calls into libxml2 are synchronous, so one list of problems is enough.
let problems: XsdProblem[] = [];
let atMost = 0;
let counts: (problem: XsdProblem) => boolean = () => true;
let ignored = false;

const collect = libxml2.addFunction((_data = 0, error = 0) => {
  if (problems.length >= atMost) return 0;
  const { XmlErrorStruct } = libxml2;
  const file = XmlErrorStruct.file(error);
  const problem: XsdProblem = {
    // xmlError.code lies where a node has its type: the second word.
    code: libxml2.XmlTreeCommonStruct.type(error),
    level: XmlErrorStruct.level(error),
    message: XmlErrorStruct.message(error).trim(),
    line: Math.max(0, XmlErrorStruct.line(error)),
    file: file === null ? undefined : nameOf(file),
    element: elementAt(XmlErrorStruct.node(error)),
  };
  if (counts(problem)) problems.push(problem);
  else ignored = true;
  return 0;
}, 'vii');

const elementNode = 1;
const attributeNode = 2;

function elementAt(node: Pointer): XmlElement | undefined {
  if (node === 0) return undefined;
  const type = libxml2.XmlTreeCommonStruct.type(node);
  const at = type === attributeNode ? libxml2.XmlTreeCommonStruct.parent(node) : node;
  if (type !== attributeNode && type !== elementNode) return undefined;
  return new elementOf(at);
}

// The constructor takes a pointer; the typings leave it out.
const elementOf = XmlElement as unknown as new (node: Pointer) => XmlElement;

/** The code of the one problem that is not libxml2's own: it gave up. */
export const gaveUpCode = -1;

function newContext(schema: Pointer): Pointer {
  const context = libxml2.xmlSchemaNewValidCtxt(schema);
  libxml2.xmlSchemaSetValidStructuredErrors(context, collect, 0);
  return context;
}

/** A compiled schema: memory of libxml2, so dispose it. Not bound to any document. */
export class XsdSchema {
  #main: XmlDocument;
  #schema: Pointer;
  #context: Pointer;

  constructor(main: XmlDocument, schema: Pointer) {
    this.#main = main;
    this.#schema = schema;
    this.#context = newContext(schema);
  }

  /**
   * What is wrong with one element and all below it, up to `limit` problems; none: it is valid.
   *
   * @param counting says of a problem whether it counts; those that do not use up no limit
   */
  validate(
    element: XmlElement,
    limit: number,
    counting: (problem: XsdProblem) => boolean = () => true,
  ): readonly XsdProblem[] {
    if (this.#schema === 0) throw new Error('the schema was disposed');
    counts = counting;
    const { result, found } = gather(limit, () =>
      libxml2.xmlSchemaValidateOneElement(this.#context, nodePointer(element)),
    );
    const failed = result < 0 || (result > 0 && found.length === 0 && !ignored);
    return failed ? [this.#gaveUp(element)] : found;
  }

  /** libxml2 bounds the work on one pattern; a context in which it gave up is not used again. */
  #gaveUp(element: XmlElement): XsdProblem {
    libxml2.xmlSchemaFreeValidCtxt(this.#context);
    this.#context = newContext(this.#schema);
    const message = 'libxml2 gave up: a value takes too much work to check';
    return { code: gaveUpCode, level: 3, message, line: element.line, file: undefined, element };
  }

  dispose(): void {
    if (this.#schema === 0) return;
    libxml2.xmlSchemaFreeValidCtxt(this.#context);
    libxml2.xmlSchemaFree(this.#schema);
    this.#main.dispose();
    this.#schema = 0;
  }
}

function gather<T>(limit: number, work: () => T): { result: T; found: readonly XsdProblem[] } {
  problems = [];
  atMost = limit;
  ignored = false;
  try {
    const result = work();
    return { result, found: problems };
  } finally {
    problems = [];
    atMost = 0;
    counts = () => true;
  }
}

/**
 * Compiles `main` of a set of schema files; imports and includes are looked for in the set alone.
 * Names are relative paths with '/'. An import that is not found is no error to libxml2.
 *
 * @throws XsdRefused
 */
export function compileXsd(main: string, set: ReadonlyMap<string, Uint8Array>): XsdSchema {
  const bytes = set.get(main);
  if (bytes === undefined) throw new Error(`the set has no ${main}`);
  const document = XmlDocument.fromBuffer(bytes, {
    url: scheme + main.split('/').map(encodeURIComponent).join('/'),
    option: ParseOption.XML_PARSE_NO_XXE,
  });
  files = set;
  const context = libxml2.xmlSchemaNewDocParserCtxt(documentPointer(document));
  try {
    libxml2.xmlSchemaSetParserStructuredErrors(context, collect, 0);
    const { result, found } = gather(100, () => libxml2.xmlSchemaParse(context));
    if (result === 0) {
      document.dispose();
      throw new XsdRefused(found);
    }
    return new XsdSchema(document, result);
  } finally {
    libxml2.xmlSchemaFreeParserCtxt(context);
    files = new Map();
  }
}
