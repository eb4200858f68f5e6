import { expect } from 'chai';
import { examine } from '../../src/signature/examine.ts';
import { findSignatures } from '../../src/signature/find.ts';
import { signText } from '../../src/signature/insert.ts';
import { fileProfiles, profiles } from '../../src/signature/profiles.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { versions } from '../../src/smev/namespaces.ts';
import { withXml } from '../../src/xml/document.ts';
import {
  type Answer,
  Client,
  freshMessageId,
  polledRequest,
  type SandboxKind,
  sandboxSigner,
} from '../harness/client.ts';
import { birthRequest, birthResponse } from '../harness/content.ts';
import { type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';

const allowed = fileProfiles.map((name) => profiles[name]);

/** Container, kind of the signer's key and verdicts of every signature of an answer. */
function signaturesOf({ text }: Answer): string[] {
  return withXml(Buffer.from(text), (document) =>
    findSignatures(document).map((found) => {
      const { certificate, digest, signature, problems } = examine(document, found, allowed);
      const where = found.container?.name;
      return [where, certificate?.keyKind, digest, signature, ...problems].join(' ');
    }),
  );
}

describe('GOST over HTTP', function () {
  this.timeout(60_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
    node = await startNode(folder.path);
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  const client = (agency: 'agency-a' | 'agency-b', kind: SandboxKind, version = versions[1]) =>
    new Client(node.url, version, sandboxSigner(agency, kind));

  for (const version of versions) {
    for (const [kind, keyKind] of [
      ['gost', 'gost2012-256'],
      ['gost512', 'gost2012-512'],
    ] as const) {
      it(`is answered in ${keyKind} in ${version}, nested signatures good`, async () => {
        const [sender, provider] = [
          new Client(node.url, version, sandboxSigner('agency-a', kind)),
          new Client(node.url, version, sandboxSigner('agency-b', kind)),
        ];
        const messageId = freshMessageId();
        const sent = await sender.sendRequest({ messageId, content: birthRequest('Тест') });
        expect(signaturesOf(sent)).to.deep.equal([`SMEVSignature ${keyKind} good good`]);
        const polled = await provider.poll('GetRequest');
        expect(signaturesOf(polled)).to.deep.equal([
          `SenderInformationSystemSignature ${keyKind} good good`,
          `SMEVSignature ${keyKind} good good`,
        ]);
        await provider.ack(messageId);
        const to = polledRequest(polled)?.replyTo ?? '';
        const answered = await provider.sendResponse(to, { content: birthResponse('Тест') });
        expect(answered.code).to.equal(undefined);
        const response = await sender.poll('GetResponse');
        expect(signaturesOf(response)).to.have.lengthOf(2);
      });
    }
  }

  it('carries a message of a GOST sender to an RSA provider, its signature whole', async () => {
    const messageId = freshMessageId();
    await client('agency-a', 'gost').sendRequest({ messageId, content: birthRequest('Тест') });
    expect(signaturesOf(await client('agency-b', 'rsa').poll('GetRequest'))).to.deep.equal([
      'SenderInformationSystemSignature gost2012-256 good good',
      'SMEVSignature rsa good good',
    ]);
    await client('agency-b', 'rsa').ack(messageId);
  });

  it('signs the refusal of a GOST message with GOST', async () => {
    const sender = client('agency-a', 'gost');
    const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
    const signed = sender.sign(sendRequestCall('1.2', call));
    const refused = await sender.post(signed.replace('Тест', 'Тост'), 'SendRequest');
    expect(refused.code).to.equal('SIGNATURE_DIGEST');
    expect(signaturesOf(refused)).to.deep.equal(['Security gost2012-256 good good']);
  });

  it('gives the stored answer again where only what the digest leaves out has changed', async () => {
    const sender = client('agency-a', 'gost');
    const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
    const signed = sender.sign(sendRequestCall('1.2', call));
    const first = await sender.post(signed, 'SendRequest');
    expect(first.code).to.equal(undefined);
    const again = await sender.post(signed.replace('<soap:Body>', '<soap:Body> '), 'SendRequest');
    expect(again.text).to.equal(first.text);
    await client('agency-b', 'gost').poll('GetRequest');
    await client('agency-b', 'gost').ack(call.messageId);
  });

  describe("with the person's signature", () => {
    const person = () => sandboxSigner('agency-b', 'gost');

    function personallySigned(content = birthRequest('Тест')): string {
      const sender = client('agency-a', 'gost');
      const call = { messageId: freshMessageId(), content };
      const marked = sender
        .sign(sendRequestCall('1.2', call))
        .replace(/(<b:MessagePrimaryContent><[^ >]+)/, '$1 Id="PERSONAL"');
      return signText(marked, 'personal', person());
    }

    const post = (text: string) => client('agency-a', 'gost').post(text, 'SendRequest');
    const signedByCaller = (text: string) =>
      signText(text, 'caller', sandboxSigner('agency-a', 'gost'));

    it('accepts it and delivers it whole', async () => {
      expect((await post(signedByCaller(personallySigned()))).code).to.equal(undefined);
      const polled = await client('agency-b', 'gost').poll('GetRequest');
      expect(signaturesOf(polled)[0]).to.equal('PersonalSignature gost2012-256 good good');
      await client('agency-b', 'gost').ack(polledRequest(polled)?.messageId ?? '');
    });

    it('refuses content that was changed after the person signed, and says whose it is', async () => {
      const changed = signedByCaller(personallySigned().replace('Тест', 'Тост'));
      const refused = await post(changed);
      expect(refused.code).to.equal('SIGNATURE_DIGEST');
      expect(refused.text).to.contain('ЭП-СП');
    });
  });
});
