import { type Examined, examine } from '../examine.ts';
import type { FoundSignature } from '../find.ts';
import type { Cause } from './causes.ts';
import type { Difference } from './difference.ts';
import { readLeniently } from './lenient.ts';
import type { Find, Finds } from './search.ts';
import { byFault, byFinds, goodSentence, type Sentence, withoutFind } from './sentences.ts';
import { type Evidence, type Reference, Suspect } from './suspect.ts';

/** Why one signature is not good. */
export interface Explanation extends Pick<Examined, 'id' | 'digest' | 'signature'>, Sentence {
  readonly good: boolean;
  readonly reference: Reference;
  /** Where the octets that were signed and those that came part. */
  readonly difference: Difference | null;
  /** The causes that were tried, whether found or not. */
  readonly tried: readonly Cause[];
}

/**
 * Says why a signature is not good, by trying what usually happens to messages on their way. It
 * judges nothing: a found cause makes no bad signature good.
 */
export function explainSignature(evidence: Evidence, found: FoundSignature): Explanation {
  const { document, profiles } = evidence;
  const { id, digest, signature, problems } = examine(document, found, profiles);
  const outline = { id, digest, signature, good: problems.length === 0 };
  // Without a canonical form there is nothing to try.
  const formless = problems.some((problem) => problem.startsWith('XML_'));
  const read = formless ? undefined : readLeniently(found.signature, profiles);
  if (read === undefined) {
    const reference = { uri: `#${id}`, expected: null, computed: null };
    return { ...outline, reference, ...byFault(problems), difference: null, tried: [] };
  }
  const suspect = new Suspect(evidence, found, read.structure);
  const reference = suspect.reference();
  if (outline.good) return { ...outline, reference, ...goodSentence, difference: null, tried: [] };
  const value = signature === 'bad' ? suspect.value(digest === 'bad') : undefined;
  // Where the value confirms what came, there is nothing to find in it.
  const sought = digest === 'bad' && value?.causes.includes('digest-replaced') !== true;
  const finds = {
    digest: sought ? withMended(suspect.digest(), read.mended) : undefined,
    value,
  };
  return {
    ...outline,
    reference,
    ...(hasCause(finds) ? byFinds(finds, problems) : withoutFind(problems)),
    difference: suspect.difference(finds),
    tried: [...suspect.tried],
  };
}

function hasCause({ digest, value }: Finds): boolean {
  return [digest, value].some((find) => (find?.causes.length ?? 0) > 0);
}

/** What had to be put right before anything could be computed is a cause of its own. */
function withMended(find: Find | undefined, mended: readonly Cause[]): Find | undefined {
  return find && { ...find, causes: [...mended, ...find.causes] };
}
