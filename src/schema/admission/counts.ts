import { type AdmissionFinding, found } from './findings.ts';
import type { SchemaModel } from './model.ts';
import { patternProblem } from './patterns.ts';
import type { AdmissionRule } from './table.ts';
import { everyNode, type SchemaNode } from './tree.ts';

const occursMax = 10_000;
/** Values so short are matched in time, whatever the pattern. */
const shortMax = 20;
const enumerationMax = 10_000;
const componentsMax = 20_000;

/**
 * Numbers and patterns that make work for whoever judges by the schemas. A pattern that is bad for long
 * values is worth a warning where the length next to it keeps them short: published schemas have such.
 */
export function countFindings({ schemas }: SchemaModel): {
  readonly wrong: readonly AdmissionFinding[];
  readonly bearable: readonly AdmissionFinding[];
} {
  const wrong: AdmissionFinding[] = [];
  const bearable: AdmissionFinding[] = [];
  const problemOf = remembering(patternProblem);
  const declared = schemas.reduce((sum, { children }) => sum + children.length, 0);
  for (const schema of schemas) {
    if (declared > componentsMax) {
      wrong.push(found('components', schema.home.file, schema.line, declared));
    }
    for (const node of everyNode(schema)) {
      wrong.push(...occursFindings(node), ...enumerationFindings(node));
      for (const pattern of node.children.filter(({ name }) => name === 'pattern')) {
        const value = pattern.attributes.get('value') ?? '';
        const problem = problemOf(value);
        if (problem === undefined) continue;
        const told = isShort(node) && growing.has(problem) ? bearable : wrong;
        told.push(found(problem, ...at(pattern), value));
      }
    }
  }
  return { wrong, bearable };
}

/** Those whose time grows with the value. */
const growing = new Set<AdmissionRule>(['pattern-exponential', 'pattern-polynomial']);

function isShort(restriction: SchemaNode): boolean {
  return restriction.children.some(
    ({ name, attributes }) =>
      (name === 'maxLength' || name === 'length') && Number(attributes.get('value')) <= shortMax,
  );
}

function remembering<T>(judge: (text: string) => T): (text: string) => T {
  const judged = new Map<string, T>();
  return (text) => {
    const known = judged.get(text);
    if (known !== undefined || judged.has(text)) return known as T;
    const fresh = judge(text);
    judged.set(text, fresh);
    return fresh;
  };
}

function at(node: SchemaNode): [file: string, line: number] {
  return [node.home.file, node.line];
}

function numberIn(node: SchemaNode, attribute: string): number {
  const value = node.attributes.get(attribute)?.trim() ?? '';
  return /^\+?\d+$/.test(value) ? Number(value) : 1;
}

/** How often a particle may repeat by its finite numbers. */
export function occurs(node: SchemaNode): number {
  return Math.max(1, numberIn(node, 'minOccurs'), numberIn(node, 'maxOccurs'));
}

function occursFindings(node: SchemaNode): AdmissionFinding[] {
  const times = occurs(node);
  return times > occursMax ? [found('occurs-large', ...at(node), times)] : [];
}

function enumerationFindings(node: SchemaNode): AdmissionFinding[] {
  if (node.name !== 'restriction') return [];
  const values = node.children.filter(({ name }) => name === 'enumeration').length;
  return values > enumerationMax ? [found('enumeration', ...at(node), values)] : [];
}
