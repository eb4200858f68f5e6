import { expect } from 'chai';
import fc from 'fast-check';
import { signText } from '../../src/signature/insert.ts';
import {
  type SecondOpinion,
  secondOpinion,
  signatureSource,
} from '../../src/signature/second-opinion.ts';
import type { Signer } from '../../src/signature/signer.ts';
import { dsNamespace } from '../../src/smev/namespaces.ts';
import { canonicalize, exclusive } from '../../src/xml/canonicalize.ts';
import { withXml, type XmlDocument, type XmlElement } from '../../src/xml/document.ts';
import { child } from '../../src/xml/navigate.ts';
import { sandboxSigner } from '../harness/client.ts';
import { disputed, withPrefixList } from '../harness/disputed.ts';
import { randomElement, seeded } from '../xml/random.ts';
import {
  partsOf,
  sendRequest,
  signedRequest,
  signerOf,
  types,
  verifyRequest,
} from './documents.ts';

const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';

function callersSignature(document: XmlDocument): XmlElement {
  const { payload } = partsOf(document);
  const container = child(payload, types, 'CallerInformationSystemSignature');
  const signature = container && child(container, dsNamespace, 'Signature');
  if (signature === undefined) throw new Error('no signature');
  return signature;
}

function opinionOf(text: string): SecondOpinion {
  return withXml(
    Buffer.from(text),
    (document) => secondOpinion(text, signatureSource(document, text, callersSignature(document))),
    { processingInstructions: 'allow' },
  );
}

/** Both find it good, over the same octets, by the same certificate. */
function expectAgreement(text: string): void {
  const first = verifyRequest(text);
  const second = opinionOf(text);
  expect(second.verdict, text).to.equal('good');
  expect(second.octets?.toString()).to.equal(first.octets.toString());
  expect(second.fingerprint).to.equal(first.fingerprint);
}

/** SignedInfo canonicalized inclusively, with what is declared around it. */
function signedInclusively(text: string, signer: Signer): string {
  const at = text.indexOf('CallerInformationSystemSignature');
  const start = text.slice(0, at);
  const changed =
    start +
    text
      .slice(at)
      .replace(
        `CanonicalizationMethod Algorithm="${exclusive}"`,
        `CanonicalizationMethod Algorithm="${inclusive}"`,
      );
  const octets = withXml(Buffer.from(changed), (document) => {
    const info = child(callersSignature(document), dsNamespace, 'SignedInfo');
    if (info === undefined) throw new Error('no SignedInfo');
    return canonicalize(info, inclusive);
  });
  const value = signer.sign(octets).toString('base64');
  const valued = (rest: string) =>
    rest.replace(/<ds:SignatureValue>[^<]*/, () => `<ds:SignatureValue>${value}`);
  return start + valued(changed.slice(at));
}

const rich =
  '<x:Q xmlns:x="urn:x" xmlns="urn:d" xmlns:unused="urn:u" b="2" a="&#9;1&#10;" x:z="&lt;&amp;&quot;">' +
  '<!-- aside -->текст<![CDATA[<&>]]><![CDATA[]]>&#13;\r\n<e/><x:e xmlns:x="urn:y">\u{1f600}</x:e></x:Q>';

const runs = process.env['MEZHVED_FULL'] === '1' ? 500 : 40;

describe('a second opinion', function () {
  this.timeout(300_000);

  for (const kind of ['rsa', 'ec'] as const) {
    for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
      it(`agrees on ${kind} with ${hash}`, () => {
        expectAgreement(signedRequest(signerOf(kind, hash), rich));
      });
    }
  }
  it('agrees on P-384', () => {
    expectAgreement(signedRequest(signerOf('ec', 'sha384', 'secp384r1'), rich));
  });
  for (const kind of ['gost', 'gost512'] as const) {
    it(`agrees on ${kind} under the SMEV transform`, () => {
      expectAgreement(signedRequest(sandboxSigner('agency-a', kind), rich));
    });
  }

  it('agrees on a PrefixList, and under the SMEV transform on any', () => {
    const listed = (signer: Signer, prefixes: string) => {
      const text = signedRequest(signer).replace(
        '<soap:Envelope ',
        '$&xmlns="urn:d" xmlns:u="urn:u" ',
      );
      const signed = withPrefixList(text, signer, prefixes);
      expectAgreement(signed);
      return verifyRequest(signed).octets.toString();
    };
    expect(listed(signerOf('rsa'), 'u soap'))
      .to.include('xmlns:u=')
      .and.to.include('xmlns:soap=');
    expect(listed(sandboxSigner('agency-a', 'gost'), '#default u')).not.to.include('xmlns:u=');
  });

  it('agrees on random content', () => {
    fc.assert(
      fc.property(randomElement, (content) => {
        expectAgreement(signText(sendRequest(content), 'caller', signerOf('ec')));
      }),
      seeded(runs),
    );
  });

  it('agrees on random content under the SMEV transform', () => {
    const signer = sandboxSigner('agency-a', 'gost');
    fc.assert(
      fc.property(randomElement, (content) => {
        // The transform is not defined for attributes of xml:.
        const defined = content.replace(/ xml:(?:lang|space)="[^"]*"/g, '');
        expectAgreement(signText(sendRequest(defined), 'caller', signer));
      }),
      seeded(runs),
    );
  });

  it('agrees where prefixes sort otherwise by code point than by language', () => {
    expectAgreement(signedRequest(signerOf('ec'), '<B:Q xmlns:a="urn:a" xmlns:B="urn:b" a:x=""/>'));
  });

  it('agrees on SignedInfo in inclusive form, another signature standing before it', () => {
    const signer = signerOf('ec');
    const content = '<x:Q xmlns:x="urn:x" Id="own">1</x:Q>';
    const personal = signText(sendRequest(content, 'xmlns:u="urn:u"'), 'personal', signerOf('rsa'));
    const both = signText(personal, 'caller', signer);
    // Around the two is not the same in scope.
    const text = both.replace('<t:CallerInformationSystemSignature', '$& xmlns:v="urn:v"');
    expectAgreement(signedInclusively(text, signer));
  });

  it('agrees where ds: is declared on the envelope alone', () => {
    const text = signedRequest(signerOf('ec')).replace(` xmlns:ds="${dsNamespace}"`, '');
    expectAgreement(text.replace('<soap:Envelope ', `$&xmlns:ds="${dsNamespace}" `));
  });
});

describe('a second opinion against', () => {
  const cases: Record<string, [(text: string) => string, SecondOpinion['verdict']]> = {
    'changed content': [(text) => text.replace('>42<', '>43<'), 'digest'],
    'a changed value': [(t) => t.replace(/(<ds:SignatureValue>)..../, '$1AAAA'), 'value'],
    'the certificate of another key': [
      (text) =>
        text.replace(/<ds:X509Certificate>[^<]*/, () => {
          const { certificate } = signerOf('rsa', 'sha256', 3072);
          return `<ds:X509Certificate>${certificate.der.toString('base64')}`;
        }),
      'value',
    ],
    'no certificate': [(t) => t.replace(/<ds:KeyInfo>.*<\/ds:KeyInfo>/, ''), 'unreadable'],
    'a method that it does not know': [(text) => text.replace('#rsa-sha256', '#md5'), 'unreadable'],
    'an Id that is nowhere': [(t) => t.replace(/URI="#[^"]*"/, 'URI="#NOWHERE"'), 'digest'],
    'two elements with one Id': [
      (t) => t.replace('<soap:Body>', '<soap:Header><x Id="SIGNED_BY_CALLER"/></soap:Header>$&'),
      'unreadable',
    ],
  };
  for (const [name, [change, verdict]] of Object.entries(cases)) {
    it(`${name}: ${verdict}`, () => {
      expect(opinionOf(change(signedRequest())).verdict).to.equal(verdict);
    });
  }

  it('the first, where xml-crypto is wrong: the default namespace in a PrefixList', () => {
    const text = disputed(signedRequest(), signerOf('rsa'));
    const { octets } = verifyRequest(text);
    const second = opinionOf(text);
    expect(second.verdict).to.equal('digest');
    expect(second.octets?.toString()).to.equal(
      octets.toString().replace(' xmlns="urn:default"', ''),
    );
  });

  it('nothing where a processing instruction splits a value: alone it is no verifier', () => {
    const text = signedRequest().replace('>42<', '><?p 4?>2<');
    const { verdict, octets } = opinionOf(text);
    expect(verdict).to.equal('good');
    expect(octets?.toString()).to.equal(verifyRequest(signedRequest()).octets.toString());
  });
});
