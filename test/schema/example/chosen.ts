import { type Choices, plainChoices } from '../../../src/schema/example/choices.ts';
import type { Chance } from '../../fault/chance.ts';

/** Examples of every shape: all that is left open is drawn. */
export function chosen(chance: Chance): Choices {
  return {
    ...plainChoices(),
    times: (min, max, depth) => {
      const most = Math.min(max, min + (depth > 6 ? 0 : 2));
      return chance.between(min, most + 1);
    },
    branches: (all) =>
      all
        .map((branch) => ({ branch, at: chance.next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ branch }) => branch),
    hasOptional: () => chance.next() < 0.5,
    oneOf: (values) => values[chance.between(0, values.length)],
    below: (below) => chance.between(0, below),
  };
}
