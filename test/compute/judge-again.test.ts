import { expect } from 'chai';
import { judgeAgain, type Question } from '../../src/compute/judge-again.ts';
import { signTemplate } from '../../src/compute/sign-template.ts';
import * as calls from '../../src/smev/calls.ts';
import { versions } from '../../src/smev/namespaces.ts';
import { freshMessageId, sandboxSigner } from '../harness/client.ts';
import { disputed } from '../harness/disputed.ts';
import { noteResponse } from '../harness/rules.ts';
import { questionOf, signedNote } from './questions.ts';

function differing(question: Question) {
  const opinion = judgeAgain(question);
  if (opinion.verdict === 'agreed') throw new Error('they agree');
  return opinion;
}

describe('judgeAgain', () => {
  for (const kind of ['rsa', 'ec', 'gost', 'gost512'] as const) {
    for (const version of versions) {
      it(`agrees with judge on ${kind} in ${version}`, () => {
        const opinion = judgeAgain(questionOf(signedNote(kind, version), version));
        expect(opinion).to.deep.equal({ verdict: 'agreed' });
      });
    }
  }

  it('agrees on a SendResponse', () => {
    const template = calls.sendResponseCall('1.3', freshMessageId(), 'to', {
      content: noteResponse('y'),
    });
    const text = signTemplate(template, sandboxSigner('agency-b', 'gost'));
    expect(judgeAgain(questionOf(text, '1.3'))).to.deep.equal({ verdict: 'agreed' });
  });

  it('gives both forms of the element where the digest is in dispute', () => {
    const question = questionOf(disputed(signedNote(), sandboxSigner('agency-a')));
    const { difference, of, first, second } = differing(question);
    expect({ difference, of }).to.deep.equal({ difference: 'digest', of: 'element' });
    expect(Buffer.from(first).toString()).to.include(' xmlns="urn:default"');
    expect(Buffer.from(second ?? []).toString()).to.equal(
      Buffer.from(first).toString().replace(' xmlns="urn:default"', ''),
    );
  });

  it('differs where the same verdict was given over other octets', () => {
    const question = { ...questionOf(signedNote()), octetsHash: '0'.repeat(64) };
    const { difference, first, second } = differing(question);
    expect(difference).to.equal('octets');
    expect(Buffer.from(second ?? []).equals(first)).to.equal(true);
  });

  it('differs where the same verdict was given by another certificate', () => {
    const question = { ...questionOf(signedNote()), fingerprint: '0'.repeat(64) };
    expect(differing(question).difference).to.equal('certificate');
  });

  it('gives both forms of SignedInfo where the value alone is in dispute', () => {
    const question = questionOf(signedNote());
    const text = Buffer.from(question.bytes).toString();
    const bytes = Buffer.from(text.replace(/(<ds:SignatureValue>)..../, '$1AAAA'));
    const { difference, of, first, second } = differing({ ...question, bytes });
    expect({ difference, of }).to.deep.equal({ difference: 'value', of: 'SignedInfo' });
    expect(Buffer.from(first).toString()).to.match(/^<ds:SignedInfo xmlns:ds=/);
    expect(Buffer.from(second ?? []).equals(first)).to.equal(true);
  });

  it('has no second form where the second verifier did not come to one', () => {
    const question = questionOf(signedNote());
    const text = Buffer.from(question.bytes).toString();
    const copy = '<soap:Header><x Id="SIGNED_BY_CALLER"/></soap:Header><soap:Body>';
    const bytes = Buffer.from(text.replace('<soap:Body>', copy));
    const { difference, second } = differing({ ...question, bytes });
    expect(difference).to.equal('unreadable');
    expect(second).to.equal(undefined);
  });
});
