import {
  directiveNamespace,
  dsNamespace,
  routingNamespace,
  smevNamespaces,
} from '../../smev/namespaces.ts';
import { attributeNamespacesOf, type Naming, namespacesOf } from './names.ts';
import type { ElementNode } from './tree.ts';

const permutedMax = 4;
const pairedMax = 4;

/**
 * The prefixes that tools and people give, the likeliest first: one default namespace, one namespace
 * under another usual name, then the families of generators in the orders they count in. Which
 * namespaces are there decides how many that is: some hundreds for three.
 */
export function* namings(tree: ElementNode): Generator<Naming> {
  const used = namespacesOf(tree);
  const uris = [...used.keys()];
  const onAttributes = attributeNamespacesOf(tree);
  const fits = (naming: Naming) => isUsable(naming, used, onAttributes);
  // The default namespace holds one at a time: each may have it alone, or all in turn.
  for (const uri of uris) yield* usable([new Map([[uri, '']])], fits);
  yield new Map(uris.filter((uri) => !onAttributes.has(uri)).map((uri) => [uri, '']));
  for (const uri of uris) {
    yield* usable(
      usualNames(uri).map((name) => new Map([[uri, name]])),
      fits,
    );
  }
  // One tool often writes the frame, and another one the content.
  const frame = uris.filter((uri) => own.has(uri));
  const content = uris.filter((uri) => !own.has(uri));
  yield* usable(
    pairs(frame, (uri) => own.get(uri) ?? []),
    fits,
  );
  for (const some of [uris, frame, content]) {
    for (const order of ordersOf(some)) yield* usable(families(order), fits);
  }
}

/** Two namespaces at once under other usual names, where there are few. */
export function* pairedNamings(tree: ElementNode): Generator<Naming> {
  const used = namespacesOf(tree);
  const onAttributes = attributeNamespacesOf(tree);
  if (used.size > pairedMax) return;
  yield* usable(pairs([...used.keys()], usualNames), (naming) =>
    isUsable(naming, used, onAttributes),
  );
}

function* usable(some: Iterable<Naming>, fits: (naming: Naming) => boolean): Generator<Naming> {
  for (const naming of some) if (fits(naming)) yield naming;
}

/** No two namespaces under one name, and none on attributes without a prefix. */
function isUsable(
  naming: Naming,
  used: ReadonlyMap<string, string>,
  onAttributes: ReadonlySet<string>,
): boolean {
  const names = new Set<string>();
  let changed = false;
  for (const [uri, old] of used) {
    const name = naming.get(uri) ?? old;
    if (names.has(name) || (name === '' && onAttributes.has(uri))) return false;
    names.add(name);
    changed ||= name !== old;
  }
  return changed;
}

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** One tool names all: ns1 ns2 …, or the first without a prefix and the rest counted. */
function* families(order: readonly string[]): Generator<Naming> {
  const numbered = (name: string, first: number, skip = 0): Naming =>
    new Map(order.map((uri, index) => [uri, index < skip ? '' : `${name}${index - skip + first}`]));
  for (const name of ['ns', 'n', 'q', 'p', 'a']) {
    for (const first of [1, 0, 2, 3]) {
      yield numbered(name, first);
      yield numbered(name, first, 1);
    }
  }
  // Python's ElementTree counts from ns0; many tools leave the first number out.
  yield new Map(order.map((uri, index) => [uri, index === 0 ? 'ns' : `ns${index}`]));
  yield new Map(order.map((uri, index) => [uri, index === 0 ? 'urn' : `urn${index}`]));
  if (order.length <= letters.length) {
    yield new Map(order.map((uri, index) => [uri, letters[index] ?? '']));
  }
}

function* ordersOf(uris: readonly string[]): Generator<readonly string[]> {
  yield uris;
  yield [...uris].sort();
  yield [...uris].reverse();
  if (uris.length <= permutedMax) yield* permutations(uris);
}

function* permutations(items: readonly string[]): Generator<readonly string[]> {
  if (items.length < 2) {
    yield items;
    return;
  }
  for (const [index, item] of items.entries()) {
    const rest = [...items.slice(0, index), ...items.slice(index + 1)];
    for (const order of permutations(rest)) yield [item, ...order];
  }
}

const counted = ['', 'ns', 'ns0', 'ns1', 'ns2', 'ns3', 'ns4', 'ns5', 'ns6', 'ns7', 'ns8', 'ns9'];
const plain = ['tns', 'n1', 'q1', 'm', 'x', 'p', 'a', 'b', 'v', 'urn', 'urn1', 'urn2'];

/** What people and SoapUI call the namespaces of SMEV, and any other. */
function usualNames(uri: string): string[] {
  return [...(own.get(uri) ?? []), ...counted, ...plain];
}

const ofTypes = ['typ', 'types', 't', 'smev', 'smev3', 'mes', 's', 'req'];
const ofBasic = ['bas', 'basic', 'b', 'types_basic'];
const own = new Map<string, readonly string[]>([
  [dsNamespace, ['ds', 'dsig', 'sig', 'xd', '']],
  [routingNamespace, ['rout', 'routing', 'r']],
  [directiveNamespace, ['direct', 'directive', 'dir', 'd']],
  ...Object.values(smevNamespaces).flatMap(({ types, basic }): [string, readonly string[]][] => [
    [types, ofTypes],
    [basic, ofBasic],
  ]),
]);

function* pairs(
  uris: readonly string[],
  namesOf: (uri: string) => readonly string[],
): Generator<Naming> {
  for (const [index, first] of uris.entries()) {
    for (const second of uris.slice(index + 1)) {
      for (const one of namesOf(first)) {
        for (const other of namesOf(second)) {
          yield new Map([
            [first, one],
            [second, other],
          ]);
        }
      }
    }
  }
}
