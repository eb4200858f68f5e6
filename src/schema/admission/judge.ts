import { readPackage, type SchemaPackage } from '../package.ts';
import type { SchemaFile } from '../set.ts';
import { countFindings } from './counts.ts';
import { type DeclaredRoots, mainFile, namespaceFindings, rootFindings } from './declared-roots.ts';
import { type AdmissionFinding, found, PackageRefused } from './findings.ts';
import { type Reached, reach, type Shelf } from './links.ts';
import { modelOf } from './model.ts';
import { shapeFindings } from './shapes.ts';
import { readTree, type SchemaNode } from './tree.ts';

/** A package to be admitted, as plain data that crosses threads. */
export interface PackageOrder {
  readonly package: SchemaPackage;
  readonly roots: DeclaredRoots;
  /** Schemas of the registry, admitted before: what imports find there by their namespace. */
  readonly known?: readonly SchemaFile[];
  /** The message type needs personal signatures (ЭП-СП): a root without Id is an error. */
  readonly personalSignature?: boolean;
}

/** What is to be said of a package; it is admitted where there are no errors. */
export interface Admission {
  readonly errors: readonly AdmissionFinding[];
  readonly warnings: readonly AdmissionFinding[];
  /** Names of the package's files that are no schemas. */
  readonly ignored: readonly string[];
  /** What would judge messages, the main file first: ready to compile. Empty where it is refused. */
  readonly schemas: readonly SchemaFile[];
  /** Target namespace of the roots; '' where it is refused. */
  readonly namespace: string;
}

const findingsMax = 100;

export function refusal(
  errors: readonly AdmissionFinding[],
  ignored: readonly string[] = [],
  warnings: readonly AdmissionFinding[] = [],
): Admission {
  return { errors: errors.slice(0, findingsMax), warnings, ignored, schemas: [], namespace: '' };
}

/** Everything but the compiling; without errors the schemas are ready for that. */
export async function judgePackage(order: PackageOrder): Promise<Admission> {
  const { files, ignored, findings } = await readPackage(order.package);
  if (findings.length > 0) return refusal(findings);
  const bulk = markupFindings(files);
  if (bulk.length > 0) return refusal(bulk, ignored);
  const { own, unread } = shelve(files);
  if (unread.length > 0) return refusal(unread, ignored);
  return judgeRead({ own, known: order.known ?? [] }, order, ignored);
}

/** Of the signs that tags and attributes are written with: each costs memory once it is read. */
const markupMax = [
  [0x3c, 400_000],
  [0x3d, 1_000_000],
] as const;

function markupFindings(files: readonly SchemaFile[]): AdmissionFinding[] {
  for (const [sign, most] of markupMax) {
    let count = 0;
    for (const { name, bytes } of files) {
      for (const octet of bytes) if (octet === sign) count += 1;
      if (count > most) return [found('xml-elements', name, 0, `> ${most}`)];
    }
  }
  return [];
}

function shelve(files: readonly SchemaFile[]) {
  const own = new Map<string, { file: SchemaFile; tree: ReturnType<typeof readTree> }>();
  const unread: AdmissionFinding[] = [];
  for (const file of files) {
    try {
      own.set(file.name, { file, tree: readTree(file) });
    } catch (error) {
      if (!(error instanceof PackageRefused)) throw error;
      unread.push(error.finding);
    }
  }
  return { own, unread };
}

function judgeRead(shelf: Shelf, order: PackageOrder, ignored: readonly string[]): Admission {
  const trees = [...shelf.own.values()].map(({ tree }) => tree);
  const taken = namespaceFindings(trees);
  if (taken.length > 0) return refusal(taken, ignored);
  const walked = new Map<SchemaNode, Reached>();
  const reachFrom = (main: SchemaNode) => {
    const reached = walked.get(main) ?? reach(shelf, main.home.file);
    walked.set(main, reached);
    return reached;
  };
  const chosen = mainFile(trees, order.roots, (main) => modelOf(reachFrom(main).schemas));
  if ('findings' in chosen) return refusal(chosen.findings, ignored);
  const { main } = chosen;
  const { schemas, files, findings } = reachFrom(main);
  const model = modelOf(schemas);
  const roots = rootFindings(model, main, order.roots);
  const counts = countFindings(model);
  const used = new Set(files.map(({ name }) => name));
  const unused = [...shelf.own.keys()].filter((name) => !used.has(name));
  const warnings = [...unused.map((name) => found('file-unused', name)), ...counts.bearable];
  if (main.home.namespace === '') {
    warnings.push(found('namespace-absent', main.home.file, main.line));
  }
  const signing = order.personalSignature === true;
  const errors = [
    ...[...findings, ...counts.wrong, ...shapeFindings(model), ...roots.wrong],
    ...(signing ? roots.unsigned : []),
  ];
  if (!signing) warnings.push(...roots.unsigned);
  if (errors.length > 0) return refusal(errors, ignored, warnings);
  return { errors, warnings, ignored, schemas: files, namespace: main.home.namespace };
}
