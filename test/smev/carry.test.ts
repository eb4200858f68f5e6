import { expect } from 'chai';
import fc from 'fast-check';
import { findMessage } from '../../src/compute/kept.ts';
import { signTemplate } from '../../src/compute/sign-template.ts';
import { certificateOf, verifySignature } from '../../src/signature/verify.ts';
import { requestAnswer } from '../../src/smev/answers.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { type Carried, carry } from '../../src/smev/carry.ts';
import { smevNamespaces, type Version, versions } from '../../src/smev/namespaces.ts';
import { canonicalize } from '../../src/xml/canonicalize.ts';
import { withXml, type XmlDocument, type XmlElement } from '../../src/xml/document.ts';
import { escapeAttribute, escapeText } from '../../src/xml/escape.ts';
import { child, childElements, everyElement } from '../../src/xml/navigate.ts';
import { freshMessageId, sandboxSigner } from '../harness/client.ts';
import { acceptedProfiles } from '../harness/rules.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

const sender = sandboxSigner('agency-a', 'ec');
const node = sandboxSigner('node', 'ec');

const metadata = {
  messageId: freshMessageId(),
  messageType: 'REQUEST',
  sender: { mnemonic: 'a', name: 'А' },
  sentAt: 0,
  destination: 'b.request',
  recipient: undefined,
  contentType: undefined,
  deliveredAt: 0,
  status: undefined,
} as const;

/** The envelope as a sender posts it, its prefixes declared on the SOAP envelope or not. */
function posted(version: Version, content: string, outside = ''): string {
  const template = sendRequestCall(version, { messageId: metadata.messageId, content });
  const signed = signTemplate(template, sender);
  if (outside === '') return signed;
  // Declared outside what is signed, so that they are in scope and not in the digest.
  return signed.replace('<soap:Envelope ', `<soap:Envelope ${outside} `);
}

function carriedFrom(text: string, from: Version, to: Version): Carried & { octets: Buffer } {
  return withXml(Buffer.from(text), (document) => {
    const { payload, data } = findMessage(document, from);
    return { ...carry(payload, data, from, to), octets: canonicalize(data) };
  });
}

/** SenderProvidedRequestData and the sender's signature inside a GetRequestResponse. */
function deliveredParts(document: XmlDocument, version: Version) {
  const { types } = smevNamespaces[version];
  const request = path(document.root, 'Body', 'GetRequestResponse', 'RequestMessage', 'Request');
  const data = child(request, types, 'SenderProvidedRequestData');
  const container = child(request, types, 'SenderInformationSystemSignature');
  const signature = container && childElements(container)[0];
  return { data, signature };
}

function path(from: XmlElement, ...names: string[]): XmlElement {
  return names.reduce((at, name) => {
    const found = childElements(at).find((each) => each.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }, from);
}

function delivered(version: Version, carried: Carried): string {
  return signTemplate(requestAnswer(version, carried, metadata, 'to'), node);
}

/** Carries in one version and looks whether octets and signature are what they were. */
function holds(version: Version, content: string, outside = ''): string {
  const carried = carriedFrom(posted(version, content, outside), version, version);
  const text = delivered(version, carried);
  withXml(Buffer.from(text), (document) => {
    const { data, signature } = deliveredParts(document, version);
    if (data === undefined || signature === undefined) throw new Error('nothing was carried');
    expect(canonicalize(data).toString()).to.equal(carried.octets.toString());
    const verified = verifySignature(document, signature, data, acceptedProfiles, certificateOf);
    expect(verified.fingerprint).to.equal(sender.certificate.fingerprint);
    const own = path(document.root, 'Body', 'GetRequestResponse', 'RequestMessage');
    const request = path(own, 'Request');
    const ownSignature = path(own, 'SMEVSignature', 'Signature');
    const mine = verifySignature(document, ownSignature, request, acceptedProfiles, certificateOf);
    expect(mine.fingerprint).to.equal(node.certificate.fingerprint);
  });
  return text;
}

describe('a message that is carried to a receiver of its own version', () => {
  const cases: Record<string, string> = {
    'xml:lang and white space': '<x xmlns="urn:x" xml:lang="ru" xml:space="preserve"> \n\t </x>',
    'default namespaces, set and unset': '<x xmlns="urn:x"><y xmlns=""><z xmlns="urn:z"/></y></x>',
    'QNames in content':
      '<x xmlns="urn:x" xmlns:q="urn:q" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="q:T">q:value</x>',
    CDATA: '<x xmlns="urn:x"><![CDATA[<&>]]]]><![CDATA[>]]></x>',
    comments: '<x xmlns="urn:x">a<!-- b -->c</x>',
    'carriage returns and tabs': '<x xmlns="urn:x" a="&#9;&#10;&#13;&quot;">&#13;&#9;</x>',
    'characters beyond the basic plane': '<x xmlns="urn:x">𝔄😀é</x>',
    'one namespace by two prefixes': '<a:x xmlns:a="urn:x" xmlns:b="urn:x" b:c="1"><b:y/></a:x>',
    'prefixes of the answer with other meanings':
      '<t:x xmlns:t="urn:other" xmlns:b="urn:b" xmlns:soap="urn:s" xmlns:ds="urn:d" b:a="1"/>',
    'an Id of the node': '<x xmlns="urn:x" Id="SIGNED_BY_SMEV"/>',
  };
  for (const [name, content] of Object.entries(cases)) {
    it(`keeps its octets and its signature: ${name}`, () => {
      for (const version of versions) holds(version, content);
    });
  }

  it('keeps what prefixes in its values mean, though they are declared outside', () => {
    const content = '<x xmlns="urn:x">far:value</x>';
    const text = holds('1.2', content, 'xmlns:far="urn:far" xmlns:unused="urn:unused"');
    expect(text).to.include('xmlns:far="urn:far"');
  });

  it("gives the node's element an Id that nobody has, however many are taken", () => {
    const taken = ['SIGNED_BY_SMEV', 'SIGNED_BY_SMEV_2', 'SIGNED_BY_SMEV_3'];
    const inner = taken.map((id) => `<y Id="${id}"/>`).join('');
    expect(holds('1.3', `<x xmlns="urn:x">${inner}</x>`)).to.include('Id="SIGNED_BY_SMEV_4"');
    expect(holds('1.3', '<x xmlns="urn:x" xml:id="SIGNED_BY_SMEV"/>')).to.include(
      'Id="SIGNED_BY_SMEV_2"',
    );
  });

  const name = fc.constantFrom('a', 'b', 'Тег');
  const prefix = fc.constantFrom('', 'p:', 'q:', 't:');
  const text = fc.string({
    unit: fc.constantFrom('a', ' ', '\n', '\r', '\t', '&', '<', '>', ']', 'я', '😀'),
  });
  const { element } = fc.letrec<{ element: string }>((tie) => ({
    element: fc
      .record({
        prefix,
        name,
        uri: fc.constantFrom('urn:1', 'urn:2', 'urn:1/?a=b'),
        attribute: fc.option(text, { nil: undefined }),
        lang: fc.boolean(),
        children: fc.array(fc.oneof({ maxDepth: 4 }, text.map(escapeText), tie('element')), {
          maxLength: 3,
        }),
      })
      .map(({ prefix: p, name: n, uri, attribute, lang, children }) => {
        const own = p === '' ? 'xmlns' : `xmlns:${p.slice(0, -1)}`;
        const value = attribute === undefined ? '' : ` ${p}v="${escapeAttribute(attribute)}"`;
        const xml = lang ? ' xml:lang="ru"' : '';
        return `<${p}${n} ${own}="${uri}"${value}${xml}>${children.join('')}</${p}${n}>`;
      }),
  }));

  it(`keeps its octets and its signature, whatever it says (SEED=${seed})`, () => {
    fc.assert(
      fc.property(element, fc.constantFrom(...versions), (content, version) => {
        holds(version, content, 'xmlns:far="urn:far"');
      }),
      { seed, numRuns: 60 },
    );
  });
});

describe('a message that is carried to a receiver of another version', () => {
  for (const from of versions) {
    for (const to of versions.filter((each) => each !== from)) {
      it(`${from} to ${to}: the frame changes, the content does not, no signature is claimed`, () => {
        const content = '<x xmlns="urn:x" Id="SIGNED_BY_SMEV" xml:lang="ru">&lt;<!-- c -->\r</x>';
        const carried = carriedFrom(posted(from, content), from, to);
        expect(carried.signature).to.equal(undefined);
        const used = withXml(Buffer.from(carried.data), (document) =>
          [...everyElement(document)].map((each) => each.namespaceUri),
        );
        const { types, basic } = smevNamespaces[to];
        expect([...new Set(used)]).to.deep.equal([types, basic, 'urn:x']);
        const octets = (text: string) =>
          withXml(Buffer.from(text), (document) => {
            const primary = path(document.root, 'MessagePrimaryContent');
            return canonicalize(path(primary, 'x')).toString();
          });
        expect(octets(carried.data)).to.equal(octets(carried.octets.toString()));
        const names = withXml(Buffer.from(carried.data), (document) =>
          childElements(document.root).map((each) => each.name),
        );
        const chain = ['ReferenceMessageID', 'TransactionCode'];
        const wanted = from === '1.2' || to === '1.2' ? chain : [];
        expect(names).to.deep.equal(['MessageID', ...wanted, 'MessagePrimaryContent']);
      });
    }
  }
});
