import { expect } from 'chai';
import { judge } from '../../src/compute/judge.ts';
import { signTemplate } from '../../src/compute/sign-template.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { freshMessageId, sandboxSigner } from '../harness/client.ts';
import { noteRequest, testRules } from '../harness/rules.ts';

const messageId = freshMessageId();
const call = { messageId, content: noteRequest('привет') };
const good = signTemplate(sendRequestCall('1.2', call), sandboxSigner('agency-a', 'ec'));

function judged(text: string) {
  const posted = { bytes: Buffer.from(text), endpoint: '1.2', soapAction: undefined } as const;
  return judge(posted, testRules());
}

describe('judge: what is known of a message that is refused', () => {
  it('the MessageID that it claims and its operation, whether it was verified or not', () => {
    for (const [text, verdict] of [
      [good, 'verified'],
      [good.replace('привет', 'превед'), 'refused'],
    ] as const) {
      expect(judged(text)).to.include({
        verdict,
        operation: 'SendRequest',
        claimedMessageId: messageId,
      });
    }
  });

  it('a namespace that is a relative reference has no canonical form: the sender is told', () => {
    for (const text of [
      good.replace('<n:Text>', '<n:Text xmlns:r="relative">'),
      good.replace('<soap:Body>', '<soap:Header><x xmlns="r"/></soap:Header><soap:Body>'),
    ]) {
      const judgement = judged(text);
      if (judgement.verdict === 'verified') throw new Error('verified');
      expect(judgement.fault.code).to.equal('XML_MALFORMED');
    }
  });
});
