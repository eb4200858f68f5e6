import type { Warning } from './due.ts';
import type { Ending } from './ending.ts';
import { adviceOf, printable, sentenceOf, type Words } from './words.ts';

const dayMs = 86_400_000;

/** All that is told at once by one way. */
export interface Letter {
  /** Name of the node that tells it. */
  readonly node: string;
  /** Ms UTC. */
  readonly at: number;
  /** An operator tries his settings: nothing ends. */
  readonly test: boolean;
  readonly warnings: readonly Warning[];
}

/** The body of a call to a webhook, as docs/certificates.md has it. */
export function jsonOf({ node, at, test, warnings }: Letter): string {
  return JSON.stringify({
    format: 1,
    node,
    at: new Date(at).toISOString(),
    test,
    warnings: warnings.map((warning) => factsOf(warning, at)),
  });
}

function factsOf(warning: Warning, at: number) {
  const { ending, threshold } = warning;
  const { what, id, owner, subject, endsAt } = ending;
  const { command, ...todo } = adviceOf(warning);
  return {
    ...{ what, id, owner: printable(owner), subject: printable(subject) },
    endsAt: new Date(endsAt).toISOString(),
    expired: endsAt < at,
    daysLeft: Math.floor((endsAt - at) / dayMs),
    /** The threshold that was passed; 0 when it has expired. */
    daysBefore: threshold / dayMs,
    ...{ text: sentenceOf(warning, at), todo, command },
  };
}

/** Subject and text of an e-mail. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** The same as an e-mail: a paragraph for each, then all of it again in English. */
export function mailOf(letter: Letter): Mail {
  const { node, at, test, warnings } = letter;
  const expired = warnings.filter(({ ending }) => ending.endsAt < at).length;
  const count = warnings.length;
  const subject = test
    ? `[Межвед ${node}] проверка предупреждений / test of warnings`
    : `[Межвед ${node}] истекает сроков / ends that are near: ${count - expired}; истекло / expired: ${expired}`;
  const head: Words = test
    ? {
        ru: 'Это проверка: так выглядит предупреждение. Ничего делать не нужно.',
        en: 'This is a test: a warning looks like this. There is nothing to do.',
      }
    : {
        ru: `Узел ${node}: подходят к концу или истекли сроки.`,
        en: `Node ${node}: these end soon, or have ended.`,
      };
  const part = (language: keyof Words, todo: string) =>
    [head[language], ...warnings.map((each) => paragraph(each, at, language, todo))].join('\n\n');
  return { subject, text: `${part('ru', 'Что делать')}\n\n---\n\n${part('en', 'What to do')}\n` };
}

function paragraph(warning: Warning, at: number, language: keyof Words, todo: string): string {
  const { id, subject } = warning.ending;
  const advice = adviceOf(warning);
  return [
    `${sentenceOf(warning, at)[language]}.`,
    `  ${printable(subject)}`,
    `  ${id}`,
    `  ${todo}: ${advice[language]}:`,
    `  ${advice.command}`,
  ].join('\n');
}

/** What a test tells: an end that is nowhere. */
export function testLetter(node: string, at: number): Letter {
  const ending: Ending = {
    ...{ what: 'systemCertificate', id: '0'.repeat(64), subject: 'CN=test', owner: 'test' },
    ...{ beginsAt: at - dayMs, endsAt: at + 14 * dayMs, replacedBy: undefined },
  };
  return { node, at, test: true, warnings: [{ ending, threshold: 14 * dayMs }] };
}
