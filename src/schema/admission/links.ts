import { posix } from 'node:path';
import { reachable, resolveLocation, type SchemaFile } from '../set.ts';
import { type AdmissionFinding, found } from './findings.ts';
import { located } from './located.ts';
import type { AdmissionRule } from './table.ts';
import { readTree, type SchemaNode } from './tree.ts';

/** What the main file reaches. */
export interface Reached {
  /** Roots of the package's own files; a file without a namespace once for each that includes it. */
  readonly schemas: readonly SchemaNode[];
  /** The main file first; imports found by their namespace have got a schemaLocation. */
  readonly files: readonly SchemaFile[];
  readonly findings: readonly AdmissionFinding[];
}

/** The files to look in: a package's own, read before, and those of the registry. */
export interface Shelf {
  readonly own: ReadonlyMap<string, { readonly file: SchemaFile; readonly tree: SchemaNode }>;
  readonly known: readonly SchemaFile[];
}

/**
 * Follows import, include, redefine and override from the main file: by schemaLocation inside the
 * package, and an import whose file is not there by its namespace, in the package and then in the
 * registry. Nothing is looked for on disk or in the network.
 */
export function reach(shelf: Shelf, main: string): Reached {
  const walk = new Walk(shelf);
  walk.read(main, '');
  return walk.reached();
}

const linking = ['import', 'include', 'redefine', 'override'];

class Walk {
  readonly #shelf: Shelf;
  readonly #schemas = new Map<string, SchemaNode>();
  readonly #findings: AdmissionFinding[] = [];
  /** By file, the locations that imports are to get: the number of the import, the location. */
  readonly #located = new Map<string, Map<number, string>>();
  readonly #folder: string;
  #knownByNamespace: Map<string, string> | undefined;
  #knownUsed = false;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
    let folder = 'registry';
    while ([...shelf.own.keys()].some((name) => name.startsWith(`${folder}/`))) folder += '_';
    this.#folder = folder;
  }

  reached(): Reached {
    const names = new Set([...this.#schemas.values()].map(({ home }) => home.file));
    const files = [...names].flatMap((name) => {
      const file = this.#shelf.own.get(name)?.file;
      return file === undefined ? [] : [located(file, this.#located.get(name))];
    });
    return {
      schemas: [...this.#schemas.values()],
      files: this.#with(files),
      findings: this.#findings,
    };
  }

  /** Of the registry come the files that imports lead to, and those that these need. */
  #with(own: readonly SchemaFile[]): readonly SchemaFile[] {
    if (!this.#knownUsed) return own;
    const known = this.#shelf.known.map(({ name, bytes }) => ({ name: this.#place(name), bytes }));
    const { set } = reachable([...own, ...known], own[0]?.name ?? '');
    return [...own, ...known.filter(({ name }) => set.has(name))];
  }

  #place(name: string): string {
    return `${this.#folder}/${name}`;
  }

  read(name: string, includer: string): void {
    const own = this.#shelf.own.get(name);
    if (own === undefined) return;
    const chameleon = own.tree.home.chameleon && includer !== '';
    const key = chameleon ? `${name} ${includer}` : name;
    if (this.#schemas.has(key)) return;
    const tree = chameleon ? readTree(own.file, includer) : own.tree;
    this.#schemas.set(key, tree);
    let imports = 0;
    for (const node of tree.children) {
      if (!linking.includes(node.name)) continue;
      const finding = node.name === 'import' ? this.#import(node, imports) : this.#include(node);
      if (finding !== undefined) this.#findings.push(finding);
      if (node.name === 'import') imports += 1;
    }
  }

  #import(node: SchemaNode, number: number): AdmissionFinding | undefined {
    const { file, namespace } = node.home;
    const wanted = node.attributes.get('namespace') ?? '';
    if (wanted === namespace) return wrong('import-own', node, wanted);
    const { location, target, own } = this.#target(node);
    if (target !== undefined && own !== undefined) {
      const { namespace: its } = own.tree.home;
      if (its !== wanted) return wrong('import-differs', node, `${wanted}, ${its}`);
      this.read(target, '');
      return undefined;
    }
    const byNamespace = this.#byNamespace(wanted);
    if (byNamespace === undefined) return lost(node, location, wanted);
    const at = posix.relative(posix.dirname(file), byNamespace);
    const imports = this.#located.get(file) ?? new Map<number, string>();
    this.#located.set(file, imports.set(number, at));
    this.read(byNamespace, '');
    return undefined;
  }

  #include(node: SchemaNode): AdmissionFinding | undefined {
    const { namespace } = node.home;
    const { location, target, own } = this.#target(node);
    if (target === undefined || own === undefined) return lost(node, location, '');
    const { home } = own.tree;
    if (!home.chameleon && home.namespace !== namespace) {
      const rule = node.name === 'include' ? 'include-foreign' : 'redefine-foreign';
      return wrong(rule, node, home.namespace);
    }
    if (node.name === 'override') return wrong('override-unknown', node, location ?? '');
    this.read(target, namespace);
    return undefined;
  }

  #target(node: SchemaNode) {
    const location = node.attributes.get('schemaLocation')?.trim();
    const target = location === undefined ? undefined : resolveLocation(node.home.file, location);
    return { location, target, own: this.#shelf.own.get(target ?? '') };
  }

  #byNamespace(namespace: string): string | undefined {
    for (const [name, { tree }] of this.#shelf.own) {
      if (tree.home.namespace === namespace && !tree.home.chameleon) return name;
    }
    this.#knownByNamespace ??= this.#readKnown();
    const known = this.#knownByNamespace.get(namespace);
    if (known !== undefined) this.#knownUsed = true;
    return known;
  }

  #readKnown(): Map<string, string> {
    const found = new Map<string, string>();
    for (const file of this.#shelf.known) {
      const { namespace } = readTree(file).home;
      if (!found.has(namespace)) found.set(namespace, this.#place(file.name));
    }
    return found;
  }
}

function wrong(rule: AdmissionRule, node: SchemaNode, detail: string): AdmissionFinding {
  return found(rule, node.home.file, node.line, detail);
}

function lost(node: SchemaNode, location: string | undefined, namespace: string): AdmissionFinding {
  if (location === undefined) return wrong('import-unresolved', node, namespace);
  if (/^(?!file:)[a-z][a-z0-9+.-]+:\/\/|^\/\//i.test(location)) {
    return wrong('location-network', node, location);
  }
  const target = resolveLocation(node.home.file, location);
  return wrong(target === undefined ? 'location-outside' : 'src-import', node, location);
}
