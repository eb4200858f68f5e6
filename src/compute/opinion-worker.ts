import { plainFault } from './judge.ts';
import { judgeAgain, type Question } from './judge-again.ts';
import type { Failed } from './pool.ts';

// The second verifier's parser tells its complaints to the console, with words of the message in
// them. What is wrong is told by its verdict; this thread has nothing else to say.
Object.assign(console, { log: silent, warn: silent, error: silent });

function silent(): void {}

/** Entry point of the threads that give second opinions. */
export default function work(question: Question): unknown {
  try {
    return judgeAgain(question);
  } catch (thrown) {
    return { failed: plainFault(thrown) } satisfies Failed;
  }
}
