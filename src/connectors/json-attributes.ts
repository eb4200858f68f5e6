import { type Components, expanded, type XsdNode } from '../schema/xsd-components.ts';
import type { AttributeShapes } from './json-shape.ts';
import { holdsNames } from './simple-names.ts';

/**
 * The attributes that a type declares; undefined where it takes any, or two have one local name, or the
 * value of one is a name with a prefix: JSON would not tell them.
 */
export function attributesOf(node: XsdNode, components: Components): AttributeShapes | undefined {
  const found = new Map<string, { namespace: string; local: string }>();
  for (const each of node.children) {
    const some = of(each, components);
    if (some === undefined) return undefined;
    for (const [key, name] of some) {
      if (found.has(key)) return undefined;
      found.set(key, name);
    }
  }
  return found;
}

function of(node: XsdNode, components: Components): AttributeShapes | undefined {
  if (node.kind === 'anyAttribute') return undefined;
  if (node.kind === 'attributeGroup') {
    const group = components.find('attributeGroup', node.refers['ref']?.[0] ?? '');
    return group && attributesOf(group, components);
  }
  if (node.kind !== 'attribute') return new Map();
  const [ref] = node.refers['ref'] ?? [];
  if (ref === undefined) {
    const { name = '', form } = node.attributes;
    const qualified = form === undefined ? node.file.attributesQualified : form === 'qualified';
    if (holdsNames(node, components)) return undefined;
    return new Map([[`@${name}`, { namespace: qualified ? node.file.target : '', local: name }]]);
  }
  // Attributes xml:* may stand anywhere and are not looked up.
  if (ref.startsWith(expanded('http://www.w3.org/XML/1998/namespace', ''))) return new Map();
  const named = components.find('attribute', ref);
  if (named === undefined || holdsNames(named, components)) return undefined;
  const { name: local = '' } = named.attributes;
  return new Map([[`@${local}`, { namespace: named.file.target, local }]]);
}
