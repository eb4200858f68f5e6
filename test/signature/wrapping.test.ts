import { expect } from 'chai';
import { signText } from '../../src/signature/insert.ts';
import { codeOf, sendRequest, signedRequest, signerOf, types, verifyRequest } from './documents.ts';

const data = /<t:SenderProvidedRequestData .*<\/t:SenderProvidedRequestData>/;

function first(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[0];
  if (found === undefined) throw new Error(`no ${pattern}`);
  return found;
}

function refused(text: string): string {
  return codeOf(() => verifyRequest(text));
}

describe('signature wrapping', () => {
  const original = () => signedRequest();
  const evil = (t: string) => first(t, data).replace('>42<', '>43<');

  const shapes: Record<string, [(text: string) => string, string]> = {
    'the signed element in the header, an evil one with the same Id in its place': [
      (t) =>
        t
          .replace(data, () => evil(t))
          .replace(
            '<soap:Body>',
            () => `<soap:Header>${scoped(first(t, data))}</soap:Header><soap:Body>`,
          ),
      'SIGNATURE_ID_AMBIGUOUS',
    ],
    'the signed element in the header, an evil one with another Id in its place': [
      (t) =>
        t
          .replace(data, () => evil(t).replace('SIGNED_BY_CALLER', 'EVIL'))
          .replace(
            '<soap:Body>',
            () => `<soap:Header>${scoped(first(t, data))}</soap:Header><soap:Body>`,
          ),
      'SIGNATURE_TARGET',
    ],
    'the signed element after an evil one without Id': [
      (t) => t.replace(data, (good) => evil(t).replace(' Id="SIGNED_BY_CALLER"', '') + good),
      'SIGNATURE_TARGET',
    ],
    'the signed element before an evil twin': [
      (t) => t.replace(data, (good) => good + evil(t)),
      'SIGNATURE_ID_AMBIGUOUS',
    ],
    'the signed element inside its own signature': [
      (t) =>
        t
          .replace(data, () => evil(t).replace('SIGNED_BY_CALLER', 'EVIL'))
          .replace(
            '</ds:Signature>',
            () => `<ds:Object>${first(t, data)}</ds:Object></ds:Signature>`,
          ),
      'SIGNATURE_FORMAT',
    ],
    'the signed element inside an evil one': [
      (t) =>
        t.replace(data, (good) =>
          evil(t)
            .replace('SIGNED_BY_CALLER', 'EVIL')
            .replace('</b:MessagePrimaryContent>', () => `${good}</b:MessagePrimaryContent>`),
        ),
      'SIGNATURE_TARGET',
    ],
  };
  for (const attribute of ['ID', 'id', 'xml:id', 'w:Id', 'Id']) {
    shapes[`an evil bearer of the same value in ${attribute}`] = [
      (t) =>
        t.replace(
          '<soap:Body>',
          `<soap:Header><e xmlns:w="urn:w" ${attribute}="SIGNED_BY_CALLER"/></soap:Header><soap:Body>`,
        ),
      'SIGNATURE_ID_AMBIGUOUS',
    ];
  }
  shapes['the same value with blanks around it'] = [
    (t) =>
      t.replace(
        '<soap:Body>',
        '<soap:Header><e Id=" SIGNED_BY_CALLER&#10;"/></soap:Header><soap:Body>',
      ),
    'SIGNATURE_ID_AMBIGUOUS',
  ];
  for (const [name, [change, code]] of Object.entries(shapes)) {
    it(`refuses ${name}`, () => {
      const text = original();
      const changed = change(text);
      expect(changed).to.not.equal(text);
      expect(refused(changed)).to.equal(code);
    });
  }

  it('returns the octets that were digested, not what stands around them', () => {
    const { octets } = verifyRequest(original());
    expect(octets.toString()).to.equal(
      first(original(), data)
        .replace(
          '<t:SenderProvidedRequestData Id',
          `<t:SenderProvidedRequestData xmlns:t="${types}" Id`,
        )
        .replace(
          '<b:MessagePrimaryContent>',
          `<b:MessagePrimaryContent xmlns:b="urn://x-artefacts-smev-gov-ru/services/message-exchange/types/basic/1.1">`,
        ),
    );
  });

  it('does not take a processing instruction for its data', () => {
    const split = original().replace('>42<', '><?x 42?><');
    expect(codeOf(() => verifyRequest(split))).to.match(/processing instruction/);
  });

  it('holds under an ancestor with xml:lang and strange namespaces', () => {
    const text = sendRequest(undefined, 'xml:lang="ru" xmlns:unused="urn:u" xmlns="urn:default"');
    expect(refused(signText(text, 'caller', signerOf('rsa')))).to.equal('none');
  });
});

function scoped(element: string): string {
  return element.replace(
    '<t:SenderProvidedRequestData',
    `<t:SenderProvidedRequestData xmlns:t="${types}" xmlns:b="urn://x-artefacts-smev-gov-ru/services/message-exchange/types/basic/1.1"`,
  );
}
