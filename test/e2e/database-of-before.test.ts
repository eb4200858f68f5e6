import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { expect } from 'chai';
import {
  Client,
  freshMessageId,
  polledRequest,
  polledResponse,
  sandboxSigner,
} from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { checkout, mezhved, startNode, temporaryFolder } from '../harness/node.ts';

const fixtures = join(checkout, 'test', 'fixtures');

/** What stands in each: its statuses, and how many answers its sender gets in all. */
const contents: Readonly<Record<string, { statuses: readonly string[]; answers: number }>> = {
  'database-0.1.0': {
    statuses: ['messageIsDelivered', 'requestIsQueued', 'responseIsAcceptedBySmev'],
    answers: 1,
  },
  // Three answers wait; a delivery that is due and one whose attempt died bring two more.
  'database-0.2.0': {
    statuses: [
      'messageIsDelivered',
      ...['requestIsQueued', 'requestIsQueued', 'requestIsQueued'],
      'requestIsRejectedBySmev',
      ...['responseIsAcceptedBySmev', 'responseIsAcceptedBySmev'],
    ],
    answers: 5,
  },
  // Three answers wait; a delivery whose attempt died brings another.
  'database-0.3.0': {
    statuses: [
      'messageIsDelivered',
      ...['requestIsQueued', 'requestIsQueued'],
      'requestIsRejectedBySmev',
      ...['responseIsAcceptedBySmev', 'responseIsAcceptedBySmev'],
    ],
    answers: 4,
  },
  'database-0.4.0': {
    statuses: [
      ...['messageIsDelivered', 'messageIsDelivered', 'requestIsQueued'],
      ...['responseIsAcceptedBySmev', 'responseIsAcceptedBySmev'],
    ],
    answers: 2,
  },
};

/** Takes answers until so many came, then sees that there is no other. */
async function takeAnswers(sender: Client, count: number): Promise<Set<string | undefined>> {
  const answered = new Set<string | undefined>();
  const until = Date.now() + 30_000;
  while (answered.size < count && Date.now() < until) {
    const response = polledResponse(await sender.poll('GetResponse'));
    if (response === undefined) {
      await wait(100);
      continue;
    }
    expect((await sender.ack(response.messageId)).code).to.equal(undefined);
    answered.add(response.originalMessageId);
  }
  await wait(500);
  expect(polledResponse(await sender.poll('GetResponse')), 'one too many').to.equal(undefined);
  return answered;
}

/** As it is, before a node begins to work on it. */
function statusesIn(file: string): unknown[] {
  const database = new Sqlite(file, { readonly: true });
  const statuses = database.prepare('SELECT status FROM exchange ORDER BY status').pluck().all();
  database.close();
  return statuses;
}

describe('a database of a version before', function () {
  this.timeout(60_000);

  for (const name of readdirSync(fixtures).filter((each) => each.startsWith('database-'))) {
    it(`${name} opens, and what waited in it is delivered`, async () => {
      const { statuses = [], answers = 0 } = contents[name] ?? {};
      expect(answers, 'what stands in it is not said above').to.be.greaterThan(0);
      const folder = await temporaryFolder();
      cpSync(join(fixtures, name, 'mezhved.db'), join(folder.path, 'mezhved.db'));
      expect(statusesIn(join(folder.path, 'mezhved.db'))).to.deep.equal(statuses);
      const node = await startNode(folder.path);
      try {
        const sender = new Client(node.url, '1.2', sandboxSigner('agency-a'));
        expect(await takeAnswers(sender, answers)).to.have.lengthOf(answers);
        // Its sender was told: nobody decides on it any more.
        const dead = await mezhved(['dead', 'list', '--json'], node.env);
        expect(JSON.parse(dead.stdout)).to.deep.equal([]);
        const provider = new Client(node.url, '1.2', sandboxSigner('agency-b'));
        const request = polledRequest(await provider.poll('GetRequest'));
        expect((await provider.ack(request?.messageId ?? '')).code).to.equal(undefined);
        for (const kind of ['gost', 'gost512'] as const) {
          const gost = new Client(node.url, '1.2', sandboxSigner('agency-a', kind));
          const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
          expect((await gost.sendRequest(call)).code, kind).to.equal(undefined);
        }
        const journal = await mezhved(['journal', 'verify', '--json'], node.env);
        expect(JSON.parse(journal.stdout)).to.include({ ok: true });
      } finally {
        await node.stop();
        await folder.remove();
      }
    });
  }
});
