import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { type Issued, issueCertificate } from '../../src/pki/issue.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import { callerId, sendRequestCall } from '../../src/smev/calls.ts';
import {
  smevNamespaces,
  soapNamespace,
  type Version,
  versions,
} from '../../src/smev/namespaces.ts';
import { full } from '../fault/full.ts';
import {
  type Agency,
  type Answer,
  Client,
  freshMessageId,
  polledRequest,
  polledResponse,
  post,
  sandboxSigner,
  textAt,
} from '../harness/client.ts';
import { birthRequest, birthResponse } from '../harness/content.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';
import {
  type Hash,
  needXmlsec1,
  unsignedEnvelope,
  unsignedSignature,
  xmlsec1Sign,
  xmlsec1Verifies,
} from '../harness/xmlsec1.ts';

type KeyKind = 'rsa' | 'ec';
const kinds: readonly KeyKind[] = ['rsa', 'ec'];
const hashes: readonly Hash[] = ['sha256', 'sha384', 'sha512'];

function certificateOf(name: Agency | 'node', kind: KeyKind): string {
  return join(checkout, 'certs.example', `${name}${kind === 'ec' ? '-ec' : ''}.crt.pem`);
}

/** The signature in a container of SMEV's, wherever it stands. */
function signatureIn(container: string): string {
  return `//*[local-name()='${container}']/*[local-name()='Signature']`;
}

describe('signatures of the node and xmlsec1', function () {
  this.timeout(60_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  before(async function () {
    needXmlsec1(this);
    folder = await temporaryFolder();
    node = await startNode(folder.path);
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  const client = (agency: Agency, version: Version, kind: KeyKind) =>
    new Client(node.url, version, sandboxSigner(agency, kind));

  function judge(answer: Answer, container: string, signer: Agency | 'node', kind: KeyKind) {
    const ids = versions.flatMap((version) =>
      [
        'MessageMetadata',
        'Request',
        'Response',
        'AsyncProcessingStatusData',
        'SenderProvidedRequestData',
        'SenderProvidedResponseData',
      ].map((element) => ({ namespace: smevNamespaces[version].types, element })),
    );
    ids.push({ namespace: soapNamespace, element: 'Body' });
    const xpath = signatureIn(container);
    return xmlsec1Verifies(answer.text, xpath, certificateOf(signer, kind), ids);
  }

  function expectGood(answer: Answer, container: string, signer: Agency | 'node', kind: KeyKind) {
    const { good, said } = judge(answer, container, signer, kind);
    expect(good, `${container}: ${said}`).to.equal(true);
    // The oracle must be able to say no: an attribute more in what is signed.
    const changed = answer.text.replace(
      /(Sender|faultstring|StatusCategory)([^>]*)>/,
      '$1$2 extra="x">',
    );
    expect(changed).not.to.equal(answer.text);
    const spoiled = { ...answer, text: changed };
    expect(judge(spoiled, container, signer, kind).good, 'spoiled').to.equal(false);
  }

  for (const version of versions) {
    for (const kind of kinds) {
      // Each version and each kind; all combinations in the full run.
      if (!full && (kind === 'rsa') === (version === '1.2')) continue;
      it(`verify in xmlsec1 over all answers of ${version} with ${kind} keys`, async () => {
        const sender = client('agency-a', version, kind);
        const provider = client('agency-b', version, kind);
        const messageId = freshMessageId();
        const sent = await sender.sendRequest({ messageId, content: birthRequest('Тест') });
        expectGood(sent, 'SMEVSignature', 'node', kind);
        expectGood(
          await sender.sendRequest({ messageId, content: birthRequest('Другой') }),
          'Security',
          'node',
          kind,
        );

        const asked = await provider.poll('GetRequest');
        expectGood(asked, 'SMEVSignature', 'node', kind);
        expectGood(asked, 'SenderInformationSystemSignature', 'agency-a', kind);
        const replyTo = polledRequest(asked)?.replyTo ?? '';

        const progress = { status: { code: 1, description: 'в работе' } };
        expectGood(await provider.sendResponse(replyTo, progress), 'SMEVSignature', 'node', kind);
        const final = await provider.sendResponse(replyTo, { content: birthResponse('Тест') });
        expectGood(final, 'SMEVSignature', 'node', kind);
        expect((await provider.ack(messageId)).code).to.equal(undefined);

        for (let n = 0; n < 2; n += 1) {
          const answered = await sender.poll('GetResponse');
          expectGood(answered, 'SMEVSignature', 'node', kind);
          expectGood(answered, 'SenderInformationSystemSignature', 'agency-b', kind);
          const response = polledResponse(answered);
          expect(response?.originalMessageId).to.equal(messageId);
          expect((await sender.ack(response?.messageId ?? '')).code).to.equal(undefined);
        }
        for (const system of [sender, provider]) {
          expectGood(await system.look('GetStatus'), 'SMEVSignature', 'node', kind);
        }
      });

      it(`verify in xmlsec1 over an error of the node's own in ${version} with ${kind} keys`, async () => {
        const sender = client('agency-a', version, kind);
        const provider = client('agency-b', version, kind);
        const messageId = freshMessageId();
        await sender.sendRequest({ messageId, content: birthRequest('Тест') });
        expect(polledRequest(await provider.poll('GetRequest'))?.messageId).to.equal(messageId);
        await provider.ack(messageId, false);
        const told = await sender.poll('GetResponse');
        expectGood(told, 'SMEVSignature', 'node', kind);
        const response = polledResponse(told);
        expect(response?.originalMessageId).to.equal(messageId);
        await sender.ack(response?.messageId ?? '');
      });
    }
  }

  it('verify in xmlsec1 over a fault before anything could be read', async () => {
    const refused = await client('agency-a', '1.2', 'rsa').post('<not xml', 'SendRequest');
    expect(refused.code).not.to.equal(undefined);
    expectGood(refused, 'Security', 'node', 'rsa');
  });

  for (const kind of kinds) {
    for (const signatureHash of hashes) {
      for (const digestHash of hashes) {
        it(`of xmlsec1 are accepted: ${kind} with ${signatureHash}, digest ${digestHash}`, async () => {
          const messageId = freshMessageId();
          const call = sendRequestCall('1.2', { messageId, content: birthRequest('Тест') });
          const signature = unsignedSignature(callerId, kind, signatureHash, digestHash);
          const certificate = certificateOf('agency-a', kind);
          const signed = xmlsec1Sign(
            unsignedEnvelope(call, signature),
            certificate.replace('.crt.', '.key.'),
            certificate,
            { namespace: smevNamespaces['1.2'].types, element: 'SenderProvidedRequestData' },
          );
          const sent = await client('agency-a', '1.2', kind).post(signed, 'SendRequest');
          expect(sent.code, sent.text).to.equal(undefined);
          expect(textAt(sent.text, 'MessageMetadata', 'MessageId')).to.equal(messageId);

          const spoiled = signed.replace(messageId, freshMessageId());
          const refused = await client('agency-a', '1.2', kind).post(spoiled, 'SendRequest');
          expect(refused.code).to.equal('SIGNATURE_DIGEST');
        });
      }
    }
  }
});

describe('keys of other sizes and xmlsec1', function () {
  this.timeout(60_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const file = (name: string) => join(folder.path, name);
  const sizes = { ec: 'secp384r1', rsa: 3072 } as const;

  before(async function () {
    needXmlsec1(this);
    folder = await temporaryFolder();
    issueAll();
    const keys = kinds.map((kind) => ({
      key: file(`node-${kind}.key.pem`),
      certificate: file(`node-${kind}.crt.pem`),
    }));
    writeFileSync(file('config.yaml'), stringify({ node: { keys } }));
    const anchor = { kind: 'trustAnchor', id: 'other-ca', certificate: 'ca.crt.pem' };
    writeFileSync(file('anchor.yaml'), stringify(anchor));
    const env = { MEZHVED_CONFIG: file('config.yaml'), MEZHVED_DATA: file('data') };
    expect(await mezhved(['apply', file('anchor.yaml')], env)).to.include({ code: 0 });
    for (const kind of kinds) {
      const args = ['cert', 'import', file(`agency-${kind}.crt.pem`), '--system', 'agency-a'];
      expect(await mezhved(args, env)).to.include({ code: 0 });
    }
    node = await startNode(file('data'), env);
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  /** An authority of its own, and a key of each kind for the node and for an agency. */
  function issueAll(): void {
    const by = { commonName: 'Другой испытательный УЦ', organization: 'Испытательный стенд' };
    const life = { notBefore: Date.now() - 3_600_000, notAfter: Date.now() + 86_400_000 };
    const key = newKey('ec', 'secp384r1');
    save('ca', issueCertificate(key, { ...by, ...life, ca: true }));
    for (const name of ['node', 'agency'] as const) {
      for (const kind of kinds) {
        const wish = { ...by, ...life, commonName: `${name} ${kind}` };
        save(`${name}-${kind}`, issueCertificate(newKey(kind, sizes[kind]), wish, { key, ...by }));
      }
    }
  }

  function save(stem: string, { key, certificate }: Issued): void {
    writeFileSync(file(`${stem}.key.pem`), key);
    writeFileSync(file(`${stem}.crt.pem`), certificate);
  }

  for (const kind of kinds) {
    for (const hash of hashes) {
      it(`agree on ${kind} ${sizes[kind]} with ${hash}, both ways`, async () => {
        const messageId = freshMessageId();
        const call = sendRequestCall('1.3', { messageId, content: birthRequest('Тест') });
        const place = {
          namespace: smevNamespaces['1.3'].types,
          element: 'SenderProvidedRequestData',
        };
        const signed = xmlsec1Sign(
          unsignedEnvelope(call, unsignedSignature(callerId, kind, hash)),
          file(`agency-${kind}.key.pem`),
          file(`agency-${kind}.crt.pem`),
          place,
        );
        const sent = await post(`${node.url}/smev/v1.3/ws`, signed);
        expect(sent.code, sent.text).to.equal(undefined);
        const { good, said } = xmlsec1Verifies(
          sent.text,
          signatureIn('SMEVSignature'),
          file(`node-${kind}.crt.pem`),
          [{ ...place, element: 'MessageMetadata' }],
        );
        expect(good, said).to.equal(true);
      });
    }
  }
});
