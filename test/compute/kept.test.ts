import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { judge } from '../../src/compute/judge.ts';
import { findKept } from '../../src/compute/kept.ts';
import { signTemplate } from '../../src/compute/sign-template.ts';
import { digestOf } from '../../src/signature/digest.ts';
import { smevTransform } from '../../src/signature/smev-transform.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { dsNamespace } from '../../src/smev/namespaces.ts';
import { canonicalize, exclusive } from '../../src/xml/canonicalize.ts';
import { withXml } from '../../src/xml/document.ts';
import { elementsWithId } from '../../src/xml/ids.ts';
import {
  freshMessageId,
  type SandboxKind,
  sandboxKinds,
  sandboxSigner,
} from '../harness/client.ts';
import { noteRequest, testRules } from '../harness/rules.ts';

/** A request whose signature declares more prefixes than the element uses, as some toolkits do. */
function withPrefixList(kind: SandboxKind): string {
  const signer = sandboxSigner('agency-a', kind);
  const call = { messageId: freshMessageId(), content: noteRequest('привет') };
  const signed = signTemplate(sendRequestCall('1.2', call), signer);
  const list = `<ec:InclusiveNamespaces xmlns:ec="${exclusive}" PrefixList="soap t"></ec:InclusiveNamespaces>`;
  const octets = withXml(Buffer.from(signed), (document) => {
    const [element] = elementsWithId(document, 'SIGNED_BY_CALLER');
    if (element === undefined) throw new Error('nothing is signed');
    const canonical = canonicalize(element, exclusive, ['soap', 't']);
    return signer.profile === 'smev3' ? smevTransform(canonical) : canonical;
  });
  const digest = digestOf(signer.hash, octets).toString('base64');
  const step = `<ds:Transform Algorithm="${exclusive}">`;
  const info = (/<ds:SignedInfo>.*<\/ds:SignedInfo>/.exec(signed)?.[0] ?? '')
    .replace(step, step + list)
    .replace(/<ds:DigestValue>[^<]*/, `<ds:DigestValue>${digest}`);
  const bare = info.replace('<ds:SignedInfo>', `<ds:SignedInfo xmlns:ds="${dsNamespace}">`);
  const value = signer.sign(Buffer.from(bare)).toString('base64');
  return signed
    .replace(/<ds:SignedInfo>.*<\/ds:SignedInfo>/, info)
    .replace(/<ds:SignatureValue>[^<]*/, `<ds:SignatureValue>${value}`);
}

describe('a kept message', () => {
  for (const kind of sandboxKinds) {
    it(`that was signed under a PrefixList is found as what was verified, ${kind}`, () => {
      const bytes = Buffer.from(withPrefixList(kind));
      const judged = judge({ bytes, endpoint: '1.2', soapAction: undefined }, testRules());
      if (judged.verdict !== 'verified') throw new Error(judged.fault.code);
      const { version, verifiedHash, profile } = judged;
      const kept = { envelope: bytes, version, verifiedHash, profile };
      withXml(bytes, (document) => {
        expect(findKept(document, kept).data.name).to.equal('SenderProvidedRequestData');
      });
      const other = Buffer.from(bytes.toString().replace('привет', 'превед'));
      withXml(other, (document) => {
        expect(() => findKept(document, { ...kept, envelope: other })).to.throw();
      });
      expect(judged.hash).to.equal(createHash('sha256').update(bytes).digest('hex'));
    });
  }
});
