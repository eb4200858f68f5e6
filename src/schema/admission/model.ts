import { keyOf, type SchemaNode } from './tree.ts';

/** The schemas of a package that belong together, with what they declare at their tops. */
export interface SchemaModel {
  /** Roots of the files, each xs:schema. */
  readonly schemas: readonly SchemaNode[];
  readonly elements: ReadonlyMap<string, SchemaNode>;
  /** Simple and complex. */
  readonly types: ReadonlyMap<string, SchemaNode>;
  readonly groups: ReadonlyMap<string, SchemaNode>;
  readonly attributeGroups: ReadonlyMap<string, SchemaNode>;
}

/** Of two declarations of one name the first counts; the compiler refuses the second. */
export function modelOf(schemas: readonly SchemaNode[]): SchemaModel {
  const elements = new Map<string, SchemaNode>();
  const types = new Map<string, SchemaNode>();
  const groups = new Map<string, SchemaNode>();
  const attributeGroups = new Map<string, SchemaNode>();
  const maps: Readonly<Record<string, Map<string, SchemaNode>>> = {
    element: elements,
    complexType: types,
    simpleType: types,
    group: groups,
    attributeGroup: attributeGroups,
  };
  for (const schema of schemas) {
    for (const node of schema.children) {
      const map = maps[node.name];
      const key = keyOf(schema.home.namespace, node.attributes.get('name') ?? '');
      if (map !== undefined && !map.has(key)) map.set(key, node);
    }
  }
  return { schemas, elements, types, groups, attributeGroups };
}
