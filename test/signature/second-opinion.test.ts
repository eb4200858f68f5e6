import { expect } from 'chai';
import fc from 'fast-check';
import { signText } from '../../src/signature/insert.ts';
import {
  type SecondOpinion,
  secondOpinion,
  signatureSource,
} from '../../src/signature/second-opinion.ts';
import { dsNamespace } from '../../src/smev/namespaces.ts';
import { withXml } from '../../src/xml/document.ts';
import { child } from '../../src/xml/navigate.ts';
import { randomElement, seeded } from '../xml/random.ts';
import {
  partsOf,
  sendRequest,
  signedRequest,
  signerOf,
  types,
  verifyRequest,
} from './documents.ts';

function opinionOf(text: string): SecondOpinion {
  return withXml(Buffer.from(text), (document) => {
    const { payload } = partsOf(document);
    const container = child(payload, types, 'CallerInformationSystemSignature');
    const signature = container && child(container, dsNamespace, 'Signature');
    if (signature === undefined) throw new Error('no signature');
    return secondOpinion(text, signatureSource(document, text, signature));
  });
}

/** Both find it good, over the same octets, by the same certificate. */
function expectAgreement(text: string): void {
  const first = verifyRequest(text);
  const second = opinionOf(text);
  expect(second.verdict, text).to.equal('good');
  expect(second.octets?.toString()).to.equal(first.octets.toString());
  expect(second.fingerprint).to.equal(first.fingerprint);
}

const rich =
  '<x:Q xmlns:x="urn:x" xmlns="urn:d" xmlns:unused="urn:u" b="2" a="&#9;1&#10;" x:z="&lt;&amp;&quot;">' +
  '<!-- aside -->текст<![CDATA[<&>]]><![CDATA[]]>&#13;\r\n<e xmlns=""/><x:e xmlns:x="urn:y">\u{1f600}</x:e></x:Q>';

describe('a second opinion', () => {
  for (const kind of ['rsa', 'ec'] as const) {
    for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
      it(`agrees on ${kind} with ${hash}`, () => {
        expectAgreement(signedRequest(signerOf(kind, hash), rich));
      });
    }
  }

  it('agrees on random content', () => {
    fc.assert(
      fc.property(randomElement, (content) => {
        expectAgreement(signText(sendRequest(content), 'caller', signerOf('ec')));
      }),
      seeded(100),
    );
  });
});
