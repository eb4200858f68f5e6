import { expect } from 'chai';
import { judge } from '../../../src/compute/judge.ts';
import { Budget, refusalLimits } from '../../../src/signature/explain/budget.ts';
import { signText } from '../../../src/signature/insert.ts';
import { noteRequest, testRules } from '../../harness/rules.ts';
import { sendRequest, signedRequest, signerOf } from '../documents.ts';

describe('a refusal that says why', () => {
  const signer = signerOf('rsa');

  function refused(text: string): string {
    const posted = { bytes: Buffer.from(text), endpoint: '1.1', soapAction: undefined } as const;
    const judgement = judge(posted, testRules());
    if (judgement.verdict !== 'refused') throw new Error('not refused');
    return `${judgement.fault.code}: ${judgement.fault.detail.public}`;
  }

  it('names both digests, the reference and the cause', () => {
    const good = signedRequest(signer, noteRequest('привет'));
    expect(refused(good.replace('<n:Text>', '\n <n:Text>'))).to.match(
      /^SIGNATURE_DIGEST: .*URI="#SIGNED_BY_CALLER": DigestValue \S{44}, вычислено \S{44}; причина: после подписания между/,
    );
    expect(refused(good.replace('<ds:SignatureMethod', '\n<ds:SignatureMethod'))).to.match(
      /^SIGNATURE_VALUE: URI="#SIGNED_BY_CALLER": DigestValue \S{44}; причина: после подписания между/,
    );
    expect(refused(good.replace('привет', 'превед'))).to.match(/; причина не найдена$/);
  });

  it('says the same of the signature of a person', () => {
    const note = noteRequest('привет').replace('<n:NoteRequest ', '<n:NoteRequest Id="P" ');
    const personal = signText(sendRequest(note), 'personal', signer, 'P');
    const damaged = signText(personal.replace('<n:Text>', '\n <n:Text>'), 'caller', signer);
    expect(refused(damaged)).to.match(/^SIGNATURE_DIGEST: ЭП-СП: .*; причина: после подписания/);
  });

  it('searches nothing in a large message', () => {
    const good = signedRequest(signer, noteRequest('я'.repeat(150_000)));
    expect(refused(good.replace('яя', 'я'))).to.match(/вычислено \S{44}$/);
  });

  it('stops where its budget ends', () => {
    const few = new Budget(refusalLimits);
    let variants = 0;
    while (few.spend(1)) variants += 1;
    expect(variants).to.equal(refusalLimits.variants);
    const big = new Budget(refusalLimits);
    expect(big.spend(refusalLimits.octets + 1)).to.equal(false);
    expect(big.spend(refusalLimits.octets)).to.equal(true);
    expect(big.spendOctets(1)).to.equal(false);
  });
});
