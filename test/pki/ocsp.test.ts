import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { readRevocationList } from '../../src/pki/crl.ts';
import { newGostKey, newKey } from '../../src/pki/issuing-key.ts';
import { type OcspStatus, ocspOctetsMax, readOcspAnswer } from '../../src/pki/ocsp.ts';
import { OcspError } from '../../src/pki/ocsp-error.ts';
import { checkOcspAnswer } from '../../src/pki/ocsp-standing.ts';
import type { RevocationMode } from '../../src/pki/path.ts';
import { bestPath, judgeCertificate } from '../../src/pki/trust.ts';
import { full } from '../fault/full.ts';
import { seeded } from '../xml/random.ts';
import { item } from './cms-documents.ts';
import { extension, type ListWish, listOf } from './crl-stand.ts';
import { mutated, mutation } from './mutations.ts';
import { type AnswerWish, answerOf, ocspSigning, statusAlone } from './ocsp-stand.ts';
import { day, Issuing, now } from './path-stand.ts';

const by = new Issuing(() => newKey('ec'));
const root = by.authority('Корневой');
const middle = by.authority('Промежуточный', root);
const { certificate: leaf } = by.issue('Лист', middle);
const issuer = middle.certificate;

const good: OcspStatus = { kind: 'good' };
const unknown: OcspStatus = { kind: 'unknown' };
const revoked: OcspStatus = { kind: 'revoked', since: now - 2 * day };

function reasonOf(work: () => unknown): string {
  try {
    work();
    return 'taken';
  } catch (error) {
    if (error instanceof OcspError) return error.reason;
    throw error;
  }
}

describe('an OCSP answer', () => {
  const question = { certificate: leaf, issuer, lists: [], at: now };

  it('is refused by name where it is none', () => {
    const read = (bytes: Buffer) => reasonOf(() => readOcspAnswer(bytes));
    expect(read(statusAlone(3))).to.equal('not-successful');
    expect(() => readOcspAnswer(statusAlone(6))).to.throw('unauthorized');
    expect(read(Buffer.from('<html>'))).to.equal('malformed');
    expect(read(Buffer.alloc(ocspOctetsMax + 1, 0x30))).to.equal('too-large');
    const critical = extension('1.2.643.100.999', true, item(0x05));
    const read2 = (wish: AnswerWish) => read(answerOf(middle, [leaf], wish));
    expect(read2({ extensions: [critical] })).to.equal('critical');
    expect(read2({ singleExtensions: [critical] })).to.equal('critical');
    const many = Array.from({ length: 101 }, () => leaf);
    expect(read(answerOf(middle, many))).to.equal('malformed');
    const crowd = Array.from({ length: 9 }, () => leaf);
    expect(read2({ certificates: crowd })).to.equal('malformed');
  });

  it('says nothing of another certificate, and nothing of the same number by another issuer', () => {
    const { certificate: other } = by.issue('Другой', middle);
    const about = (answer: Buffer) =>
      reasonOf(() => checkOcspAnswer(readOcspAnswer(answer), question));
    expect(about(answerOf(middle, [other]))).to.equal('other-certificate');
    expect(about(answerOf(root, [leaf]))).to.equal('other-certificate');
    expect(about(answerOf(middle, [other, leaf]))).to.equal('taken');
  });

  it('without the nonce is taken where it is not demanded, with another never', () => {
    const nonce = randomBytes(32);
    const asked = (wish: AnswerWish, demanded: boolean) =>
      reasonOf(() =>
        checkOcspAnswer(readOcspAnswer(answerOf(middle, [leaf], wish)), question, {
          nonce,
          demanded,
        }),
      );
    expect(asked({}, false)).to.equal('taken');
    expect(asked({}, true)).to.equal('nonce-absent');
    expect(asked({ nonce }, true)).to.equal('taken');
    expect(asked({ nonce: randomBytes(32) }, false)).to.equal('nonce-differs');
    expect(asked({ nonce: nonce.subarray(1) }, false)).to.equal('nonce-differs');
  });

  it('with any octets changed is not taken, and nothing crashes', () => {
    const nonce = randomBytes(32);
    const delegate = by.issue('Ответчик', middle, { extensions: [ocspSigning] });
    const whole = answerOf(middle, [leaf], { nonce, signer: delegate });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const bytes = mutated(whole, mutations);
        const said = reasonOf(() =>
          checkOcspAnswer(readOcspAnswer(bytes), question, { nonce, demanded: true }),
        );
        // What is not signed may change: certificates beside the signer's, the form of a length.
        if (said !== 'taken') return;
        expect(readOcspAnswer(bytes).signed.equals(readOcspAnswer(whole).signed)).to.equal(true);
      }),
      seeded(full ? 20_000 : 500),
    );
  });
});

/** What a message gets that the leaf signed, where answers are demanded and where not. */
interface Verdicts {
  readonly hard: string;
  readonly soft: string;
}

const trusted: Verdicts = { hard: 'trusted', soft: 'trusted' };
const refused: Verdicts = { hard: 'CERTIFICATE_REVOKED', soft: 'CERTIFICATE_REVOKED' };
const notKnown: Verdicts = { hard: 'CERTIFICATE_STATUS_UNKNOWN', soft: 'trusted' };

for (const [family, make] of [
  ['RSA', () => newKey('rsa')],
  ['GOST', () => newGostKey('gost2012-256')],
] as const) {
  describe(`lists and answers together, ${family}`, () => {
    const issuing = new Issuing(make);
    const top = issuing.authority('Корневой');
    const between = issuing.authority('Промежуточный', top);
    const { certificate } = issuing.issue('Лист', between);
    const delegate = issuing.issue('Ответчик', between, { extensions: [ocspSigning] });
    const old = { thisUpdate: now - 9 * day, nextUpdate: now - 1000 };

    function judge(
      mode: RevocationMode,
      lists: readonly Buffer[],
      answers: readonly (readonly [string, Buffer])[],
      at = now,
    ) {
      const trust = {
        anchors: [top.certificate],
        intermediates: [between.certificate],
        revocation: {
          mode,
          lists: lists.map(readRevocationList),
          answers: new Map(answers.map(([of, der]) => [of, readOcspAnswer(der)])),
        },
      };
      const { checks } = bestPath(certificate, trust, at);
      const code = judgeCertificate(certificate, trust, at)?.code ?? 'trusted';
      return { code, standing: checks.find((each) => each.standing)?.standing };
    }

    const listed = (wish: ListWish, ...entries: Parameters<typeof listOf>[1]) =>
      listOf(between, entries, wish);
    const answered = (status: OcspStatus, wish: AnswerWish = {}) =>
      answerOf(between, [certificate], { status, ...wish });
    const ended = issuing.issue('Прежний ответчик', between, {
      extensions: [ocspSigning],
      notAfter: now - 1000,
    });

    const cases: Readonly<Record<string, readonly [Buffer | null, Buffer | null, Verdicts]>> = {
      'neither: a silent responder': [null, null, notKnown],
      'a good answer alone': [null, answered(good), trusted],
      'a revoked answer alone': [null, answered(revoked), refused],
      'a good answer of before': [null, answered(good, old), notKnown],
      'a revoked answer of before': [null, answered(revoked, old), refused],
      'a good answer of tomorrow': [
        null,
        answered(good, { thisUpdate: now + day, nextUpdate: now + 2 * day }),
        notKnown,
      ],
      'an answer that does not know it': [null, answered(unknown), notKnown],
      'an answer that does not know it, and a list without it': [
        listed({}),
        answered(unknown),
        trusted,
      ],
      'a good answer of before, and a list in force': [listed({}), answered(good, old), trusted],
      'a good answer, and a list of before': [listed(old), answered(good), trusted],
      'a good answer, and a list with it': [listed({}, certificate), answered(good), refused],
      'a revoked answer, and a list without it': [listed({}), answered(revoked), refused],
      'a good answer by a responder of the issuer': [
        null,
        answered(good, { signer: delegate }),
        trusted,
      ],
      'a good answer by a responder that the issuer revoked': [
        listed(old, delegate.certificate),
        answered(good, { signer: delegate }),
        notKnown,
      ],
      'a good answer by a responder that has ended since': [
        null,
        answered(good, { signer: ended }),
        notKnown,
      ],
      'a revoked answer by a responder that has ended since': [
        null,
        answered(revoked, { signer: ended, producedAt: now - day }),
        refused,
      ],
      'a good answer by a stranger': [null, answered(good, { signer: top }), notKnown],
    };

    for (const [name, [list, answer, { hard, soft }]] of Object.entries(cases)) {
      it(name, () => {
        const above = [listOf(top, [])];
        const lists = list === null ? above : [...above, list];
        const answers = answer === null ? [] : [[certificate.fingerprint, answer] as const];
        expect(judge('hard', lists, answers).code, 'hard').to.equal(hard);
        expect(judge('soft', lists, answers).code, 'soft').to.equal(soft);
      });
    }

    it('an authority of the path is asked about too, and the word says who said it', () => {
      const own = answerOf(top, [between.certificate], { status: revoked });
      const { fingerprint } = between.certificate;
      expect(judge('soft', [], [[fingerprint, own]]).code).to.equal('CERTIFICATE_REVOKED');
      const { standing } = judge('soft', [], [[certificate.fingerprint, answered(good)]]);
      expect(standing).to.deep.include({ kind: 'good', by: 'ocsp', thisUpdate: now - day });
    });
  });
}
