import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { openDatabase } from '../../src/store/database.ts';
import { lastingPort } from '../harness/guarded.ts';
import { checkout, temporaryFolder } from '../harness/node.ts';
import { Chance } from './chance.ts';
import { Deployment, type Plan } from './deployment.ts';
import { describeInFull, full } from './full.ts';
import { Load, signedRequest } from './load.ts';
import { postSteadily, within } from './steady.ts';

const exchanges = full ? 1000 : 25;
const everyMs = full ? 40 : 100;
/** How often each of the two is killed. */
const times = full ? 6 : 1;

const certs = join(checkout, 'certs.example');

/** An attempt and a lease of a process that died hold nothing up for long. */
const short = {
  limits: { leaseMs: 2000 },
  delivery: { attemptMaxMs: 3000, sweepEveryMs: 500, stopWithinMs: 5000 },
};

interface Chain {
  /** Here the requests are sent. */
  readonly first: Deployment;
  /** Here they are answered. */
  readonly second: Deployment;
}

/** Two nodes: the first is an information system of the second. */
async function startChain(folder: string): Promise<Chain> {
  const trust = join(folder, 'second.crt.pem');
  const ofNode = readdirSync(certs).filter((name) => /^node.*\.crt\.pem$/.test(name));
  writeFileSync(trust, ofNode.map((name) => readFileSync(join(certs, name), 'utf8')).join('\n'));
  const listen = `127.0.0.1:${await lastingPort()}`;
  const url = `http://${listen}`;
  const route = {
    kind: 'smev',
    url: `${url}/smev/v1.3/ws`,
    version: '1.3',
    key: join(certs, 'agency-a-ec.key.pem'),
    certificate: join(certs, 'agency-a-ec.crt.pem'),
    trust,
    pollMs: 200,
    timeoutMs: 2000,
    connectMs: 1000,
  };
  const [first, second] = await Promise.all([
    started({ kind: 'embedded', route, config: short }),
    started({
      kind: 'embedded',
      route: sandboxRoute(),
      config: short,
      env: { MEZHVED_LISTEN: listen, MEZHVED_PUBLIC_URL: url },
    }),
  ]);
  return { first, second };
}

async function started(plan: Plan): Promise<Deployment> {
  const deployment = await Deployment.start(plan);
  if (deployment === undefined) throw new Error('an embedded node needs nothing');
  return deployment;
}

/** The sandbox's own route of payment-status: its simulator answers. */
function sandboxRoute(): object {
  const file = join(checkout, 'config', 'sandbox', 'message-types.yaml');
  const types = parseAllDocuments(readFileSync(file, 'utf8')).map((each) => each.toJS());
  return types.find(({ id }) => id === 'payment-status').route;
}

/** Kills one of the two at a time, each so often, in an order that chance draws. */
async function killEach({ first, second }: Chain, chance: Chance, inFlight: () => number) {
  const left = [...Array(times).fill(first), ...Array(times).fill(second)] as Deployment[];
  while (left.length > 0) {
    await wait(chance.between(200, full ? 2500 : 800));
    const [chosen] = left.splice(chance.between(0, left.length), 1);
    expect(inFlight(), 'requests without an answer at the kill').to.be.above(0);
    const [node] = chosen?.nodes ?? [];
    await node?.kill();
    await wait(chance.between(100, full ? 1500 : 400));
    await node?.start();
  }
}

interface Kept {
  readonly messageId: string;
  /** Final answers. */
  readonly answers: number;
}

/** Every exchange in the database of a node that was stopped. */
async function keptBy({ env }: Deployment): Promise<Kept[]> {
  const { kysely, close } = openDatabase(`sqlite:${join(env['MEZHVED_DATA'] ?? '', 'mezhved.db')}`);
  try {
    return await kysely
      .selectFrom('exchange')
      .leftJoin('message', (on) =>
        on
          .onRef('message.exchange_id', '=', 'exchange.id')
          .on('message.kind', 'in', ['response', 'rejection', 'async']),
      )
      .select(['exchange.message_id as messageId'])
      .select(({ fn }) => fn.count<number>('message.message_id').as('answers'))
      .groupBy('exchange.id')
      .execute();
  } finally {
    await close();
  }
}

describeInFull('two nodes in a chain', function () {
  this.timeout(full ? 900_000 : 240_000);

  it(`lose and double none of ${exchanges} exchanges by kill -9 of either`, async () => {
    const chance = new Chance();
    process.stdout.write(
      `        seed ${chance.seed}: MEZHVED_SEED=${chance.seed} draws the same\n`,
    );
    const folder = await temporaryFolder();
    let chain: Chain | undefined;
    const began = performance.now();
    try {
      chain = await startChain(folder.path);
      const { first, second } = chain;
      const load = new Load(first.urls, chance);
      const requests = Array.from({ length: exchanges }, () => signedRequest());
      const ids = requests.map(({ messageId }) => messageId);
      const work = Promise.all([
        postSteadily(load, requests, everyMs),
        load.takeAnswers(ids, full ? 5000 : 1000),
        killEach(chain, chance, () => load.missing(ids).length),
      ]);
      await within(work, full ? 600_000 : 150_000, () => {
        const outputs = [first, second].map(({ nodes: [node] }) => node?.output);
        return [`without an answer: ${load.missing(ids).length}`, ...outputs].join('\n');
      });
      expect(load.missing(ids), 'lost').to.deep.equal([]);
      expect(load.doubled(), 'doubled').to.deep.equal([]);
      expect([...load.answers.keys()], 'answers to what was not asked').to.have.members(ids);
      for (const each of [first, second]) {
        expect(await each.stop(), 'exit codes').to.deep.equal([0]);
        expect(await each.journalVerdict()).to.deep.include({ ok: true, problems: [] });
        const once = ids.map((messageId) => ({ messageId, answers: 1 }));
        expect(await keptBy(each), 'one exchange and one answer each').to.have.deep.members(once);
      }
      process.stdout.write(
        `        ${exchanges} exchanges, each node killed ${times} times, ` +
          `${Math.round((performance.now() - began) / 1000)} s: lost 0, doubled 0; journals verify\n`,
      );
    } finally {
      await Promise.all([chain?.first.end(), chain?.second.end()]);
      await folder.remove();
    }
  });
});
