import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { JournalWriter } from '../../src/journal/writer.ts';
import { type ApplyContext, ApplyRefused } from '../../src/participants/apply.ts';
import {
  listCertificates,
  retireCertificate,
  rotateCertificate,
} from '../../src/participants/certificates.ts';
import { seedSandbox } from '../../src/participants/seed.ts';
import { sandboxSigner } from '../harness/client.ts';
import { forEachDatabase } from '../harness/databases.ts';
import { day, families, Issuing, now } from '../pki/path-stand.ts';

const system = 'agency-a';
const old = sandboxSigner(system).certificate;

forEachDatabase((_, open) => {
  describe('certificates of a system that take each other’s place', () => {
    const by = new Issuing(families['RSA']?.make ?? (() => expect.fail()));
    const { certificate: fresh } = by.issue('Ведомство', undefined);
    let context: ApplyContext;
    beforeEach(async () => {
      const database = await open();
      const journal = new JournalWriter(database, 'node');
      context = { database, journal, who: 'operator', now: () => now, random: randomBytes };
      await seedSandbox(context);
    });

    const rotate = (certificate: typeof old, at: number, overlapMs = 0) =>
      rotateCertificate(context, { system, certificate, at, overlapMs });
    const windows = async () => {
      const all = await listCertificates(context.database.kysely);
      const of = ({ fingerprint }: typeof old) => {
        const found = all.find((each) => each.certificate.fingerprint === fingerprint)?.window;
        return found && [found.from, found.until];
      };
      return { old: of(old), fresh: of(fresh) };
    };

    it('go back: the old one goes on counting, the new one ends', async () => {
      await rotate(fresh, now - 1, 7 * day);
      const replaced = await rotate(old, now);
      expect(replaced.map(({ certificate }) => certificate.fingerprint)).to.deep.equal([
        fresh.fingerprint,
      ]);
      expect(await windows()).to.deep.equal({ old: [null, null], fresh: [now - 1, now] });
    });

    it('go back after the overlap: the old one begins anew', async () => {
      await rotate(fresh, now - 2 * day, day);
      await rotate(old, now + 5, day);
      expect(await windows()).to.deep.equal({
        old: [now + 5, null],
        fresh: [now - 2 * day, now + 5 + day],
      });
    });

    it('may be put off while the new one has not begun', async () => {
      await rotate(fresh, now + day, day);
      await rotate(fresh, now + 3 * day, day);
      expect(await windows()).to.deep.equal({
        old: [null, now + 4 * day],
        fresh: [now + 3 * day, null],
      });
      await rotate(fresh, now, day);
      expect(await windows(), 'or come sooner').to.deep.equal({
        old: [null, now + day],
        fresh: [now, null],
      });
    });

    it('go back before the new one begins: it never does', async () => {
      await rotate(fresh, now + day, day);
      const replaced = await rotate(old, now, day);
      expect(replaced.map(({ window }) => window)).to.deep.equal([
        { from: now + day, until: now + day },
      ]);
      expect(await windows()).to.deep.equal({
        old: [null, null],
        fresh: [now + day, now + day],
      });
    });

    it('do not count again by being retired', async () => {
      await rotate(fresh, now - 2 * day, day);
      const retired = retireCertificate(context, old.fingerprint, now + day).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(await retired).to.be.instanceOf(ApplyRefused);
      expect((await windows()).old).to.deep.equal([null, now - day]);
    });

    it('leave an entry for each change, and another system’s certificate where it is', async () => {
      const other = sandboxSigner('agency-b').certificate;
      const refused = await rotate(other, now).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(refused).to.be.instanceOf(ApplyRefused);
      const entries = () =>
        context.database.kysely.selectFrom('journal_entry').select('sequence').execute();
      const before = (await entries()).length;
      await rotate(fresh, now);
      await rotate(old, now);
      await retireCertificate(context, fresh.fingerprint.slice(0, 8), now);
      // Two certificates, twice; and the last one.
      expect((await entries()).length - before).to.equal(5);
    });
  });
});
