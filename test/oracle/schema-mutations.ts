import { smevNamespaces, type Version } from '../../src/smev/namespaces.ts';
import { type Tree, xsiNamespace } from './schema-tree.ts';

/** A repeatable source of numbers (mulberry32). */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * bound);
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

/** Names and values that the schemas speak of, or nearly. */
export interface Vocabulary {
  readonly elements: readonly { readonly namespace: string; readonly name: string }[];
  readonly attributes: readonly string[];
  readonly values: readonly string[];
}

export function vocabularyOf(trees: readonly Tree[], version: Version): Vocabulary {
  const elements = new Map<string, { namespace: string; name: string }>();
  const attributes = new Set(['Id', 'accepted', 'errorPosition', 'queueName', 'other']);
  for (const tree of trees) {
    for (const { namespace, name, attributes: found } of smevElements(tree, version)) {
      elements.set(`{${namespace}}${name}`, { namespace, name });
      for (const attribute of found) attributes.add(attribute.name);
    }
  }
  return { elements: [...elements.values()], attributes: [...attributes], values };
}

const values = [
  '',
  ' ',
  '0',
  '-1',
  '3000000000',
  'true',
  'yes',
  'x y',
  '2020-01-01T00:00:00Z',
  '2020-01-01',
  'd1f2a3b4-0000-11ea-8000-0123456789ab',
  'D1F2A3B4-0000-11EA-8000-0123456789AB',
  'FAILURE',
  'NO_DATA',
  'REQUEST',
  'CANCEL',
  'BROADCAST',
  'messageIsDelivered',
  'responseIsDelivered',
  'requestIsQueued',
  'cancelled',
  'OIV2OIV',
  'text/plain',
  'text/plain;charset=utf-8',
  'multipart/mixed',
  'YWJj',
  'YWJ',
  'urn:x',
  '%zz',
  'b:SmevFault',
  'f:InvalidContent',
  'f:Unknown',
  'success',
  ...[10, 11, 50, 51, 100, 101, 200, 201, 500, 501, 1500, 1501, 4000, 4001].map((n) =>
    'я'.repeat(n),
  ),
];

type Mutation = (parent: Tree, index: number, words: Vocabulary, dice: Dice) => void;

const mutations: readonly Mutation[] = [
  function drop(parent, index) {
    parent.children.splice(index, 1);
  },
  function duplicate(parent, index) {
    parent.children.splice(index, 0, structuredClone(parent.children[index] as Tree));
  },
  function move(parent, index, _, dice) {
    const [taken] = parent.children.splice(index, 1);
    parent.children.splice(dice.below(parent.children.length + 1), 0, taken as Tree);
  },
  function rename(parent, index, words, dice) {
    Object.assign(parent.children[index] as Tree, dice.pick(words.elements));
  },
  function changeNamespace(parent, index, words, dice) {
    const namespaces = ['', 'urn:foreign', ...words.elements.map(({ namespace }) => namespace)];
    (parent.children[index] as Tree).namespace = dice.pick(namespaces);
  },
  function changeText(parent, index, words, dice) {
    (parent.children[index] as Tree).children = [dice.pick(words.values)];
  },
  function addText(parent, index, words, dice) {
    parent.children.splice(index, 0, dice.pick(words.values));
  },
  function insert(parent, index, words, dice) {
    const children = [dice.pick(words.values)];
    parent.children.splice(index, 0, { ...dice.pick(words.elements), attributes: [], children });
  },
  function dropAttribute(parent, index) {
    (parent.children[index] as Tree).attributes.shift();
  },
  function setAttribute(parent, index, words, dice) {
    const at = parent.children[index] as Tree;
    const type = dice.below(4) === 0;
    const name = type ? 'type' : dice.pick(words.attributes);
    const namespace = type ? xsiNamespace : '';
    const value = dice.pick(words.values);
    at.attributes = at.attributes.filter((a) => a.name !== name || a.namespace !== namespace);
    at.attributes.push({ namespace, name, value });
  },
];

/** A copy of the tree with one to three changes at places that the schemas look at. */
export function mutate(tree: Tree, version: Version, words: Vocabulary, dice: Dice): Tree {
  const copy = structuredClone(tree);
  const times = 1 + dice.below(3);
  for (let i = 0; i < times; i += 1) {
    const places = smevElements(copy, version).flatMap((parent) =>
      parent.children.flatMap((inner, index) =>
        typeof inner === 'string' ? [] : [[parent, index] as const],
      ),
    );
    if (places.length === 0) break;
    const [parent, index] = dice.pick(places);
    dice.pick(mutations)(parent, index, words, dice);
  }
  return copy;
}

function smevElements(tree: Tree, version: Version): Tree[] {
  const prefix = smevNamespaces[version].types.slice(0, -version.length);
  const own = tree.namespace.startsWith(prefix) ? [tree] : [];
  const inner = tree.children.flatMap((part) =>
    typeof part === 'string' ? [] : smevElements(part, version),
  );
  return [...own, ...inner];
}
