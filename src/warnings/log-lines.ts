import type { Log } from '../log.ts';
import type { Way } from './way.ts';
import { adviceOf, sentenceOf } from './words.ts';

/** A line of the log for each warning; a subject may be a person and is not in it. */
export function logLines(log: Pick<Log, 'warn'>): Way {
  return {
    name: 'log',
    place: 'log',
    tell: async ({ at, warnings }) => {
      for (const warning of warnings) {
        const { what, id, owner, endsAt } = warning.ending;
        const { ru, en } = sentenceOf(warning, at);
        const advice = adviceOf(warning);
        const facts = { what, id, owner, endsAt: new Date(endsAt).toISOString() };
        const todo = `${advice.ru} / ${advice.en}: ${advice.command}`;
        log.warn({ ...facts, todo }, `${ru} / ${en}`);
      }
      return 'ok';
    },
  };
}
