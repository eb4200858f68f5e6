import { XmlRefused } from '../xml/document.ts';
import type { QName } from '../xml/navigate.ts';
import { type AttributeShapes, type ElementShape, isNil, xsiName } from './json-shape.ts';
import {
  type Attribute,
  NameRefused,
  type ReadElement,
  readOrdered,
  xmlNamespace,
  xsiNamespace,
} from './ordered-xml.ts';
import { Unmapped } from './unmapped.ts';

/** Every value stays the string that it is in XML. */
type Json = string | null | readonly Json[] | { readonly [key: string]: Json };
type Entry = readonly [key: string, value: Json];

/**
 * A document as JSON: an object with one member, named as the root.
 *
 * @throws Unmapped where the document is not what the shape says
 */
export function jsonOfXml(bytes: Uint8Array, shape: ElementShape): string {
  try {
    const root = readOrdered(bytes);
    const path = `/${root.name.local}`;
    if (!isSame(root.name, shape.name)) throw new Unmapped(path, 'another root is expected');
    return JSON.stringify(Object.fromEntries([[shape.name.local, jsonFor(root, shape, path)]]));
  } catch (error) {
    if (error instanceof NameRefused || error instanceof XmlRefused) {
      throw new Unmapped('/', error.message);
    }
    throw error;
  }
}

function jsonFor(element: ReadElement, shape: ElementShape, path: string): Json {
  const type = shape.type();
  const typed = element.attributes.some(({ name }) => isSame(name, xsiName('type')));
  if (type.kind === 'raw' || typed) return { '#xml': element.outer() };
  const entries = attributeEntries(element.attributes, type.attributes, path);
  if (element.attributes.some(isNil)) {
    if (element.content.length > 0) throw new Unmapped(path, 'xsi:nil and content');
    return entries.length === 0 ? null : objectOf([...entries, ['#text', null]]);
  }
  if (type.kind === 'text') {
    const text = element.content.map((each) => {
      if (typeof each === 'string') return each;
      throw new Unmapped(`${path}/${each.name.local}`, 'the schema has text here');
    });
    const plain = type.attributes.size === 0 && entries.length === 0;
    return plain ? text.join('') : objectOf([...entries, ['#text', text.join('')]]);
  }
  return objectOf([...entries, ...childEntries(element, type.children, path)]);
}

function attributeEntries(
  attributes: readonly Attribute[],
  shapes: AttributeShapes,
  path: string,
): Entry[] {
  return attributes
    .filter((attribute) => !isNil(attribute))
    .map(({ name, value }) => {
      if (name.namespace === xsiNamespace) return [`@xsi:${name.local}`, value];
      if (name.namespace === xmlNamespace) return [`@xml:${name.local}`, value];
      const declared = shapes.get(`@${name.local}`);
      if (declared === undefined || !isSame(declared, name)) {
        throw new Unmapped(`${path}/@${name.local}`, 'the schema has no such attribute');
      }
      return [`@${name.local}`, value];
    });
}

function childEntries(
  element: ReadElement,
  shapes: ReadonlyMap<string, ElementShape>,
  path: string,
): Entry[] {
  const found = new Map<string, Json[]>();
  for (const each of element.content) {
    if (typeof each === 'string') {
      if (/[^ \t\r\n]/.test(each)) throw new Unmapped(path, 'text between elements');
      continue;
    }
    const { local } = each.name;
    const inner = `${path}/${local}`;
    const shape = shapes.get(local);
    if (shape === undefined || !isSame(shape.name, each.name)) {
      throw new Unmapped(inner, 'the schema has no such element');
    }
    const values = found.get(local) ?? [];
    if (!shape.repeated && values.length > 0) throw new Unmapped(inner, 'more than one');
    values.push(jsonFor(each, shape, inner));
    found.set(local, values);
  }
  return [...found].map(([local, values]) => [
    local,
    shapes.get(local)?.repeated === true ? values : (values[0] ?? null),
  ]);
}

/** Defines members, whatever their names, `__proto__` too. */
function objectOf(entries: readonly Entry[]): Json {
  return Object.fromEntries(entries);
}

function isSame(one: QName, other: QName): boolean {
  return one.local === other.local && one.namespace === other.namespace;
}
