import { occurs } from './counts.ts';
import { type AdmissionFinding, found } from './findings.ts';
import type { SchemaModel } from './model.ts';
import type { AdmissionRule } from './table.ts';
import { allReferred, everyNode, referred, type SchemaNode } from './tree.ts';

/** Elements of one content model, with groups written out in their places. */
const sizeMax = 20_000;
/** Of types derived from each other, and of groups in groups. */
const depthMax = 50;
/** Of repeats that stand in each other, multiplied. */
const productMax = 1_000_000;

/** Definitions that go in circles, or grow when they are written out. */
export function shapeFindings(model: SchemaModel): AdmissionFinding[] {
  const chains = [
    ...chainFindings(model.groups, groupsIn(model), 'group-circular'),
    ...chainFindings(model.attributeGroups, attributeGroupsIn(model), 'group-circular'),
    ...chainFindings(model.types, typesUnder(model), 'type-circular'),
  ];
  // What goes in circles or too deep has no size.
  return chains.length > 0 ? chains : sizeFindings(model);
}

type Next = (node: SchemaNode) => SchemaNode[];

function groupsIn({ groups }: SchemaModel): Next {
  return (node) => references(node, 'group', groups);
}

function attributeGroupsIn({ attributeGroups }: SchemaModel): Next {
  return (node) => references(node, 'attributeGroup', attributeGroups);
}

/** Inside an element declared on the spot another model begins: a group may stand in it again. */
function references(
  node: SchemaNode,
  name: string,
  among: ReadonlyMap<string, SchemaNode>,
): SchemaNode[] {
  return node.children.flatMap((child) => {
    if (child.name === 'element') return [];
    const target = child.name === name ? among.get(referred(child, 'ref') ?? '') : undefined;
    return target === undefined ? references(child, name, among) : [target];
  });
}

function typesUnder({ types }: SchemaModel): Next {
  return (node) =>
    node.children
      .flatMap((child) => [child, ...child.children])
      .flatMap((child) =>
        ['base', 'itemType', 'memberTypes'].flatMap((at) => allReferred(child, at)),
      )
      .flatMap((name) => types.get(name) ?? []);
}

/** Chains that come back to where they began, or are too long; each told once. */
function chainFindings(
  named: ReadonlyMap<string, SchemaNode>,
  next: Next,
  circular: AdmissionRule,
): AdmissionFinding[] {
  const depths = new Map<SchemaNode, number>();
  const findings: AdmissionFinding[] = [];
  const tell = (rule: AdmissionRule, node: SchemaNode) =>
    findings.push(found(rule, node.home.file, node.line, node.attributes.get('name') ?? ''));
  const depthOf = (node: SchemaNode, above: ReadonlySet<SchemaNode>): number => {
    const known = depths.get(node);
    if (known !== undefined) return known;
    if (above.has(node)) {
      tell(circular, node);
      return 0;
    }
    // Past the bound the walk ends, so that it needs no more stack than that.
    const inner = new Set([...above, node]);
    const below =
      above.size > depthMax ? 0 : Math.max(0, ...next(node).map((each) => depthOf(each, inner)));
    depths.set(node, below + 1);
    if (below === depthMax) tell('type-depth', node);
    return below + 1;
  };
  for (const node of named.values()) depthOf(node, new Set());
  return findings;
}

/** A node's measure out of its own and those of its parts; each node is measured once. */
function measure(
  model: SchemaModel,
  of: (node: SchemaNode, parts: readonly number[]) => number,
): (node: SchemaNode) => number {
  const known = new Map<SchemaNode, number>();
  const measured = (node: SchemaNode): number => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const value = of(node, partsOf(model, node).map(measured));
    known.set(node, value);
    return value;
  };
  return measured;
}

function sizeFindings(model: SchemaModel): AdmissionFinding[] {
  const sizeOf = measure(model, ({ name }, parts) => {
    const own = name === 'element' || name === 'any' ? 1 : 0;
    return parts.reduce((sum, part) => sum + part, own);
  });
  const repeatsOf = measure(model, (node, parts) => times(node) * Math.max(1, ...parts));
  const findings: AdmissionFinding[] = [];
  const tell = (rule: AdmissionRule, { home, line }: SchemaNode, detail: string | number) =>
    findings.push(found(rule, home.file, line, detail));
  for (const schema of model.schemas) {
    for (const node of everyNode(schema)) {
      if (node.name === 'complexType' && sizeOf(node) > sizeMax) {
        tell('model-size', node, sizeOf(node));
      }
      const inside = repeatsOf(node) / times(node);
      // Told where the product goes over, and not again for all that is around it.
      if (times(node) > 1 && inside > 1 && inside <= productMax && repeatsOf(node) > productMax) {
        tell('occurs-product', node, `${times(node)} × ${inside}`);
      }
    }
  }
  return findings;
}

const particles = new Set(['sequence', 'choice', 'all', 'group', 'element', 'any']);

function times(node: SchemaNode): number {
  return particles.has(node.name) ? occurs(node) : 1;
}

/** What the content model of a node takes in: its parts, the group it names, the type it extends. */
function partsOf({ groups, types }: SchemaModel, node: SchemaNode): SchemaNode[] {
  // The content of an element is another model.
  if (node.name === 'element' || node.name === 'any' || node.name === 'schema') return [];
  const group = node.name === 'group' ? groups.get(referred(node, 'ref') ?? '') : undefined;
  const base = node.name === 'extension' ? types.get(referred(node, 'base') ?? '') : undefined;
  return [...node.children, ...[group, base].filter((part) => part !== undefined)];
}
