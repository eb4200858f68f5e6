import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { startAgency } from '../harness/agency.ts';
import { Chance } from './chance.ts';
import { Deployment, restRoute } from './deployment.ts';
import { describeInFull, full } from './full.ts';
import { Load, signedRequest } from './load.ts';
import type { MortalProcess } from './mortal-process.ts';
import { postSteadily, within } from './steady.ts';

const exchanges = full ? 2000 : 40;
const everyMs = full ? 25 : 80;

const stopWithinMs = 5000;
/** HTTP calls have 10 s to end, then deliveries the time above and 3 s to be handed back. */
const stoppedWithinMs = 10_000 + stopWithinMs + 3000 + 2000;

interface Rolled {
  /** How often each process was replaced. */
  readonly rounds: number;
  /** The longest from SIGTERM to the end of a process, ms. */
  readonly longestMs: number;
}

/** Replaces one process after another while requests come; every one at least once. */
async function roll(
  processes: readonly MortalProcess[],
  isPosting: () => boolean,
): Promise<Rolled> {
  let longestMs = 0;
  let rounds = 0;
  while (rounds === 0 || isPosting()) {
    for (const each of processes) {
      const began = performance.now();
      expect(await each.stop(), `exit code\n${each.output}`).to.equal(0);
      longestMs = Math.max(longestMs, performance.now() - began);
      await each.start();
      await wait(full ? 300 : 0);
    }
    rounds += 1;
  }
  return { rounds, longestMs };
}

describeInFull('two nodes and two workers that are replaced one by one under load', function () {
  this.timeout(full ? 900_000 : 240_000);

  it(`lose and double none of ${exchanges} exchanges, and refuse none for good`, async function () {
    const chance = new Chance();
    process.stdout.write(
      `        seed ${chance.seed}: MEZHVED_SEED=${chance.seed} draws the same\n`,
    );
    const agency = await startAgency();
    // Some attempts are under way for a while, and some answers come by callback.
    agency.behave('late', 0.3, String(chance.seed));
    let deployment: Deployment | undefined;
    try {
      deployment = await Deployment.start({
        kind: 'production',
        route: restRoute(agency.url),
        config: { delivery: { stopWithinMs } },
      });
      if (deployment === undefined) {
        process.stdout.write('SKIPPED: replacing processes: a service is not installed\n');
        return this.skip();
      }
      const { nodes, workers } = deployment;
      const load = new Load(deployment.urls, chance);
      // Of a node that stops a sender hears that it is gone, or busy: nothing else.
      for (const code of ['INTERNAL', 'QUEUE_FULL']) load.passing.delete(code);
      const requests = Array.from({ length: exchanges }, () => signedRequest());
      const ids = requests.map(({ messageId }) => messageId);
      let posting = true;
      const work = Promise.all([
        roll([...nodes, ...workers], () => posting),
        postSteadily(load, requests, everyMs).then(() => {
          posting = false;
        }),
        load.takeAnswers(ids, full ? 5000 : 1000),
      ]);
      const [rolled] = await within(work, full ? 600_000 : 150_000, () =>
        [
          `without an answer: ${load.missing(ids).length}`,
          ...[...nodes, ...workers].map(({ output }) => output),
        ].join('\n'),
      );
      expect(rolled.longestMs, 'longest stop').to.be.below(stoppedWithinMs);
      expect(load.missing(ids), 'lost').to.deep.equal([]);
      expect(load.doubled(), 'doubled').to.deep.equal([]);
      expect([...load.answers.keys()], 'answers to what was not asked').to.have.members(ids);
      expect([...load.setbacks.keys()].filter((code) => !/^(HTTP none|BUSY)$/.test(code))).to.eql(
        [],
      );
      expect([...agency.effects.keys()], 'effects').to.have.members(ids);
      expect(agency.conflicts, 'other bodies under one key').to.equal(0);
      expect(await deployment.stop(), 'exit codes').to.deep.equal([0, 0, 0, 0]);
      expect(await deployment.journalVerdict()).to.deep.include({ ok: true, problems: [] });
      const setbacks = [...load.setbacks].map(([code, count]) => `${code} ${count}`).join(', ');
      process.stdout.write(
        `        ${exchanges} exchanges, each process replaced ${rolled.rounds} times, longest stop ` +
          `${Math.round(rolled.longestMs)} ms: lost 0, doubled 0, asked again after ` +
          `${setbacks || 'nothing'}; journal verifies\n`,
      );
    } finally {
      await deployment?.end();
      await agency.stop();
    }
  });
});
