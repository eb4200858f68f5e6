import type { Cause } from './causes.ts';
import { characterEdits } from './characters.ts';
import { contextEdit } from './context.ts';
import { indentation, layoutEdits, padding } from './layout.ts';
import { type Naming, namespacesOf, renamed } from './names.ts';
import { namings, pairedNamings } from './namings.ts';
import type { Edit, Subject, Trial, Way } from './subject.ts';
import type { ElementNode } from './tree.ts';
import type { Ways } from './ways.ts';

/** What an element is tried under. */
export interface Field {
  readonly subject: Subject;
  readonly ways: Ways;
  /** Changes that only this subject can have had, such as those of its attachments. */
  readonly more?: readonly Edit[];
}

/** What may have happened between signing and arrival: one change alone, the likeliest first. */
export function* likelyTrials(field: Field): Generator<Trial> {
  const { subject, ways } = field;
  for (const edit of editsOf(field)) yield* edited(subject.tree, [edit], ways.declared);
  for (const way of ways.others) yield trial(way, subject.tree, []);
}

/** The same with many guesses: other prefixes, lost indentation, and two changes at once. */
export function* longTrials(field: Field): Generator<Trial> {
  const { tree } = field.subject;
  const { declared, others } = field.ways;
  const edits = editsOf(field);
  for (const [index, first] of edits.entries()) {
    for (const second of edits.slice(index + 1)) yield* edited(tree, [first, second], declared);
  }
  for (const way of others) {
    for (const edit of edits) yield* edited(tree, [edit], way);
  }
  yield* edited(tree, [indentation], declared);
  yield* named(tree, declared);
  yield* edited(tree, [padding], declared);
  for (const edit of edits) {
    for (const changed of edit.change(tree)) yield* named(changed, declared, [edit.cause]);
    yield* edited(tree, [indentation, edit], declared);
  }
  for (const way of others) {
    yield* named(tree, way);
    yield* edited(tree, [indentation], way);
  }
  yield* named(tree, declared, [], pairedNamings);
}

function editsOf({ subject, more = [] }: Field): Edit[] {
  return [...layoutEdits, ...characterEdits, contextEdit(subject), ...more];
}

function* edited(tree: ElementNode, edits: readonly Edit[], way: Way): Generator<Trial> {
  const [edit, ...rest] = edits;
  if (edit === undefined || isHidden(edit, way)) return;
  for (const changed of edit.change(tree)) {
    if (rest.length === 0) yield trial(way, changed, [edit.cause]);
    for (const { causes, ...each } of edited(changed, rest, way)) {
      yield { ...each, causes: [edit.cause, ...causes] };
    }
  }
}

function isHidden({ hiddenBy }: Edit, { inclusive, smev }: Way): boolean {
  if (hiddenBy === 'smev') return smev;
  return hiddenBy === 'exclusive' && (!inclusive || smev);
}

function* named(
  tree: ElementNode,
  way: Way,
  before: readonly Cause[] = [],
  choices: (tree: ElementNode) => Iterable<Naming> = namings,
): Generator<Trial> {
  if (way.smev) return;
  const old = namespacesOf(tree);
  for (const naming of choices(tree)) {
    const about = [...old]
      .filter(([uri, prefix]) => (naming.get(uri) ?? prefix) !== prefix)
      .map(([uri, prefix]) => `${shown(naming.get(uri))} → ${shown(prefix)}`)
      .join(', ');
    const causes: Cause[] = [...before, 'prefixes-rewritten'];
    yield { ...trial(way, tree, causes, () => renamed(tree, naming)), about };
  }
}

function shown(prefix = ''): string {
  return prefix === '' ? 'xmlns' : prefix;
}

function trial(
  way: Way,
  tree: ElementNode,
  before: readonly Cause[],
  changed: () => ElementNode = () => tree,
): Trial {
  const causes = way.cause === undefined ? before : [...before, way.cause];
  return { causes, octets: () => way.write(changed()) };
}
