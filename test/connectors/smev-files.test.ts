import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Client as FtpClient } from 'basic-ftp';
import { expect } from 'chai';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import type { Connector } from '../../src/connectors/connector.ts';
import { smev } from '../../src/connectors/smev.ts';
import { gostDigest } from '../../src/gost/digest.ts';
import { digestHere } from '../exchange/file-stand.ts';
import { Client, freshMessageId, polledRequest, sandboxSigner } from '../harness/client.ts';
import { birthNamespace, birthRequest, birthResponse } from '../harness/content.ts';
import { attached, sha256, signatureOf } from '../harness/files.ts';
import { temporaryFolder } from '../harness/node.ts';
import { agencyRequest, failureOf, never } from './agencies.ts';
import { MemoryInbox, routeTo, serviceOf, startUpstream, typeOf } from './upstreams.ts';

const leaseMs = 600;

describe('the smev connector and the files of answers', function () {
  this.timeout(120_000);
  let upstream: Awaited<ReturnType<typeof startUpstream>>;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const open: Connector[] = [];
  before(async () => {
    folder = await temporaryFolder();
    upstream = await startUpstream(leaseMs, { attachments: { ftp: { listen: '127.0.0.1:0' } } });
    await writeFile(join(folder.path, 'user'), 'agency-a');
    await writeFile(join(folder.path, 'password'), 'agency-a-files');
  });
  after(async () => {
    await Promise.all(open.map((each) => each.close()));
    await upstream?.stop();
    await folder?.remove();
  });

  function connectorTo(storeUrl: string): Connector {
    const [userFile, passwordFile] = [join(folder.path, 'user'), join(folder.path, 'password')];
    const fileStore = { url: storeUrl, userFile, passwordFile };
    const route = routeTo(serviceOf(upstream.node), { fileStore });
    const store = new LocalFiles(folder.path, randomBytes);
    const desk = { store, filesMax: 10, bytesMax: 1_000_000, digester: { begin: digestHere } };
    const connector = smev(
      route,
      typeOf('birth-record', birthNamespace, 'BirthRecord', route),
      desk,
    );
    open.push(connector);
    return connector;
  }

  it('leaves an answer whose files cannot be had, asks an operator, and takes it whole later', async () => {
    const away = connectorTo('ftp://127.0.0.1:1');
    const messageId = freshMessageId();
    const root = { namespace: birthNamespace, local: 'BirthRecordRequest' };
    await away.deliver(agencyRequest(birthRequest('Тест'), root, { messageId }), never);
    const provider = new Client(upstream.node.url, '1.2', sandboxSigner('agency-b'));
    const { replyTo = '' } = polledRequest(await provider.poll('GetRequest')) ?? {};
    const [scan, large] = [randomBytes(9000), randomBytes(400_000)];
    const uuid = freshMessageId();
    const ftp = new FtpClient();
    const { hostname: host, port } = new URL(upstream.node.storeUrl);
    const login = { user: 'agency-b', password: 'agency-b-files' };
    await ftp.access({ host, port: Number(port), ...login });
    await ftp.send(`MKD ${uuid}`);
    await ftp.uploadFrom(Readable.from([large], { objectMode: false }), `${uuid}/large.bin`);
    ftp.close();
    const answered = await provider.sendResponse(replyTo, {
      content: birthResponse('Тест'),
      files: {
        attached: [attached('scan', scan, 'agency-b', 'gost')],
        stored: [
          {
            ...{ uuid, mimeType: 'application/octet-stream' },
            hash: gostDigest('streebog256', large),
            signature: signatureOf('agency-b', 'gost', large),
          },
        ],
      },
    });
    expect(answered.code).to.equal(undefined);

    const inbox = new MemoryInbox();
    const collect = (by: Connector) => by.collecting?.collect(inbox, never) ?? Promise.resolve();
    for (let n = 0; n < 200 && inbox.givenUp.length === 0; n += 1) {
      await collect(away).catch(() => undefined);
      await wait(100);
    }
    expect(inbox.givenUp).to.deep.equal([messageId]);
    expect(inbox.taken).to.deep.equal([]);
    await wait(leaseMs + 100);
    const failure = await failureOf(collect(away));
    expect(failure.code).to.equal('UNREACHABLE');
    expect(failure.message).to.include('was left there').and.not.include('agency-a-files');

    const near = connectorTo(upstream.node.storeUrl);
    for (let n = 0; n < 100 && inbox.taken.length === 0; n += 1) {
      await collect(near).catch(() => undefined);
      await wait(100);
    }
    const [collected] = inbox.taken;
    if (collected?.answer.kind !== 'content') throw new Error('no answer');
    expect(collected).to.include({ messageId, mayBeAltered: true });
    const files = collected.answer.files ?? [];
    expect(
      files.map(({ place, contentId, fileName }) => [place, contentId, fileName]),
    ).to.deep.equal([
      ['attached', 'scan', undefined],
      ['stored', uuid, 'large.bin'],
    ]);
    expect(files.map((file) => file.sha256)).to.deep.equal([sha256(scan), sha256(large)]);
    await wait(leaseMs + 100);
    await collect(near);
    expect(inbox.taken, 'it was acknowledged').to.have.lengthOf(1);
  });
});
