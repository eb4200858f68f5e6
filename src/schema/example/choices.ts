/** What an example leaves open. The plain choices are the same each time. */
export interface Choices {
  /** How often a part stands that may stand so often. */
  times(min: number, max: number, depth: number): number;
  /** The branches of a choice, the one to try first in front. */
  branches<T>(all: readonly T[]): readonly T[];
  /** Is an attribute there that need not be. */
  hasOptional(depth: number): boolean;
  oneOf(values: readonly string[]): string | undefined;
  /** A number below another; `way` counts the attempts. */
  below(below: number, way: number): number;
  freshId(): string;
  /** An identifier that stands in the document. */
  knownId(): string | undefined;
}

/** Optional parts are shown once this deep, and left out below. */
const optionalDepth = 4;

/** The first of everything. */
export function plainChoices(): Choices {
  let ids = 0;
  return {
    times: (min, max, depth) => (min === 0 && max > 0 && depth <= optionalDepth ? 1 : min),
    branches: (all) => all,
    hasOptional: (depth) => depth <= optionalDepth,
    oneOf: ([first]) => first,
    below: (below, way) => way % Math.max(1, below),
    freshId: () => {
      ids += 1;
      return `id${ids}`;
    },
    knownId: () => (ids > 0 ? 'id1' : undefined),
  };
}
