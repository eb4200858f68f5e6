import type { XsdNode } from '../xsd-components.ts';

/** What stands where a schema says any: XML Schema Part 1 §3.10. */
export interface Wildcard {
  readonly namespaces: NamespaceSet;
  readonly process: 'strict' | 'lax' | 'skip';
}

/** The namespace '' is that of names without one. */
export type NamespaceSet =
  | { readonly kind: 'every' }
  | { readonly kind: 'except'; readonly names: readonly string[] }
  | { readonly kind: 'only'; readonly names: readonly string[] };

export function wildcardOf(node: XsdNode, renamed: (namespace: string) => string): Wildcard {
  const { namespace = '##any', processContents } = node.attributes;
  const process =
    processContents === 'lax' || processContents === 'skip' ? processContents : 'strict';
  return { namespaces: namespacesOf(namespace.trim(), node.file.target, renamed), process };
}

function namespacesOf(
  said: string,
  target: string,
  renamed: (namespace: string) => string,
): NamespaceSet {
  if (said === '##any') return { kind: 'every' };
  if (said === '##other') return { kind: 'except', names: ['', target] };
  const names = said.split(/\s+/).map((name) => {
    if (name === '##targetNamespace') return target;
    return name === '##local' ? '' : renamed(name);
  });
  return { kind: 'only', names };
}

export function admits(set: NamespaceSet, namespace: string): boolean {
  if (set.kind === 'every') return true;
  return set.names.includes(namespace) === (set.kind === 'only');
}

/** Of several wildcards of one type each has to be kept (§3.4.2). */
export function intersection(a: Wildcard, b: Wildcard): Wildcard {
  return { ...a, namespaces: intersect(a.namespaces, b.namespaces) };
}

function intersect(a: NamespaceSet, b: NamespaceSet): NamespaceSet {
  if (a.kind === 'every') return b;
  if (b.kind === 'every') return a;
  if (a.kind === 'only') return { kind: 'only', names: a.names.filter((name) => admits(b, name)) };
  if (b.kind === 'only') return intersect(b, a);
  return { kind: 'except', names: [...new Set([...a.names, ...b.names])] };
}

/** An extension takes what its base takes too. */
export function union(a: Wildcard, b: Wildcard): Wildcard {
  return { ...a, namespaces: unite(a.namespaces, b.namespaces) };
}

function unite(a: NamespaceSet, b: NamespaceSet): NamespaceSet {
  if (a.kind === 'every' || b.kind === 'every') return { kind: 'every' };
  if (a.kind === 'only' && b.kind === 'only') {
    return { kind: 'only', names: [...new Set([...a.names, ...b.names])] };
  }
  if (a.kind === 'only') return unite(b, a);
  const names = a.names.filter((name) => !admits(b, name));
  return names.length === 0 ? { kind: 'every' } : { kind: 'except', names };
}

/** Is all that `inner` takes taken by `outer`. */
export function within(inner: NamespaceSet, outer: NamespaceSet): boolean {
  if (outer.kind === 'every') return true;
  if (inner.kind === 'only') return inner.names.every((name) => admits(outer, name));
  if (inner.kind === 'every' || outer.kind === 'only') return false;
  return outer.names.every((name) => inner.names.includes(name));
}
