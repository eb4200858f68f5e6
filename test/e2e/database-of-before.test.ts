import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
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

describe('a database of a version before', function () {
  this.timeout(60_000);

  for (const name of readdirSync(fixtures).filter((each) => each.startsWith('database-'))) {
    it(`${name} opens, and what waited in it is delivered`, async () => {
      const folder = await temporaryFolder();
      cpSync(join(fixtures, name, 'mezhved.db'), join(folder.path, 'mezhved.db'));
      const node = await startNode(folder.path);
      try {
        const list = JSON.parse((await mezhved(['exchange', 'list', '--json'], node.env)).stdout);
        const statuses = list.map(({ status }: { status: string }) => status).sort();
        expect(statuses).to.deep.equal([
          'messageIsDelivered',
          'requestIsQueued',
          'responseIsAcceptedBySmev',
        ]);
        const provider = new Client(node.url, '1.2', sandboxSigner('agency-b'));
        const request = polledRequest(await provider.poll('GetRequest'));
        expect((await provider.ack(request?.messageId ?? '')).code).to.equal(undefined);
        const sender = new Client(node.url, '1.2', sandboxSigner('agency-a'));
        const response = polledResponse(await sender.poll('GetResponse'));
        expect((await sender.ack(response?.messageId ?? '')).code).to.equal(undefined);
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
