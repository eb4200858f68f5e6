import { type Components, expanded, type XsdNode } from '../xsd-components.ts';
import { builtinModel, type SimpleModel, simpleNamed, simpleOf } from './simple.ts';
import { intersection, type Wildcard, wildcardOf } from './wildcard.ts';

export interface AttributeModel {
  /** Expanded. */
  readonly name: string;
  readonly local: string;
  readonly namespace: string;
  /** The declaration. */
  readonly node: XsdNode;
  readonly required: boolean;
  readonly default: string | undefined;
  readonly fixed: string | undefined;
  readonly type: SimpleModel;
  readonly documentation: string;
}

export interface AttributeTable {
  readonly attributes: ReadonlyMap<string, AttributeModel>;
  readonly prohibited: readonly string[];
  readonly anyAttribute: Wildcard | undefined;
}

/** The attributes that stand in a type, in its groups too. */
export function attributesOf(node: XsdNode, components: Components): AttributeTable {
  const attributes = new Map<string, AttributeModel>();
  const prohibited: string[] = [];
  let anyAttribute: Wildcard | undefined;
  const meet = (wildcard: Wildcard | undefined) => {
    if (wildcard === undefined) return;
    anyAttribute = anyAttribute === undefined ? wildcard : intersection(anyAttribute, wildcard);
  };
  for (const each of node.children) {
    if (each.kind === 'anyAttribute') meet(wildcardOf(each, components.renamed));
    if (each.kind === 'attributeGroup') {
      const group = components.find('attributeGroup', each.refers['ref']?.[0] ?? '');
      const inner = group && attributesOf(group, components);
      for (const [name, attribute] of inner?.attributes ?? []) attributes.set(name, attribute);
      meet(inner?.anyAttribute);
    }
    if (each.kind === 'attribute') {
      const attribute = attributeOf(each, components);
      if (each.attributes['use'] === 'prohibited') prohibited.push(attribute.name);
      else attributes.set(attribute.name, attribute);
    }
  }
  return { attributes, prohibited, anyAttribute };
}

/** @param node an xs:attribute, global or of a type */
export function attributeOf(node: XsdNode, components: Components): AttributeModel {
  const [ref] = node.refers['ref'] ?? [];
  const declared = ref === undefined ? node : (components.find('attribute', ref) ?? node);
  const { use, form } = node.attributes;
  const isGlobal = declared !== node || components.find('attribute', nameIn(node)) === node;
  const qualified =
    isGlobal || (form === undefined ? node.file.attributesQualified : form === 'qualified');
  const name = ref ?? (qualified ? nameIn(node) : expanded('', node.attributes['name'] ?? ''));
  const [namespace = '', local = ''] = name.slice(1).split('}');
  return {
    name,
    local,
    namespace,
    node: declared,
    required: use === 'required',
    default: node.attributes['default'] ?? declared.attributes['default'],
    fixed: node.attributes['fixed'] ?? declared.attributes['fixed'],
    type: typeOf(declared, components),
    documentation: node.documentation || declared.documentation,
  };
}

function nameIn(node: XsdNode): string {
  return expanded(node.file.target, node.attributes['name'] ?? '');
}

function typeOf(node: XsdNode, components: Components): SimpleModel {
  const inline = node.children.find(({ kind }) => kind === 'simpleType');
  if (inline !== undefined) return simpleOf(inline, components);
  const [named] = node.refers['type'] ?? [];
  return named === undefined ? builtinModel('anySimpleType') : simpleNamed(named, components);
}
