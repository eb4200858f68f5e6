import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ExplainReport } from '../../src/cli/explain.ts';
import { mezhved, temporaryFolder } from '../harness/node.ts';
import { signedRequest, signerOf } from '../signature/documents.ts';

describe('mezhved explain', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  const content = '<x:Query xmlns:x="urn:x"><x:File>0YTQsNC50Ls=</x:File></x:Query>';

  async function explain(text: string, ...words: string[]) {
    const file = join(folder.path, 'message.xml');
    await writeFile(file, text);
    return mezhved(['explain', file, ...words]);
  }

  it('says in one line that a signature is good, and ends with 0', async () => {
    const { code, stdout } = await explain(signedRequest(signerOf('rsa'), content));
    expect(code).to.equal(0);
    expect(stdout).to.match(/CallerInformationSystemSignature #SIGNED_BY_CALLER: подпись верна/);
    expect(stdout.trim().split('\n')).to.have.lengthOf(1);
  });

  it('shows the cause and the first octets that differ, and ends with 1', async () => {
    const text = signedRequest(signerOf('rsa'), content).replace('<x:File>', '\n  <x:File>');
    const { code, stdout } = await explain(text);
    expect(code).to.equal(1);
    expect(stdout).to.match(/cause {6}pretty-printed\n/);
    expect(stdout).to.match(/received {2}.*\\n {2}<x:File>/);
    const { stdout: json } = await explain(text, '--json');
    const [told] = (JSON.parse(json) as ExplainReport).signatures;
    expect(told).to.have.all.keys(
      ...['path', 'id', 'digest', 'signature', 'reference', 'cause', 'ru', 'en'],
      ...['difference', 'tried'],
    );
    expect(told).to.include({ digest: 'bad', signature: 'good', cause: 'pretty-printed' });
  });

  it('reads a captured multipart message with its attachments', async () => {
    const boundary = '--edge\r\nContent-Type: application/xop+xml\r\n\r\n';
    const include =
      '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:f@x"/>';
    const xml = signedRequest(signerOf('rsa'), content).replace('0YTQsNC50Ls=', include);
    const part = 'Content-ID: <f@x>\r\nContent-Type: text/plain\r\n\r\nфайл\r\n--edge--';
    const { code, stdout } = await explain(
      `POST / HTTP/1.1\r\n\r\n${boundary}${xml}\r\n--edge\r\n${part}`,
    );
    expect(code).to.equal(1);
    expect(stdout).to.match(/cause {6}xop-not-inlined\n/);
  });

  it('ends with 1 where there is no signature, with 2 where there is no XML', async () => {
    expect(await explain('<a/>')).to.deep.include({ code: 1 });
    expect((await explain('<a')).code).to.equal(2);
    expect((await mezhved(['explain', join(folder.path, 'no.xml')])).code).to.equal(2);
  });
});
