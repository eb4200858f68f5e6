import { expect } from 'chai';
import type { OcspStatus } from '../../src/pki/ocsp.ts';
import { readOcspAnswer } from '../../src/pki/ocsp.ts';
import { withStapled } from '../../src/pki/stapled.ts';
import { judgeCertificate, type TrustStore } from '../../src/pki/trust.ts';
import { type AnswerWish, answerOf, ocspSigning } from './ocsp-stand.ts';
import { day, families, Issuing, now } from './path-stand.ts';

const revoked: OcspStatus = { kind: 'revoked', since: now - 2 * day };
const unknown = 'CERTIFICATE_STATUS_UNKNOWN';

for (const family of ['RSA', 'GOST of 256 bits']) {
  describe(`an OCSP response that came with a signature, ${family}`, () => {
    const by = new Issuing(families[family]?.make ?? (() => expect.fail()));
    const root = by.authority('Корневой');
    const { certificate: signer } = by.issue('Подписавший', root);
    const responder = by.issue('Ответчик', root, { extensions: [ocspSigning] });
    const stranger = by.authority('Корневой');

    const answer = (wish: AnswerWish = {}, issuer = root) => answerOf(issuer, [signer], wish);
    const store = (known?: Buffer): TrustStore => ({
      anchors: [root.certificate],
      intermediates: [],
      revocation: {
        mode: 'hard',
        lists: [],
        answers: new Map(known && [[signer.fingerprint, readOcspAnswer(known)]]),
      },
    });
    /** What a signature with these responses is refused with. */
    const verdict = (stapled: readonly Buffer[], known?: Buffer): string => {
      const trust = withStapled(store(known), signer, stapled, now);
      return judgeCertificate(signer, trust, now)?.code ?? 'believed';
    };
    const older = { thisUpdate: now - 2 * day };

    it('by the issuer or its responder proves what a signature without one does not', () => {
      expect(verdict([])).to.equal(unknown);
      expect(verdict([answer()])).to.equal('believed');
      expect(verdict([answer({ signer: responder })])).to.equal('believed');
      expect(verdict([answer({ status: revoked })])).to.equal('CERTIFICATE_REVOKED');
    });

    it('that is out of date, of tomorrow, by another, or none says nothing', () => {
      const late = { thisUpdate: now - 3 * day, nextUpdate: now - day };
      const early = { thisUpdate: now + day, nextUpdate: now + 2 * day };
      const silent = [
        ...[answer(late), answer(early), answer({}, stranger), answer({ signer: stranger })],
        Buffer.from('none'),
      ];
      for (const each of silent) expect(verdict([each])).to.equal(unknown);
      expect(verdict([...silent, answer()]), 'one of them').to.equal('believed');
    });

    it('never hides that the certificate is revoked, nor what is known later', () => {
      expect(verdict([answer()], answer({ status: revoked, ...older }))).to.equal(
        'CERTIFICATE_REVOKED',
      );
      expect(verdict([answer({ status: revoked })], answer(older))).to.equal('CERTIFICATE_REVOKED');
      expect(verdict([answer({ status: { kind: 'unknown' }, ...older })], answer())).to.equal(
        'believed',
      );
      const two = [answer(older), answer({ status: revoked })];
      expect(verdict(two)).to.equal('CERTIFICATE_REVOKED');
      expect(verdict(two.toReversed())).to.equal('CERTIFICATE_REVOKED');
    });

    it('changes nothing for others, and nothing where revocation is not looked at', () => {
      const trust = store();
      const told = withStapled(trust, signer, [answer()], now);
      const { certificate: other } = by.issue('Другой', root);
      expect(judgeCertificate(other, told, now)?.code).to.equal(unknown);
      expect(trust.revocation?.answers.size).to.equal(0);
      const off = { anchors: trust.anchors, intermediates: [] };
      expect(withStapled(off, signer, [answer({ status: revoked })], now)).to.equal(off);
    });
  });
}
