import { Types } from '../model/types.ts';
import type { VersionSchemas } from '../registry.ts';
import { expanded, readComponents } from '../xsd-components.ts';
import { type Change, Changes, Places, type Side } from './changes.ts';
import { pairNamespaces, renaming } from './namespaces.ts';
import { Walk } from './walk.ts';

/** What the changes of one side come to. */
export interface SideSummary {
  /** Messages that were valid may be refused by the new version. */
  readonly refusesOld: boolean;
  /** The new version takes messages that the old one did not. */
  readonly allowsNew: boolean;
  readonly verdict: 'compatible' | 'breaking';
  /** Whom it breaks. */
  readonly breaks: readonly ('senders' | 'readers')[];
  readonly text: { readonly ru: string; readonly en: string };
}

export interface Difference {
  /** Breaking ones first, no more than a thousand. */
  readonly changes: readonly Change[];
  /** How many changes are not listed; the sides count them. */
  readonly omitted: number;
  /** Requests break who sends them, where old ones are refused. */
  readonly request: SideSummary;
  /** Answers break the provider, where old ones are refused, and readers, where new ones may come. */
  readonly answer: SideSummary;
}

type Unnamed = Omit<VersionSchemas, 'version'>;

/**
 * What changed from one version of a message type to another, both admitted before, for messages of
 * the old one that are judged by the new one. Namespaces that differ in their versions are taken for
 * one. Where it cannot be told whether an old message is still taken, it counts as refused.
 *
 * Not looked at: xsi:type that names a simple type, the declared type itself or a type where xs:anyType
 * is declared; what stands below an element that a lax wildcard takes and nothing declares; and whether
 * values of xs:ID and xs:IDREF meet in the whole document.
 *
 * @throws XsdUnread of xs:redefine
 */
export function differenceOf(a: Unnamed, b: Unnamed): Difference {
  const pairs = pairNamespaces(a, b);
  const before = new Types(readComponents(a.schemas));
  const now = new Types(readComponents(b.schemas, renaming(pairs)));
  const changes = new Changes();
  changes.sides = ['request', 'answer'];
  const whole = placesOf(b.requestRoot);
  for (const pair of pairs) {
    changes.add({ kind: 'namespace-changed', about: [], at: '', name: '', ...pair }, whole);
  }
  const compare = (from: string, to: string, sides: readonly Side[]) => {
    changes.sides = sides;
    const found = { about: [], at: '', name: to, from, to };
    if (from !== to) changes.add({ kind: 'root-changed', ...found }, placesOf(to));
    const first = before.root(expanded(a.namespace, from));
    const second = now.root(expanded(a.namespace, to));
    if (first && second) new Walk(before, now, changes).roots(first, second);
    else changes.add({ kind: 'root-missing', ...found }, placesOf(to));
  };
  if (a.requestRoot === a.responseRoot && b.requestRoot === b.responseRoot) {
    compare(a.requestRoot, b.requestRoot, ['request', 'answer']);
  } else {
    compare(a.requestRoot, b.requestRoot, ['request']);
    compare(a.responseRoot, b.responseRoot, ['answer']);
  }
  const all = changes.list();
  const of = (side: Side) => all.filter(({ sides: on }) => on.includes(side));
  const sorted = [...all.filter(isBreaking), ...all.filter((each) => !isBreaking(each))];
  return {
    changes: sorted.slice(0, changesMax),
    omitted: Math.max(0, sorted.length - changesMax),
    request: summary(of('request'), 'request'),
    answer: summary(of('answer'), 'answer'),
  };
}

const changesMax = 1000;

function placesOf(path: string): Places {
  const places = new Places();
  places.add(path);
  return places;
}

function isBreaking({ verdict }: Change): boolean {
  return verdict === 'breaking';
}

function summary(changes: readonly Change[], side: Side): SideSummary {
  const refusesOld = changes.some((each) => each.refusesOld);
  const allowsNew = changes.some((each) => each.allowsNew);
  const breaks: ('senders' | 'readers')[] = [];
  if (refusesOld) breaks.push('senders');
  if (allowsNew && side === 'answer') breaks.push('readers');
  const verdict = breaks.length > 0 ? 'breaking' : 'compatible';
  return { refusesOld, allowsNew, verdict, breaks, text: said(side, breaks, allowsNew) };
}

function said(side: Side, breaks: readonly string[], allowsNew: boolean) {
  const [ru, en] = side === 'request' ? ['Запросы', 'Requests'] : ['Ответы', 'Answers'];
  const parts = [
    breaks.includes('senders')
      ? ['прежние сообщения могут быть отвергнуты', 'old messages may be refused']
      : ['прежние сообщения принимаются', 'old messages are taken'],
    allowsNew
      ? ['возможны сообщения, которых раньше не было', 'there may be messages that there were not']
      : ['новых сообщений не появилось', 'there are no new messages'],
  ];
  return {
    ru: `${ru}: ${parts.map(([each]) => each).join('; ')}.`,
    en: `${en}: ${parts.map(([, each]) => each).join('; ')}.`,
  };
}
