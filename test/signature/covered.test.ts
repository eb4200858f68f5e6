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

describe('what a signature covers', () => {
  const original = () => signedRequest();

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
