import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { type Version, versions } from '../../src/smev/namespaces.ts';
import {
  Client,
  freshMessageId,
  polledRequest,
  polledResponse,
  type SandboxKind,
  sandboxKinds,
  sandboxSigner,
  textAt,
} from '../harness/client.ts';
import { birthRequest, birthResponse, birthType, paymentRequest } from '../harness/content.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { freshPostgres } from '../harness/postgres.ts';

describe('an exchange over HTTP', function () {
  this.timeout(60_000);
  for (const store of ['sqlite', 'postgres'] as const) {
    describe(`on ${store}`, () => {
      let node: NodeProcess;
      let folder: Awaited<ReturnType<typeof temporaryFolder>>;
      let database: Awaited<ReturnType<typeof freshPostgres>>;

      before(async function () {
        if (store === 'postgres') {
          database = await freshPostgres();
          if (database === undefined) {
            process.stdout.write('SKIPPED: PostgreSQL: install the Debian package postgresql\n');
            this.skip();
          }
        }
        folder = await temporaryFolder();
        const env = database === undefined ? {} : { MEZHVED_DATABASE_URL: database.url };
        node = await startNode(folder.path, env);
      });
      after(async () => {
        await node?.stop();
        await folder?.remove();
        await database?.drop();
      });

      const client = (
        agency: 'agency-a' | 'agency-b',
        version: Version,
        kind: SandboxKind = 'rsa',
      ) => new Client(node.url, version, sandboxSigner(agency, kind));

      for (const version of versions) {
        for (const kind of sandboxKinds) {
          it(`goes there and back in ${version} with ${kind} keys`, async () => {
            const sender = client('agency-a', version, kind);
            const provider = client('agency-b', version, kind);
            const messageId = freshMessageId();
            const sent = await sender.sendRequest({ messageId, content: birthRequest('Тест') });
            expect(sent.code).to.equal(undefined);
            expect(textAt(sent.text, 'MessageMetadata', 'Status')).to.equal('requestIsQueued');

            const request = polledRequest(await provider.poll('GetRequest'));
            expect(request?.messageId).to.equal(messageId);
            const answered = await provider.sendResponse(request?.replyTo ?? '', {
              content: birthResponse('Тест'),
            });
            expect(answered.code).to.equal(undefined);
            expect((await provider.ack(messageId)).code).to.equal(undefined);

            const response = polledResponse(await sender.poll('GetResponse'));
            expect(response?.originalMessageId).to.equal(messageId);
            expect((await sender.ack(response?.messageId ?? '')).code).to.equal(undefined);
            expect(polledResponse(await sender.poll('GetResponse'))).to.equal(undefined);
          });
        }
      }

      it('goes from a sender of one version to a provider of another', async () => {
        for (const [from, to] of [
          ['1.1', '1.2'],
          ['1.2', '1.3'],
          ['1.3', '1.1'],
        ] as const) {
          const messageId = freshMessageId();
          await client('agency-a', from).sendRequest({ messageId, content: birthRequest('Тест') });
          const polled = await client('agency-b', to).poll('GetRequest');
          const request = polledRequest(polled);
          expect(request?.messageId).to.equal(messageId);
          await client('agency-b', to).sendResponse(request?.replyTo ?? '', {
            content: birthResponse('Тест'),
          });
          await client('agency-b', to).ack(messageId);
          const response = polledResponse(await client('agency-a', from).poll('GetResponse'));
          expect(response?.originalMessageId).to.equal(messageId);
          await client('agency-a', from).ack(response?.messageId ?? '');
        }
      });

      it('is answered by the simulator where the route says so', async () => {
        const sender = client('agency-a', '1.2');
        const messageId = freshMessageId();
        const sent = await sender.sendRequest({ messageId, content: paymentRequest() });
        expect(sent.code).to.equal(undefined);
        let response = polledResponse(await sender.poll('GetResponse'));
        for (let n = 0; n < 100 && response === undefined; n += 1) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          response = polledResponse(await sender.poll('GetResponse'));
        }
        expect(response?.originalMessageId).to.equal(messageId);
        await sender.ack(response?.messageId ?? '');
      });

      it('gives the stored answer to the same message again, and nothing to another', async () => {
        const sender = client('agency-a', '1.2');
        const messageId = freshMessageId();
        const first = await sender.sendRequest({ messageId, content: birthRequest('Один') });
        const again = await sender.sendRequest({ messageId, content: birthRequest('Один') });
        expect(again.text).to.equal(first.text);
        const other = await sender.sendRequest({ messageId, content: birthRequest('Другой') });
        expect(other).to.include({ code: 'MESSAGE_ALREADY_SENT', element: 'MessageIsAlreadySent' });
        const provider = client('agency-b', '1.2');
        expect(polledRequest(await provider.poll('GetRequest'))?.messageId).to.equal(messageId);
        expect(polledRequest(await provider.poll('GetRequest'))).to.equal(undefined);
        await provider.ack(messageId);
      });

      it('lets validate judge business content by its registered types', async () => {
        const file = join(folder.path, 'invalid.xml');
        const call = { messageId: freshMessageId(), content: birthRequest('') };
        await writeFile(file, client('agency-a', '1.2').sign(sendRequestCall('1.2', call)));
        const { code, stdout } = await mezhved(['validate', file, '--json'], node.env);
        expect(code).to.equal(1);
        const { problems } = JSON.parse(stdout);
        expect(problems[0].path).to.match(/BirthRecordRequest\/FullName$/);
      });

      it('shows a refusal by the journal id that it quotes, and by its MessageID', async () => {
        const messageId = freshMessageId();
        const call = { messageId, content: birthRequest('Тест') };
        const refused = await client('agency-b', '1.2').sendRequest(call);
        const quoted = /Запись журнала: (\w+)/.exec(refused.text)?.[1] ?? '';
        for (const id of [quoted, messageId]) {
          const { code, stdout } = await mezhved(['exchange', 'show', id, '--json'], node.env);
          expect(code).to.equal(0);
          const [refusal] = JSON.parse(stdout).refusals;
          expect(refusal).to.include({
            id: quoted,
            code: 'ACCESS_DENIED',
            system: 'agency-b',
            messageId,
          });
        }
        const { stdout } = await mezhved(['exchange', 'show', quoted], node.env);
        expect(stdout).to.contain('ACCESS_DENIED').and.contain('Нет права');
        expect((await mezhved(['exchange', 'show', 'NOTHING'], node.env)).code).to.equal(1);
      });

      it('tells what it did: list, show, journal', async () => {
        const sender = client('agency-a', '1.3');
        const messageId = freshMessageId();
        await sender.sendRequest({ messageId, content: birthRequest('Тест') });
        const list = JSON.parse((await mezhved(['exchange', 'list', '--json'], node.env)).stdout);
        expect(list[0]).to.include({
          messageId,
          type: birthType,
          sender: 'agency-a',
          status: 'requestIsQueued',
        });
        const show = JSON.parse(
          (await mezhved(['exchange', 'show', messageId, '--json'], node.env)).stdout,
        );
        expect(show.timeline.map(({ stage }: { stage: string }) => stage)).to.include.members([
          'receipt',
          'acceptance',
          'answer',
        ]);
        const journal = await mezhved(['journal', 'verify', '--json'], node.env);
        expect(journal.code).to.equal(0);
        expect(JSON.parse(journal.stdout)).to.include({ ok: true });
        const provider = client('agency-b', '1.3');
        await provider.poll('GetRequest');
        await provider.ack(messageId);
      });
    });
  }
});
