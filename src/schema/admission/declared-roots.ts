import { smevNamespaces, soap12Namespace, soapNamespace } from '../../smev/namespaces.ts';
import { xsdNamespace } from '../set.ts';
import { type AdmissionFinding, found } from './findings.ts';
import type { SchemaModel } from './model.ts';
import { anyType, keyOf, referred, type SchemaNode } from './tree.ts';

/** The root elements that an application names. */
export interface DeclaredRoots {
  /** Undefined: whatever namespace declares both. */
  readonly namespace?: string;
  readonly requestRoot: string;
  readonly responseRoot: string;
}

/** Namespaces of the envelope begin so, in every version. */
const envelope = smevNamespaces['1.1'].service.slice(0, -'/1.1'.length);

const reserved = [
  soapNamespace,
  soap12Namespace,
  xsdNamespace,
  'http://www.w3.org/2001/XMLSchema-instance',
  'http://www.w3.org/2000/xmlns/',
];

/** Schemas that take a namespace which is not a partner's to take. */
export function namespaceFindings(schemas: Iterable<SchemaNode>): AdmissionFinding[] {
  return [...schemas]
    .filter(({ home }) => isReserved(home.namespace))
    .map(({ home, line }) => found('namespace-reserved', home.file, line, home.namespace));
}

function isReserved(namespace: string): boolean {
  return (
    reserved.includes(namespace) || namespace === envelope || namespace.startsWith(`${envelope}/`)
  );
}

/**
 * The file from which both roots are reached: one that declares them before one that includes what does.
 *
 * @param modelFrom the schemas that a file reaches
 * @returns or why there is none that may be the main one
 */
export function mainFile(
  schemas: readonly SchemaNode[],
  roots: DeclaredRoots,
  modelFrom: (main: SchemaNode) => SchemaModel,
): { readonly main: SchemaNode } | { readonly findings: readonly AdmissionFinding[] } {
  const requesting = schemas.filter((schema) => declares(schema, roots.requestRoot));
  const responding = schemas.filter((schema) => declares(schema, roots.responseRoot));
  const absent = (local: string) => found('root-absent', '', 0, local);
  const findings = [
    ...(requesting.length === 0 ? [absent(roots.requestRoot)] : []),
    ...(responding.length === 0 && roots.responseRoot !== roots.requestRoot
      ? [absent(roots.responseRoot)]
      : []),
  ];
  if (findings.length > 0) return { findings };
  const wanted = schemas.filter(
    ({ home: { namespace } }) => namespace === (roots.namespace ?? namespace),
  );
  // A file without a namespace is mostly one to be included by another.
  const inNamespace = wanted.toSorted((a, b) => Number(isBare(a)) - Number(isBare(b)));
  const [both, one] = [requesting.filter((each) => responding.includes(each)), requesting];
  const ordered = new Set(
    [both, one, schemas].flatMap((some) => inNamespace.filter((each) => some.includes(each))),
  );
  const whole = [...ordered].find((main) => hasRoots(modelFrom(main), main, roots));
  const main = whole ?? [...ordered].find((each) => isApart(each, requesting, responding));
  return main === undefined ? { findings: [misplaced(requesting, responding)] } : { main };
}

function isBare({ home }: SchemaNode): boolean {
  return home.namespace === '';
}

function hasRoots({ elements }: SchemaModel, { home }: SchemaNode, roots: DeclaredRoots): boolean {
  const has = (local: string) => elements.has(keyOf(home.namespace, local));
  return has(roots.requestRoot) && has(roots.responseRoot);
}

/** The response's root is there, in the same namespace or in a file without one, and nothing leads to it. */
function isApart(
  schema: SchemaNode,
  requesting: readonly SchemaNode[],
  responding: readonly SchemaNode[],
): boolean {
  const same = ({ home }: SchemaNode) => home.chameleon || home.namespace === schema.home.namespace;
  return requesting.includes(schema) && responding.some(same);
}

function misplaced(
  requesting: readonly SchemaNode[],
  responding: readonly SchemaNode[],
): AdmissionFinding {
  const namespaces = new Set([...requesting, ...responding].map(({ home }) => home.namespace));
  const { home, line } = requesting[0] ?? { home: { file: '', namespace: '' }, line: 0 };
  return found('root-namespace', home.file, line, [...namespaces].join(', '));
}

function declares(schema: SchemaNode, local: string): boolean {
  return schema.children.some(
    ({ name, attributes }) => name === 'element' && attributes.get('name') === local,
  );
}

/** What is wrong with the roots as elements to send, and whether each can be signed by its Id. */
export function rootFindings(
  model: SchemaModel,
  main: SchemaNode,
  roots: DeclaredRoots,
): { readonly wrong: readonly AdmissionFinding[]; readonly unsigned: readonly AdmissionFinding[] } {
  const wrong: AdmissionFinding[] = [];
  const unsigned: AdmissionFinding[] = [];
  for (const local of new Set([roots.requestRoot, roots.responseRoot])) {
    const key = keyOf(main.home.namespace, local);
    const element = model.elements.get(key);
    if (element === undefined) {
      wrong.push(found('root-apart', main.home.file, main.line, local));
      continue;
    }
    const about = [element.home.file, element.line, local] as const;
    if (isAbstract(model, element, key)) wrong.push(found('root-abstract', ...about));
    else if (isAnything(model, element)) wrong.push(found('root-any', ...about));
    else if (!hasId(model, element)) unsigned.push(found('root-id', ...about));
  }
  return { wrong, unsigned };
}

/** The type definition of an element: in it, named, or a name of what is no type of these schemas. */
function typeOf({ types, elements }: SchemaModel, element: SchemaNode): SchemaNode | string {
  const inner = element.children.find(({ name }) => /^(complex|simple)Type$/.test(name));
  if (inner !== undefined) return inner;
  const name = referred(element, 'type');
  if (name !== undefined) return types.get(name) ?? name;
  const head = elements.get(referred(element, 'substitutionGroup') ?? '');
  const named = head && referred(head, 'type');
  return named === undefined ? anyType : (types.get(named) ?? named);
}

function isAbstract(model: SchemaModel, element: SchemaNode, key: string): boolean {
  const type = typeOf(model, element);
  const substitutes = [...model.elements.values()].some(
    (other) => referred(other, 'substitutionGroup') === key && !saysAbstract(other),
  );
  if (saysAbstract(element)) return !substitutes;
  if (typeof type === 'string' || !saysAbstract(type)) return false;
  const name = keyOf(type.home.namespace, type.attributes.get('name') ?? '');
  return ![...model.types.values()].some((other) => bases(other).includes(name));
}

function saysAbstract({ attributes }: SchemaNode): boolean {
  return ['true', '1'].includes(attributes.get('abstract')?.trim() ?? '');
}

function derivations(type: SchemaNode): SchemaNode[] {
  return type.children
    .flatMap((child) => [child, ...child.children])
    .filter(({ name }) => name === 'extension' || name === 'restriction');
}

function bases(type: SchemaNode): (string | undefined)[] {
  return derivations(type).map((derivation) => referred(derivation, 'base'));
}

function isAnything(model: SchemaModel, element: SchemaNode): boolean {
  const type = typeOf(model, element);
  if (typeof type === 'string') return type === anyType;
  const particles = new Set(particlesOf(model, type, new Set()));
  return particles.has('any') && !particles.has('element');
}

/** Kinds of the particles that a type's content is made of. */
function particlesOf(
  model: SchemaModel,
  node: SchemaNode,
  seen: Set<SchemaNode>,
): ('element' | 'any')[] {
  if (seen.has(node)) return [];
  seen.add(node);
  if (node.name === 'element') return ['element'];
  if (node.name === 'any') return [isOpen(node) ? 'any' : 'element'];
  const base = node.name === 'extension' ? referred(node, 'base') : undefined;
  const group = node.name === 'group' ? referred(node, 'ref') : undefined;
  const named = [model.types.get(base ?? ''), model.groups.get(group ?? '')];
  const parts = [...node.children, ...named].filter((part) => part !== undefined);
  const inner = parts.flatMap((part) => particlesOf(model, part, seen));
  return base === anyType ? ['any', ...inner] : inner;
}

/** A wildcard that names its namespaces is as good as the elements that these declare. */
function isOpen(wildcard: SchemaNode): boolean {
  const namespaces = (wildcard.attributes.get('namespace') ?? '##any').trim();
  return namespaces === '##any' || namespaces === '##other';
}

const idType = keyOf(xsdNamespace, 'ID');

/** Whether the element has the attribute Id of xs:ID, in its type, an attribute group, or a base. */
function hasId(model: SchemaModel, element: SchemaNode): boolean {
  const type = typeOf(model, element);
  if (typeof type === 'string') return false;
  const seen = new Set<SchemaNode>();
  const waiting = [type];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node) || node.name === 'element') continue;
    seen.add(node);
    if (node.name === 'attribute' && isId(model, node)) return true;
    const group = model.attributeGroups.get(referred(node, 'ref') ?? '');
    const base = model.types.get(referred(node, 'base') ?? '');
    waiting.push(...node.children, ...[group, base].filter((part) => part !== undefined));
  }
  return false;
}

function isId({ types }: SchemaModel, attribute: SchemaNode): boolean {
  if (
    attribute.attributes.get('name') !== 'Id' ||
    attribute.attributes.get('use') === 'prohibited'
  ) {
    return false;
  }
  const named = referred(attribute, 'type');
  const seen = new Set<SchemaNode>();
  let type = types.get(named ?? '') ?? attribute.children[0];
  let name = named;
  while (type !== undefined && !seen.has(type)) {
    seen.add(type);
    [name] = bases(type);
    type = types.get(name ?? '');
  }
  return name === idType;
}
