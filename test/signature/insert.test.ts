import { expect } from 'chai';
import { examine } from '../../src/signature/examine.ts';
import { findSignatures } from '../../src/signature/find.ts';
import { freshen } from '../../src/signature/freshen.ts';
import { signText } from '../../src/signature/insert.ts';
import { signBody, verifyBody } from '../../src/signature/wsse.ts';
import { soapNamespace } from '../../src/smev/namespaces.ts';
import { canonicalize } from '../../src/xml/canonicalize.ts';
import { withXml } from '../../src/xml/document.ts';
import { pathOf } from '../../src/xml/navigate.ts';
import { acceptedProfiles } from '../harness/rules.ts';
import {
  basic,
  codeOf,
  messageId,
  partsOf,
  sendRequest,
  signedRequest,
  signerOf,
  types,
  verifyRequest,
} from './documents.ts';

function verdicts(text: string): string[] {
  return withXml(Buffer.from(text), (document) =>
    findSignatures(document).map((found) => {
      const { digest, signature, problems } = examine(document, found, acceptedProfiles);
      const name = found.container?.name ?? '-';
      return [name, digest, signature, ...problems.map((p) => p.split(':')[0])].join(' ');
    }),
  );
}

describe('signText', () => {
  it('signs for the caller, the person and again, each in its place', () => {
    const personal = signText(
      sendRequest('<x:Q xmlns:x="urn:x" Id="P"/>'),
      'personal',
      signerOf('rsa'),
    );
    const both = signText(personal, 'caller', signerOf('ec'));
    expect(both).to.match(/<\/b:MessagePrimaryContent><t:PersonalSignature>/);
    expect(both).to.match(/<\/t:SenderProvidedRequestData><t:CallerInformationSystemSignature>/);
    expect(verdicts(both)).to.deep.equal([
      'PersonalSignature good good',
      'CallerInformationSystemSignature good good',
    ]);
    const again = signText(both, 'caller', signerOf('rsa'));
    expect(verdicts(again)).to.have.length(2);
    expect(verifyRequest(again).keyKind).to.equal('rsa');
  });

  it('stands after the attachments', () => {
    const list = `<b:AttachmentContentList><b:AttachmentContent><b:Id>a</b:Id><b:Content>AA==</b:Content></b:AttachmentContent></b:AttachmentContentList>`;
    const text = sendRequest().replace('</t:SendRequestRequest>', `${list}$&`);
    expect(signText(text, 'caller', signerOf('ec'))).to.match(
      /<\/b:AttachmentContentList><t:CallerInformationSystemSignature>/,
    );
  });

  it('changes nothing else: comments, quotes, blanks and prefixes stay as they are', () => {
    const text = sendRequest("<x:Q xmlns:x='urn:x' a='>'><!-- <b> --><![CDATA[</t:x>]]> ё </x:Q>");
    const signed = signText(text, 'caller', signerOf('ec'), 'MINE');
    const without = signed
      .replace(/<t:CallerInformationSystemSignature>.*<\/t:CallerInformationSystemSignature>/, '')
      .replace(' Id="MINE"', '');
    expect(without).to.equal(text);
  });

  it('works in a default namespace and with the payload alone', () => {
    const payload =
      `<GetRequestRequest xmlns="${types}"><b:MessageTypeSelector xmlns:b="${basic}">` +
      '<b:Timestamp>2026-01-01T00:00:00Z</b:Timestamp></b:MessageTypeSelector></GetRequestRequest>';
    const signed = signText(payload, 'caller', signerOf('rsa'));
    expect(signed).to.include('<b:MessageTypeSelector Id="SIGNED_BY_CALLER"');
    expect(verdicts(signed)).to.deep.equal(['CallerInformationSystemSignature good good']);
  });

  it('signs answers for SMEV, last in their parent', () => {
    const answer =
      `<a:GetRequestResponse xmlns:a="${types}"><a:RequestMessage><a:Request><a:ReplyTo>x</a:ReplyTo>` +
      '</a:Request><c/></a:RequestMessage></a:GetRequestResponse>';
    const signed = signText(answer, 'smev', signerOf('rsa'));
    expect(signed).to.match(/<a:Request Id="SIGNED_BY_SMEV">.*<c\/><a:SMEVSignature>/);
    expect(signed).to.match(/<\/a:SMEVSignature><\/a:RequestMessage>/);
    expect(verdicts(signed)).to.deep.equal(['SMEVSignature good good']);
  });

  it('gives no Id to business content unasked, and changes none', () => {
    const text = sendRequest();
    expect(codeOf(() => signText(text, 'personal', signerOf('ec')))).to.equal('SIGNATURE_TARGET');
    expect(verdicts(signText(text, 'personal', signerOf('ec'), 'P'))).to.deep.equal([
      'PersonalSignature good good',
    ]);
    const signed = signedRequest(signerOf('ec'));
    expect(codeOf(() => signText(signed, 'caller', signerOf('ec'), 'OTHER'))).to.equal(
      'SIGNATURE_TARGET',
    );
  });

  it('refuses what has no place for the signature', () => {
    for (const text of ['<a/>', `<t:AckResponse xmlns:t="${types}"/>`]) {
      for (const role of ['caller', 'personal', 'smev'] as const) {
        expect(codeOf(() => signText(text, role, signerOf('ec')))).to.equal('SIGNATURE_TARGET');
      }
    }
  });
});

describe('examine', () => {
  it('tells a bad digest from a bad signature value', () => {
    const text = signedRequest();
    expect(verdicts(text.replace('>42<', '>43<'))).to.deep.equal([
      'CallerInformationSystemSignature bad good SIGNATURE_DIGEST',
    ]);
    const value = text.replace(/<ds:SignatureValue>..../, '<ds:SignatureValue>AAAA');
    expect(verdicts(value)).to.deep.equal([
      'CallerInformationSystemSignature good bad SIGNATURE_VALUE',
    ]);
  });

  it('names a signature over another element than its place demands', () => {
    const personal = signText(
      sendRequest('<x:Q xmlns:x="urn:x" Id="P"/>'),
      'personal',
      signerOf('rsa'),
    );
    const moved = personal
      .replace(/<t:PersonalSignature>(.*)<\/t:PersonalSignature>/, '')
      .replace('</t:SendRequestRequest>', () => {
        const signature = /<t:PersonalSignature>(.*)<\/t:PersonalSignature>/.exec(personal)?.[1];
        return `<t:CallerInformationSystemSignature>${signature}</t:CallerInformationSystemSignature></t:SendRequestRequest>`;
      });
    expect(verdicts(moved)).to.deep.equal([
      'CallerInformationSystemSignature good good SIGNATURE_TARGET',
    ]);
  });

  it('names transforms that the profile of the method has not', () => {
    const transform = signedRequest().replace(
      '</ds:Transforms>',
      '<ds:Transform Algorithm="urn://smev-gov-ru/xmldsig/transform"/>$&',
    );
    expect(verdicts(transform)).to.deep.equal([
      'CallerInformationSystemSignature bad bad SIGNATURE_FORMAT',
    ]);
  });
});

describe('freshen', () => {
  const fresh = {
    messageId: '00000000-0000-1000-8000-000000000000',
    timestamp: '2026-02-03T04:05:06Z',
  };

  it('replaces MessageID, and ReferenceMessageID where it was the same', () => {
    const own = sendRequest().replace(
      '</t:MessageID>',
      `$&<t:ReferenceMessageID>${messageId}</t:ReferenceMessageID>`,
    );
    const changed = freshen(own, fresh);
    expect(changed).to.equal(own.replaceAll(messageId, fresh.messageId));
    const other = own.replace(/(<t:ReferenceMessageID>)[^<]*/, '$1other');
    expect(freshen(other, fresh)).to.include('<t:ReferenceMessageID>other<');
  });

  it('replaces Timestamp inside the selector, alone, and written as an empty tag', () => {
    const request = (name: string, inner: string) =>
      `<t:${name} xmlns:t="${types}" xmlns:b="${basic}">${inner}</t:${name}>`;
    const timestamp = '<b:Timestamp Id="I">2026-02-03T04:05:06Z</b:Timestamp>';
    expect(freshen(request('GetStatusRequest', '<b:Timestamp Id="I"/>'), fresh)).to.equal(
      request('GetStatusRequest', timestamp),
    );
    const selector = request(
      'GetRequestRequest',
      '<b:MessageTypeSelector><b:Timestamp>old</b:Timestamp></b:MessageTypeSelector>',
    );
    expect(freshen(selector, fresh)).to.equal(selector.replace('old', fresh.timestamp));
  });
});

describe('signBody', () => {
  const envelope = `<soap:Envelope xmlns:soap="${soapNamespace}"><soap:Body><soap:Fault><faultcode>soap:Server</faultcode></soap:Fault></soap:Body></soap:Envelope>`;

  it('covers the Body, and nobody must understand it', () => {
    for (const kind of ['rsa', 'ec'] as const) {
      const signed = signBody(envelope, signerOf(kind));
      expect(signed).to.not.include('mustUnderstand');
      withXml(Buffer.from(signed), (document) => {
        expect(verifyBody(document, acceptedProfiles).keyKind).to.equal(kind);
      });
      expect(verdicts(signed)).to.deep.equal(['Security good good']);
    }
  });

  it('does not verify when the Body or the token is another', () => {
    const signed = signBody(envelope, signerOf('rsa'));
    const refused = (text: string) =>
      codeOf(() =>
        withXml(Buffer.from(text), (document) => verifyBody(document, acceptedProfiles)),
      );
    expect(refused(signed.replace('soap:Server', 'soap:Client'))).to.equal('SIGNATURE_DIGEST');
    const other = signBody(envelope, signerOf('rsa', 'sha256', 3072));
    const token = />([^<]*)<\/wsse:BinarySecurityToken>/;
    expect(refused(signed.replace(token, () => token.exec(other)?.[0] ?? ''))).to.equal(
      'SIGNATURE_VALUE',
    );
    expect(refused(envelope)).to.equal('SIGNATURE_MISSING');
    expect(
      refused(signed.replace(/<wsse:BinarySecurityToken.*<\/wsse:BinarySecurityToken>/, '')),
    ).to.equal('CERTIFICATE_MISSING');
    // Shown would be one signer, tried the key of another.
    const der = signerOf('ec').certificate.der.toString('base64');
    const beside = `<ds:X509Data><ds:X509Certificate>${der}</ds:X509Certificate></ds:X509Data>`;
    expect(refused(signed.replace('<ds:KeyInfo>', (start) => start + beside))).to.equal(
      'SIGNATURE_FORMAT',
    );
  });
});

describe('the canonical form of the signed element', () => {
  it('is what the signature gives back', () => {
    const text = signedRequest();
    withXml(Buffer.from(text), (document) => {
      const { data } = partsOf(document);
      expect(pathOf(data)).to.equal('/Envelope/Body/SendRequestRequest/SenderProvidedRequestData');
      expect(verifyRequest(text).octets.equals(canonicalize(data))).to.equal(true);
    });
  });
});
