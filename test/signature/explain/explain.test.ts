import { expect } from 'chai';
import { causes } from '../../../src/signature/explain/causes.ts';
import { signedRequest, signerOf } from '../documents.ts';
import { explained } from './damaged.ts';
import { content, digestCases } from './digest-cases.ts';
import { valueCases } from './value-cases.ts';

describe('explaining a signature', () => {
  it('says of a good one that it is good', () => {
    const told = explained(signedRequest(signerOf('rsa'), content));
    expect(told).to.include({ good: true, digest: 'good', signature: 'good', cause: null });
    expect(told.reference.expected).to.equal(told.reference.computed);
  });

  for (const { name, cause, make, parts } of digestCases) {
    it(`with a bad digest, ${name}: ${cause}`, () => {
      const told = explained(make(), parts);
      expect(told.cause).to.equal(cause);
      expect(told).to.include({ good: false, digest: 'bad' });
      if (cause === null) expect(told.tried).to.include('prefixes-rewritten');
      else expect(told.ru).to.match(/Что делать: /);
    });
  }

  for (const { name, cause, make } of valueCases) {
    it(`with a good digest and a bad value, ${name}: ${cause}`, () => {
      const told = explained(make());
      expect(told.cause).to.equal(cause);
      expect(told).to.include({ good: false, digest: 'good', signature: 'bad' });
    });
  }

  it('has a message for each cause', () => {
    const found = new Set(
      [...digestCases, ...valueCases].flatMap(({ cause }) => cause?.split('+')),
    );
    expect(Object.keys(causes).filter((cause) => !found.has(cause))).to.deep.equal([]);
  });
});
