import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { type Agency, type Behaviour, startAgency } from '../harness/agency.ts';
import { falseClock } from '../harness/clock.ts';
import { mezhved } from '../harness/node.ts';
import { type Line, startProxy } from '../harness/proxy.ts';
import { Chance } from './chance.ts';
import { Deployment, type Plan, restRoute } from './deployment.ts';
import { full } from './full.ts';
import { Load } from './load.ts';

const exchanges = full ? 2000 : 60;
const times = full ? 5 : 1;
const quietMs = full ? 3000 : 1000;

interface Prepared {
  readonly plan: Partial<Plan>;
  happen?(stage: Stage): Promise<void>;
  remove(): Promise<void>;
}

interface Stage {
  readonly load: Load;
  /** The line between whoever delivers and the agency. */
  readonly agencyLine: Line;
  readonly deployment: Deployment;
  readonly agency: Agency;
  readonly chance: Chance;
}

/** One thing that goes wrong while requests are in flight, and is over again. */
interface Trouble {
  readonly name: string;
  /** Also run with a few exchanges by `npm test`. */
  readonly quick?: boolean;
  readonly kinds?: readonly Plan['kind'][];
  /** What must be there before: null where it cannot be, and that was printed. */
  readonly prepare?: () => Promise<Prepared | null>;
  /** How the agency behaves meanwhile. */
  readonly behaviour?: Behaviour;
  readonly happen?: (stage: Stage) => Promise<void>;
}

const somewhile = (chance: Chance) => wait(chance.between(200, full ? 2500 : 600));

const one = <T>(of: readonly T[], chance: Chance): T => of[chance.between(0, of.length)] as T;

const troubles: readonly Trouble[] = [
  {
    name: 'kill -9 of a node',
    quick: true,
    happen: async ({ deployment, chance }) => {
      const node = one(deployment.nodes, chance);
      await node.kill();
      await somewhile(chance);
      await node.start();
    },
  },
  {
    name: 'kill -9 of a worker',
    quick: true,
    kinds: ['production'],
    happen: async ({ deployment, chance }) => {
      const worker = one(deployment.workers, chance);
      await worker.kill();
      await somewhile(chance);
      await worker.start();
    },
  },
  {
    name: 'kill -9 of Redis, with its append-only file',
    kinds: ['production'],
    happen: ({ deployment, chance }) => killRedis(deployment, chance, false),
  },
  {
    name: 'kill -9 of Redis, with its data lost',
    quick: true,
    kinds: ['production'],
    happen: ({ deployment, chance }) => killRedis(deployment, chance, true),
  },
  {
    name: 'kill -9 of PostgreSQL',
    quick: true,
    kinds: ['production'],
    happen: async ({ deployment, chance }) => {
      await deployment.postgres?.kill();
      await somewhile(chance);
      await deployment.postgres?.restart();
    },
  },
  ...(['nodesToPostgres', 'nodesToRedis', 'workersToPostgres', 'workersToRedis'] as const).map(
    (line): Trouble => ({
      name: `the line cut: ${line}`,
      kinds: ['production'],
      happen: ({ deployment, chance }) => breakLine(deployment.lines?.[line], chance),
    }),
  ),
  {
    name: 'the line cut: to the agency',
    happen: ({ agencyLine, chance }) => breakLine(agencyLine, chance),
  },
  ...(['hang', 'twice', 'late'] as const).map(
    (behaviour): Trouble => ({
      name: `an agency that does this: ${behaviour}`,
      happen: async ({ agency, chance }) => {
        agency.behave(behaviour, 0.3, String(chance.next()));
        await somewhile(chance);
        await wait(full ? 4000 : 1000);
        agency.behave(behaviour === 'hang' ? 'answer' : behaviour);
      },
    }),
  ),
  { name: 'every clock set back an hour', prepare: clockSetBack },
  {
    name: 'an agency that refuses for a minute',
    behaviour: 'answer',
    happen: async ({ agency, chance }) => {
      agency.behave('refuse', 1, String(chance.next()));
      await wait(full ? 60_000 / times : 3000);
      agency.behave('answer');
    },
  },
  {
    name: 'an agency that answers garbage, and an operator who has it asked again',
    behaviour: 'answer',
    happen: async ({ agency, deployment, chance }) => {
      agency.behave('garbage', 0.5, String(chance.next()));
      await somewhile(chance);
      await wait(1000);
      agency.behave('answer');
      const { code, stderr } = await mezhved(['dead', 'requeue', 'all'], deployment.env);
      expect(code, stderr).to.equal(0);
    },
  },
];

/** Every clock of the processes goes back an hour, and they start anew under it: as machines do. */
async function clockSetBack(): Promise<Prepared | null> {
  const clock = await falseClock();
  if (clock === undefined) return null;
  let ahead = 0;
  return {
    plan: { env: clock.env },
    remove: () => clock.remove(),
    happen: async ({ chance, deployment, load }) => {
      // What waited on the old time goes on by the new one.
      load.passing.add('TIMESTAMP_STALE');
      ahead -= 3_600_000;
      clock.set(ahead);
      await somewhile(chance);
      for (const each of [...deployment.nodes, ...deployment.workers]) {
        await each.kill();
        await each.start();
      }
      load.clockAheadMs = ahead;
    },
  };
}

/** Cut off, or silent: then nobody is told that nothing comes. */
async function breakLine(line: Line | undefined, chance: Chance): Promise<void> {
  if (chance.next() < 0.5) await line?.cut();
  else line?.hang();
  await somewhile(chance);
  await somewhile(chance);
  await line?.mend();
}

async function killRedis({ redis }: Deployment, chance: Chance, loseData: boolean): Promise<void> {
  await redis?.kill();
  await somewhile(chance);
  await redis?.restart({ loseData });
}

/** So many exchanges are in flight, then the trouble happens so often; nothing is lost or doubled. */
async function endure(context: Mocha.Context, kind: Plan['kind'], trouble: Trouble): Promise<void> {
  const prepared = await trouble.prepare?.();
  if (prepared === null) return context.skip();
  const chance = new Chance();
  process.stdout.write(`        seed ${chance.seed}: MEZHVED_SEED=${chance.seed} draws the same\n`);
  const agency = await startAgency();
  const agencyLine = await startProxy(agency.port);
  const url = agency.url.replace(`:${agency.port}/`, `:${agencyLine.port}/`);
  let deployment: Deployment | undefined;
  try {
    deployment = await Deployment.start({ ...prepared?.plan, kind, route: restRoute(url) });
    if (deployment === undefined) {
      process.stdout.write(`SKIPPED: ${trouble.name}: a service is not installed\n`);
      return context.skip();
    }
    const load = new Load(deployment.urls, chance);
    const happen = trouble.happen ?? prepared?.happen;
    await carry({ load, agencyLine, deployment, agency, chance }, trouble, happen);
  } finally {
    await deployment?.end();
    await agencyLine.stop();
    await agency.stop();
    await prepared?.remove();
  }
}

async function carry(stage: Stage, trouble: Trouble, happen: Trouble['happen']): Promise<void> {
  const { load, deployment, agency, chance } = stage;
  const began = Date.now();
  // Nothing is answered until all are in flight.
  agency.behave('refuse', 1, 'none is let in');
  const ids = await load.send(exchanges);
  agency.behave(trouble.behaviour ?? 'mixed', 1, String(chance.seed));
  const taking = load.takeAnswers(ids, quietMs);
  for (let n = 0; n < times; n += 1) {
    await happen?.(stage);
    await somewhile(chance);
  }
  const stalled = wait(full ? 1_500_000 : 60_000, undefined, { ref: false }).then(() => {
    throw new Error(`still without an answer: ${load.missing(ids).length}\n${outputs(deployment)}`);
  });
  await Promise.race([taking, stalled]);
  expect(load.missing(ids), 'lost').to.deep.equal([]);
  expect(load.doubled(), 'doubled').to.deep.equal([]);
  expect([...load.answers.keys()], 'answers to what was not asked').to.have.members(ids);
  expect([...agency.effects.keys()], 'effects').to.have.members(ids);
  expect([...agency.effects.values()].filter(({ count }) => count !== 1)).to.deep.equal([]);
  expect(agency.conflicts, 'other bodies under one key').to.equal(0);
  expect(new Set(await deployment.stop()), 'exit codes').to.deep.equal(new Set([0]));
  const verdict = await deployment.journalVerdict();
  expect(verdict).to.deep.include({ ok: true, problems: [] });
  process.stdout.write(
    `        ${ids.length} exchanges, ${times} times, ${Math.round((Date.now() - began) / 1000)} s: ` +
      `lost 0, doubled 0; the agency was asked ${agency.requests} times; ` +
      `journal of ${verdict.entries} entries verifies\n`,
  );
}

function outputs({ nodes, workers }: Deployment): string {
  return [...nodes, ...workers].map(({ output }) => output).join('\n');
}

/** The quick ones, one after another over the same processes: what `npm test` has time for. */
function together(kind: Plan['kind']): Trouble {
  const quick = troublesOf(kind).filter((trouble) => trouble.quick === true);
  return {
    name: quick.map(({ name }) => name).join(', then '),
    happen: async (stage) => {
      for (const { happen } of quick) await happen?.(stage);
    },
  };
}

function troublesOf(kind: Plan['kind']): readonly Trouble[] {
  return troubles.filter(({ kinds }) => kinds?.includes(kind) !== false);
}

// Without `full`, kill.test.ts is what kills an embedded node.
for (const kind of full ? (['embedded', 'production'] as const) : (['production'] as const)) {
  describe(`${exchanges} exchanges in flight, ${kind}`, function () {
    this.timeout(full ? 3_600_000 : 120_000);
    for (const trouble of full ? troublesOf(kind) : [together(kind)]) {
      it(`lose and double nothing: ${trouble.name}`, function () {
        return endure(this, kind, trouble);
      });
    }
  });
}
