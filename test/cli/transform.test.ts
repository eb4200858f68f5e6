import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { mezhved, temporaryFolder } from '../harness/node.ts';

describe('mezhved transform', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  async function transform(xml: string, ...args: string[]) {
    const file = join(folder.path, 'message.xml');
    await writeFile(file, xml);
    return mezhved(['transform', file, ...args]);
  }

  it('writes the octets of the root, or of the element with the Id, and nothing else', async () => {
    const xml = '<a xmlns="urn:a"> <b Id="x">1</b> </a>';
    const whole = '<ns1:a xmlns:ns1="urn:a"><ns1:b Id="x">1</ns1:b></ns1:a>';
    expect(await transform(xml)).to.deep.include({ code: 0, stdout: whole });
    const part = await transform(xml, '--id', 'x');
    expect(part).to.deep.include({ code: 0, stdout: '<ns1:b xmlns:ns1="urn:a" Id="x">1</ns1:b>' });
  });

  it('ends with 1 and a sentence where the transform refuses', async () => {
    const { code, stderr, stdout } = await transform('<a/>');
    expect(code).to.equal(1);
    expect(stderr).to.match(/TRANSFORM_REFUSED.*\n/);
    expect(stdout).to.equal('');
  });

  it('ends with 2 where the file or the Id is not there', async () => {
    expect((await mezhved(['transform', join(folder.path, 'no.xml')])).code).to.equal(2);
    expect((await transform('<a xmlns="urn:a"/>', '--id', 'x')).code).to.equal(2);
    expect((await transform('<a')).code).to.equal(2);
  });
});
