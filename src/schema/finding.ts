import type { Finding } from '../fault/fault.ts';
import { pathOf } from '../xml/navigate.ts';
import type { XsdProblem } from '../xml/xsd.ts';
import { generalText, ruleOf } from './rules.ts';

/** A sender's value may be megabytes long; a finding is not. */
const textMax = 1000;
const messageMax = 2000;

/** What libxml2 found in a document, as a finding: a sentence in Russian, then its own words. */
export function findingOf(problem: XsdProblem): Finding {
  return {
    path: problem.element === undefined ? '' : pathOf(problem.element),
    line: problem.line,
    ...told(problem),
  };
}

/** What libxml2 found in a schema; the path is the file's name. */
export function schemaFindingOf(problem: XsdProblem, main: string): Finding {
  return { path: problem.file ?? main, line: problem.line, ...told(problem) };
}

/** The same finding fit for a log: nothing of what the sender wrote but the names of elements. */
export function withoutValues(finding: Finding): Finding {
  return { ...finding, text: generalText(finding.rule) };
}

function told({ code, message }: XsdProblem): { rule: string; text: string } {
  const { rule, general, shapes = [] } = ruleOf(code);
  const said = message.length > messageMax ? `${message.slice(0, messageMax)}…` : message;
  for (const [shape, sentence] of shapes) {
    const match = shape.exec(said);
    if (match !== null) return { rule, text: cut(`${fill(sentence, match)} ${said}`) };
  }
  return { rule, text: cut(`${general} ${said}`) };
}

function cut(text: string): string {
  return text.length > textMax ? `${text.slice(0, textMax)}…` : text;
}

function fill(sentence: string, match: RegExpExecArray): string {
  const caught = match.slice(1).map((part) => part ?? '');
  const ambiguous = sameLocal(caught);
  return sentence.replace(/\$(\d)/g, (_, n: string) => {
    const part = caught[Number(n) - 1] ?? '';
    return ambiguous ? part : plainNames(part);
  });
}

const name = /^(##other)?\{([^}]*)\}(\S+)$/;

/** `{urn:a}B, {urn:a}C` as «B», «C»; anything else as it is. */
function plainNames(list: string): string {
  const names = list.split(', ');
  if (!names.every((part) => name.test(part) || part === '...')) return list;
  return names
    .map((part) =>
      part.replace(name, (_, __, ___, local) => (local === '*' ? local : `«${local}»`)),
    )
    .join(', ');
}

/** The element that stands has the local name that is expected: the namespaces must be shown. */
function sameLocal(caught: readonly string[]): boolean {
  const [standing, ...others] = caught.map((list) =>
    list.split(', ').map((n) => name.exec(n)?.[3]),
  );
  const local = standing?.[0];
  return local !== undefined && others.some((list) => list.includes(local));
}
