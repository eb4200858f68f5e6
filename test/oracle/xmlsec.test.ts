import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { signText } from '../../src/signature/insert.ts';
import { signerFromPem } from '../../src/signature/signer.ts';
import { signBody, wsuNamespace } from '../../src/signature/wsse.ts';
import { soapNamespace } from '../../src/smev/namespaces.ts';
import { exclusive } from '../../src/xml/canonicalize.ts';
import {
  type Hash,
  needXmlsec1,
  unsignedSignature,
  xmlsec1Sign,
  xmlsec1Verifies,
} from '../harness/xmlsec1.ts';
import { codeOf, selfSigned, sendRequest, types, verifyRequest } from '../signature/documents.ts';
import { randomElement, seeded } from '../xml/random.ts';

const keys = [
  ['rsa', 2048],
  ['rsa', 3072],
  ['ec', 'prime256v1'],
  ['ec', 'secp384r1'],
] as const;
const hashes: readonly Hash[] = ['sha256', 'sha384', 'sha512'];
const place = { namespace: types, element: 'SenderProvidedRequestData' };
const found = `//*[local-name()='CallerInformationSystemSignature']/*`;
const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';

describe('signatures and xmlsec1', function () {
  this.timeout(120_000);
  let folder: string;

  before(function () {
    needXmlsec1(this);
    folder = mkdtempSync(join(tmpdir(), 'mezhved-xmlsec-'));
  });

  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  function files(kind: 'rsa' | 'ec', size: number | string) {
    const pair = selfSigned(kind, size);
    const key = join(folder, `${kind}-${size}.key.pem`);
    const certificate = join(folder, `${kind}-${size}.crt.pem`);
    writeFileSync(key, pair.key);
    writeFileSync(certificate, pair.certificate);
    return {
      key,
      certificate,
      signer: (hash: Hash) => signerFromPem(pair.key, pair.certificate, hash),
    };
  }

  /** An unsigned request with an Id and a template of a signature in its place. */
  function template(content: string, signature: string): string {
    return sendRequest(content)
      .replace('<t:SenderProvidedRequestData>', '<t:SenderProvidedRequestData Id="S">')
      .replace(
        '</t:SendRequestRequest>',
        () =>
          `<t:CallerInformationSystemSignature>${signature}</t:CallerInformationSystemSignature></t:SendRequestRequest>`,
      );
  }

  const content =
    '<x:Q xmlns:x="urn:x" a="&quot;&lt;&#10;">ё &amp; <![CDATA[<]]><!-- c --><y/></x:Q>';

  for (const [kind, size] of keys) {
    it(`agree over ${kind} ${size}, each hash, both ways`, () => {
      const { key, certificate, signer } = files(kind, size);
      for (const hash of hashes) {
        const ours = signText(sendRequest(content), 'caller', signer(hash));
        const judged = xmlsec1Verifies(ours, found, certificate, [place]);
        expect(judged.good, judged.said).to.equal(true);
        const broken = xmlsec1Verifies(ours.replace('ё', 'е'), found, certificate, [place]);
        expect(broken.good).to.equal(false);
        const theirs = xmlsec1Sign(
          template(content, unsignedSignature('S', kind, hash)),
          key,
          certificate,
          place,
        );
        expect(verifyRequest(theirs).algorithm).to.match(new RegExp(`${hash}$`));
        expect(
          codeOf(() => verifyRequest(theirs.replace('&#x451;', 'е').replace('ё', 'е'))),
        ).to.equal('SIGNATURE_DIGEST');
      }
    });
  }

  it('agree over digests of another hash than the signature', () => {
    const { key, certificate } = files('rsa', 2048);
    for (const digest of hashes) {
      const unsigned = template(content, unsignedSignature('S', 'rsa', 'sha256', digest));
      expect(
        verifyRequest(xmlsec1Sign(unsigned, key, certificate, place)).digestAlgorithm,
      ).to.include(digest);
    }
  });

  it('agree over inclusive canonicalization of SignedInfo and a PrefixList', () => {
    const { key, certificate } = files('ec', 'prime256v1');
    const list = (prefixes: string) =>
      `><ec:InclusiveNamespaces xmlns:ec="${exclusive}" PrefixList="${prefixes}"/></ds:Transform>`;
    const plain = unsignedSignature('S', 'ec');
    const signatures = [
      plain.replace(
        `CanonicalizationMethod Algorithm="${exclusive}"`,
        `CanonicalizationMethod Algorithm="${inclusive}"`,
      ),
      plain.replace(
        `<ds:Transform Algorithm="${exclusive}"/>`,
        `<ds:Transform Algorithm="${exclusive}"${list('soap b')}`,
      ),
      plain.replace(
        `<ds:Transform Algorithm="${exclusive}"/>`,
        `<ds:Transform Algorithm="${exclusive}"${list('#default x')}`,
      ),
    ];
    for (const signature of signatures) {
      expect(signature).to.not.equal(plain);
      const theirs = xmlsec1Sign(template(content, signature), key, certificate, place);
      expect(codeOf(() => verifyRequest(theirs))).to.equal('none');
    }
  });

  it('agree over random documents', () => {
    const { key, certificate, signer } = files('ec', 'prime256v1');
    const { seed, numRuns } = seeded(25);
    for (const random of fc.sample(randomElement, { seed, numRuns })) {
      const ours = signText(sendRequest(random, 'xml:lang="ru"'), 'caller', signer('sha256'));
      const judged = xmlsec1Verifies(ours, found, certificate, [place]);
      expect(judged.good, `${judged.said}\n${ours}`).to.equal(true);
      const theirs = xmlsec1Sign(
        template(random, unsignedSignature('S', 'ec')),
        key,
        certificate,
        place,
      );
      expect(
        codeOf(() => verifyRequest(theirs)),
        theirs,
      ).to.equal('none');
    }
  });

  it('agree over the Body of a fault', () => {
    const { certificate, signer } = files('rsa', 2048);
    const envelope = `<soap:Envelope xmlns:soap="${soapNamespace}"><soap:Body><soap:Fault/></soap:Body></soap:Envelope>`;
    // xmlsec1 takes Ids without a namespace by --id-attr; wsu:Id it finds by its local name.
    const signed = signBody(envelope, signer('sha256'));
    expect(signed).to.include(wsuNamespace);
    const body = [{ namespace: soapNamespace, element: 'Body' }];
    const judged = xmlsec1Verifies(
      signed,
      `//*[local-name()='Security']/*[local-name()='Signature']`,
      certificate,
      body,
    );
    expect(judged.good, judged.said).to.equal(true);
  });
});
