import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { attached } from '../harness/files.ts';
import { type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';

const script = `
read -r first
case "$first" in
  *VIRUS*) echo "найден VIRUS"; exit 1 ;;
  *BROKEN*) exit 3 ;;
esac
cat >/dev/null
`;

describe('files that a command of the operator checks', function () {
  this.timeout(30_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
    const config = join(folder.path, 'config.yaml');
    const check = { command: ['sh', '-c', script], withinMs: 5000 };
    await writeFile(config, JSON.stringify({ attachments: { check } }));
    node = await startNode(join(folder.path, 'data'), { MEZHVED_CONFIG: config });
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  it('are taken, refused in the words of the check, or not taken while it does not work', async () => {
    const sender = new Client(node.url, '1.3', sandboxSigner('agency-a'));
    const send = (file: Buffer) =>
      sender.sendRequest({
        messageId: freshMessageId(),
        content: birthRequest('Тест'),
        files: { attached: [attached('good', Buffer.from('x\n')), attached('file', file)] },
      });
    expect((await send(Buffer.from('harmless\n'))).code).to.equal(undefined);
    const refused = await send(Buffer.from('a VIRUS\n'));
    expect(refused.code).to.equal('ATTACHMENT_REFUSED');
    expect(refused.text).to.include('«file»: найден VIRUS');
    const failed = await send(Buffer.concat([Buffer.from('BROKEN\n'), randomBytes(100_000)]));
    expect([failed.code, failed.status]).to.deep.equal(['BUSY', 503]);
    expect(failed.headers.get('retry-after')).to.equal('5');
    const kept = await readdir(join(folder.path, 'data', 'files', 'kept'), { recursive: true });
    expect(kept.filter((name) => name.length > 3)).to.have.lengthOf(2);
    const begun = await readdir(join(folder.path, 'data', 'files', 'new'));
    expect(begun).to.deep.equal([]);
  });
});
