import { withXml } from '../../xml/document.ts';
import { toUtf8 } from '../encoding.ts';
import type { SchemaFile } from '../set.ts';

/** The namespaces of two versions that are the same but for their names. */
export interface NamespacePair {
  readonly from: string;
  readonly to: string;
}

/**
 * Pairs the target namespaces, and those of imported files that one version alone has and that differ
 * in numbers alone, where each has one such namesake.
 */
export function pairNamespaces(
  a: { readonly namespace: string; readonly schemas: readonly SchemaFile[] },
  b: { readonly namespace: string; readonly schemas: readonly SchemaFile[] },
): NamespacePair[] {
  const before = targetsOf(a.schemas);
  const now = targetsOf(b.schemas);
  const pairs: NamespacePair[] = [];
  if (a.namespace !== b.namespace) pairs.push({ from: a.namespace, to: b.namespace });
  const gone = [...before].filter((name) => !now.has(name) && name !== a.namespace);
  const come = [...now].filter((name) => !before.has(name) && name !== b.namespace);
  for (const from of gone) {
    const alike = come.filter((name) => stem(name) === stem(from));
    const [to] = alike;
    const alone = gone.filter((name) => stem(name) === stem(from)).length === 1;
    if (to !== undefined && alike.length === 1 && alone) pairs.push({ from, to });
  }
  return pairs;
}

/** What the namespaces of the newer version are called in the older; a permutation of names. */
export function renaming(pairs: readonly NamespacePair[]): (namespace: string) => string {
  const table = new Map(pairs.map(({ from, to }) => [to, from]));
  // A name that is taken away goes to what took it, so that no two namespaces have one name.
  for (const { from } of pairs) {
    if (table.has(from)) continue;
    let free = from;
    for (let at = pairs.find((pair) => pair.from === free); at !== undefined; ) {
      free = at.to;
      at = pairs.find((pair) => pair.from === free);
    }
    table.set(from, free);
  }
  return (namespace) => table.get(namespace) ?? namespace;
}

function stem(namespace: string): string {
  return namespace.replace(/\d+/g, '#').replace(/#([._-]?#)+/g, '#');
}

function targetsOf(files: readonly SchemaFile[]): Set<string> {
  const targets = files.map(({ bytes }) =>
    withXml(toUtf8(bytes), ({ root }) => root.attr('targetNamespace')?.value, {
      processingInstructions: 'allow',
    }),
  );
  return new Set(targets.filter((name) => name !== undefined));
}
