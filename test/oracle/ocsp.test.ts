import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { Certificate } from '../../src/pki/certificate.ts';
import type { Wish } from '../../src/pki/issue.ts';
import { readOcspAnswer } from '../../src/pki/ocsp.ts';
import { OcspError } from '../../src/pki/ocsp-error.ts';
import { nonceOctets, ocspRequest } from '../../src/pki/ocsp-request.ts';
import { checkOcspAnswer } from '../../src/pki/ocsp-standing.ts';
import { full } from '../fault/full.ts';
import { GostOpenssl, needGostEngine } from '../harness/gost-engine.ts';
import { startResponder } from '../harness/ocsp-responder.ts';
import { type AnswerWish, answerOf, extendedUsage, ocspSigning } from '../pki/ocsp-stand.ts';
import { day, families, Issuing, type Made } from '../pki/path-stand.ts';

// OpenSSL compares the times of an answer with its own clock and no other.
const now = Math.floor(Date.now() / 1000) * 1000;
const valid = { notBefore: now - 10 * day, notAfter: now + 10 * day };

interface Stand {
  readonly root: Made;
  readonly middle: Made;
  readonly leaf: Made;
}

/** An answer about the leaf, and what this node makes of it. */
interface Case {
  readonly wish: AnswerWish;
  /** 'good', 'revoked', 'unknown', or why it is not taken. */
  readonly said: string;
  /** Words for OpenSSL besides. */
  readonly words?: readonly string[];
}

const sha256 = '2.16.840.1.101.3.4.2.1';

function cases({ root, middle, leaf }: Stand, by: Issuing): Record<string, () => Case> {
  const responder = (wish: Partial<Wish> = {}, issuer = middle) =>
    by.issue('Ответчик', issuer, { ...valid, extensions: [ocspSigning], ...wish });
  const signed = (signer: Made, said: string): Case => ({ wish: { signer }, said });
  const lookAlike = () => by.authority('Промежуточный', root, valid);
  const dayAge = { words: ['-status_age', '86400'] };
  return {
    good: () => ({ wish: {}, said: 'good' }),
    revoked: () => ({
      wish: { status: { kind: 'revoked', since: now - 2 * day } },
      said: 'revoked',
    }),
    'unknown to the responder': () => ({ wish: { status: { kind: 'unknown' } }, said: 'unknown' }),
    'the issuer named by its key': () => ({ wish: { byKey: true }, said: 'good' }),
    'the certificate named by SHA-256': () => ({
      wish: { hash: sha256 },
      said: 'good',
      words: ['-sha256'],
    }),
    'a responder of the issuer': () => signed(responder(), 'good'),
    'a responder named by its key': () => ({
      wish: { signer: responder(), byKey: true },
      said: 'good',
    }),
    'a responder that the authority above appointed': () =>
      signed(responder({}, root), 'responder'),
    'a responder without the right': () => signed(responder({ extensions: [] }), 'responder'),
    'a responder of another right': () =>
      signed(responder({ extensions: [extendedUsage('1.3.6.1.5.5.7.3.1')] }), 'responder'),
    'a responder of any right but this one': () =>
      signed(responder({ extensions: [extendedUsage('2.5.29.37.0')] }), 'responder'),
    'a responder whose time has ended': () =>
      signed(responder({ notAfter: now - 1000 }), 'responder'),
    'a responder whose time has not begun': () =>
      signed(responder({ notBefore: now + day }), 'responder'),
    'a responder whose certificate did not come along': () => ({
      wish: { signer: responder(), certificates: [] },
      said: 'responder',
    }),
    'signed by the certificate itself': () => signed(leaf, 'responder'),
    'signed by a look-alike of the issuer': () => signed(lookAlike(), 'responder'),
    'a responder of a look-alike': () => signed(responder({}, lookAlike()), 'responder'),
    'out of date': () => ({ wish: { nextUpdate: now - 3_600_000 }, said: 'stale' }),
    'of tomorrow': () => ({
      wish: { thisUpdate: now + day, nextUpdate: now + 2 * day },
      said: 'future',
    }),
    'without a next update': () => ({
      wish: { thisUpdate: now - 3_600_000, nextUpdate: null },
      said: 'good',
      ...dayAge,
    }),
    'without a next update, of long ago': () => ({
      wish: { thisUpdate: now - 2 * day, nextUpdate: null },
      said: 'stale',
      ...dayAge,
    }),
    'with the nonce of another question': () => ({
      wish: { nonce: randomBytes(nonceOctets) },
      said: 'nonce-differs',
    }),
  };
}

/** What OpenSSL printed, in the words of this node. */
function verdictOf(printed: string): string {
  const errors: readonly (readonly [RegExp, string])[] = [
    [/Nonce Verify error/, 'nonce-differs'],
    [/Response Verify Failure/, 'responder'],
    [/status expired|status too old/, 'stale'],
    [/status not yet valid/, 'future'],
  ];
  const found = errors.find(([pattern]) => pattern.test(printed))?.[1];
  return found ?? /leaf\.pem: (\w+)\n/.exec(printed)?.[1] ?? printed;
}

describe('OCSP answers and OpenSSL', function () {
  this.timeout(60_000);
  let openssl: GostOpenssl;
  before(function () {
    openssl = new GostOpenssl(needGostEngine(this));
  });
  after(() => openssl?.end());

  for (const [family, { make }] of Object.entries(families).slice(0, full ? undefined : 2)) {
    describe(family, () => {
      const by = new Issuing(make);
      const root = by.authority('Корневой', undefined, valid);
      const middle = by.authority('Промежуточный', root, valid);
      const leaf = by.issue('Лист', middle, valid);
      const { certificate } = leaf;
      const issuer = middle.certificate;
      const nonce = randomBytes(nonceOctets);

      function ours(answer: Buffer): string {
        try {
          const question = { certificate, issuer, lists: [], at: now };
          const asked = { nonce, demanded: false };
          return checkOcspAnswer(readOcspAnswer(answer), question, asked).status.kind;
        } catch (error) {
          if (error instanceof OcspError) return error.reason;
          throw error;
        }
      }

      function writeAll(): void {
        openssl.write('root.pem', root.certificate.x509.toString());
        openssl.write('issuer.pem', issuer.x509.toString());
        openssl.write('leaf.pem', certificate.x509.toString());
        openssl.write('request.der', ocspRequest(certificate, issuer, nonce));
      }

      for (const [name, makeCase] of Object.entries(cases({ root, middle, leaf }, by))) {
        it(`${name}: the same verdict`, () => {
          const { wish, said, words = [] } = makeCase();
          const answer = answerOf(middle, [certificate], { at: now, ...wish });
          expect(ours(answer), 'ours').to.equal(said);
          writeAll();
          openssl.write('answer.der', answer);
          const { said: printed } = openssl.ask(
            ...['ocsp', '-reqin', 'request.der', '-respin', 'answer.der', '-no-CApath'],
            ...['-CAfile', 'root.pem', '-verify_other', 'issuer.pem', '-no-CAstore'],
            ...['-issuer', 'issuer.pem', ...words, '-cert', 'leaf.pem'],
          );
          expect(verdictOf(printed), printed).to.equal(said);
        });
      }

      it('a responder of OpenSSL: its answers to our questions, for certificates of every standing', async () => {
        const revoked = by.issue('Отозванный', middle, valid).certificate;
        const stranger = by.issue('Неизвестный', middle, valid).certificate;
        const delegate = by.issue('Ответчик', middle, { ...valid, extensions: [ocspSigning] });
        for (const signer of [middle, delegate]) {
          const known = { good: [certificate], revoked: [revoked] };
          const responder = await startResponder(openssl, middle, known, signer);
          try {
            const saidOf = async (each: Certificate) => {
              const body = new Uint8Array(ocspRequest(each, issuer, nonce));
              const headers = { 'content-type': 'application/ocsp-request' };
              const response = await fetch(responder.url, { method: 'POST', headers, body });
              const answer = readOcspAnswer(new Uint8Array(await response.arrayBuffer()));
              const question = { certificate: each, issuer, lists: [], at: Date.now() };
              return checkOcspAnswer(answer, question, { nonce, demanded: true }).status;
            };
            expect(await saidOf(certificate)).to.deep.equal({ kind: 'good' });
            const since = Date.UTC(2026, 0, 1);
            expect(await saidOf(revoked)).to.deep.equal({ kind: 'revoked', since });
            expect(await saidOf(stranger)).to.deep.equal({ kind: 'unknown' });
          } finally {
            await responder.stop();
          }
        }
      });

      it('a question: OpenSSL reads the same certificate and the same nonce', () => {
        writeAll();
        const read = openssl.run('ocsp', '-reqin', 'request.der', '-req_text');
        const theirs = openssl.run(
          ...['ocsp', '-issuer', 'issuer.pem', '-cert', 'leaf.pem', '-no_nonce', '-req_text'],
        );
        const id = /Certificate ID:[\s\S]*Serial Number: \w+/;
        expect(id.exec(read)?.[0], read).to.equal(id.exec(theirs)?.[0]);
        const shown = /OCSP Nonce:\s+([0-9A-F]+)/.exec(read)?.[1];
        expect(shown).to.equal(`0420${nonce.toString('hex').toUpperCase()}`);
      });
    });
  }
});
