import { XmlRefused } from '../xml/document.ts';
import { type AttributeShapes, type ElementShape, type TypeShape, xsiName } from './json-shape.ts';
import {
  type Attribute,
  canonicalText,
  NameRefused,
  type NewElement,
  type RawElement,
  readOrdered,
  writeOrdered,
  xmlNamespace,
} from './ordered-xml.ts';
import { Unmapped } from './unmapped.ts';

/** More than libxml2 lets be nested could not be read again. */
const depthMax = 250;

/**
 * The document that JSON of this shape says: in the order and the namespaces of the schema. It may
 * still break the schema in its values and in what is missing.
 *
 * @throws Unmapped
 */
export function xmlOfJson(text: string, shape: ElementShape): Buffer {
  const whole = parse(text);
  const { local } = shape.name;
  const path = `/${local}`;
  if (!isObject(whole) || Object.keys(whole).join() !== local) {
    throw new Unmapped('/', `an object with the one member ${local} is expected`);
  }
  try {
    const root = elementOf(whole[local], shape, path, 1);
    return 'xml' in root ? Buffer.from(canonicalText(Buffer.from(root.xml))) : writeOrdered(root);
  } catch (error) {
    if (error instanceof XmlRefused) throw new Unmapped(path, 'a value is not what XML can hold');
    if (error instanceof NameRefused) throw new Unmapped(path, error.message);
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unmapped('/', 'it is not JSON');
  }
}

function elementOf(
  value: unknown,
  shape: ElementShape,
  path: string,
  depth: number,
): NewElement | RawElement {
  if (depth > depthMax) throw new Unmapped(path, `nested deeper than ${depthMax}`);
  const { name } = shape;
  if (isObject(value) && Object.hasOwn(value, '#xml')) return rawOf(value, shape, path);
  const type = shape.type();
  if (type.kind === 'raw') throw new Unmapped(path, 'the XML of the element is expected in #xml');
  const object = isObject(value) ? value : { '#text': value };
  if (!isObject(value) && type.kind === 'children' && value !== null) {
    throw new Unmapped(path, 'an object is expected');
  }
  const nil = object['#text'] === null;
  if (nil && !shape.nillable) throw new Unmapped(path, 'null where the schema is not nillable');
  const attributes = attributesOf(object, type.attributes, path);
  const nilled = nil ? [{ name: xsiName('nil'), value: 'true' }] : [];
  const content = nil ? nothingBeside(object, path) : contentOf(object, type, path, depth);
  return { name, attributes: [...nilled, ...attributes], content };
}

function nothingBeside(object: Members, path: string): [] {
  const other = Object.keys(object).find((key) => key !== '#text' && !key.startsWith('@'));
  if (other !== undefined) throw new Unmapped(path, 'null and members');
  return [];
}

function contentOf(
  object: Members,
  type: Exclude<TypeShape, { kind: 'raw' }>,
  path: string,
  depth: number,
): NewElement['content'] {
  const members = Object.keys(object).filter((key) => !key.startsWith('@'));
  if (type.kind === 'text') {
    const other = members.find((key) => key !== '#text');
    if (other !== undefined) throw new Unmapped(memberPath(path, other), 'the schema has text');
    return Object.hasOwn(object, '#text') ? [stringOf(object['#text'], path)] : [];
  }
  for (const key of members) {
    if (!type.children.has(key)) {
      throw new Unmapped(memberPath(path, key), 'the schema has no such element');
    }
  }
  const inOrder = type.inOrder ? [...type.children.keys()] : members;
  return inOrder
    .filter((key) => Object.hasOwn(object, key))
    .flatMap((key) => {
      const shape = type.children.get(key);
      return shape === undefined ? [] : occurrences(object[key], shape, `${path}/${key}`, depth);
    });
}

function occurrences(
  value: unknown,
  shape: ElementShape,
  path: string,
  depth: number,
): (NewElement | RawElement)[] {
  if (shape.repeated !== Array.isArray(value)) {
    throw new Unmapped(path, shape.repeated ? 'an array is expected' : 'no array is expected');
  }
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.map((each) => elementOf(each, shape, path, depth + 1));
}

function attributesOf(object: Members, shapes: AttributeShapes, path: string): Attribute[] {
  return Object.entries(object)
    .filter(([key]) => key.startsWith('@'))
    .map(([key, value]) => {
      const name = attributeName(key, shapes);
      const at = memberPath(path, key);
      if (name === undefined) throw new Unmapped(at, 'the schema has no such attribute');
      return { name, value: stringOf(value, at) };
    });
}

function attributeName(key: string, shapes: AttributeShapes): Attribute['name'] | undefined {
  const xsi = /^@xsi:(nil|schemaLocation|noNamespaceSchemaLocation)$/.exec(key)?.[1];
  if (xsi !== undefined) return xsiName(xsi);
  const xml = /^@xml:(lang|space|base|id)$/.exec(key)?.[1];
  return xml === undefined ? shapes.get(key) : { namespace: xmlNamespace, local: xml };
}

function rawOf(object: Members, { name }: ElementShape, path: string): RawElement {
  const xml = stringOf(object['#xml'], path);
  if (Object.keys(object).length > 1) throw new Unmapped(path, 'members beside #xml');
  const { name: given } = readOrdered(Buffer.from(xml));
  if (given.local !== name.local || given.namespace !== name.namespace) {
    throw new Unmapped(path, 'another element stands in #xml');
  }
  return { xml };
}

/** No number is guessed: 007 and 1.50 are other values than 7 and 1.5. */
function stringOf(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new Unmapped(path, 'a string is expected');
  if (/\p{Surrogate}/u.test(value)) throw new Unmapped(path, 'half of a surrogate pair');
  return value;
}

/** A name that cannot be one of XML may be anything, a value too. */
function memberPath(path: string, key: string): string {
  return `${path}/${/^@?[\p{L}_#][\p{L}\p{N}_.:-]{0,99}$/u.test(key) ? key : '?'}`;
}

type Members = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
