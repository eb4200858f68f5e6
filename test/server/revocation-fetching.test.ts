import { expect } from 'chai';
import type { Certificate } from '../../src/pki/certificate.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { GostOpenssl, gostEngine } from '../harness/gost-engine.ts';
import { type Known, type OcspResponder, startResponder } from '../harness/ocsp-responder.ts';
import { type Page, WebServer } from '../harness/web-server.ts';
import { listOf, pemOfList } from '../pki/crl-stand.ts';
import { addresses } from '../pki/ocsp-stand.ts';
import { day, families, Issuing, type Made } from '../pki/path-stand.ts';
import {
  askedOf,
  declare,
  type FetchingNode,
  startFetchingNode,
  trustWith,
  until,
} from './fetching-stand.ts';

const now = Math.floor(Date.now() / 1000) * 1000;
const valid = { notBefore: now - 10 * day, notAfter: now + 10 * day };
const unknown = 'CERTIFICATE_STATUS_UNKNOWN';
const revoked = 'CERTIFICATE_REVOKED';

forEachDatabase((kind, open) => {
  describe('lists and OCSP answers that the node fetches', function () {
    this.timeout(60_000);
    let database: TestDatabase;
    let web: WebServer;
    let nodes: FetchingNode[];
    let openssl: GostOpenssl | undefined;
    before(() => {
      const engine = gostEngine();
      if (engine !== undefined) openssl = new GostOpenssl(engine);
    });
    after(() => openssl?.end());
    beforeEach(async () => {
      database = await open();
      web = await WebServer.start();
      nodes = [];
    });
    afterEach(async () => {
      for (const node of nodes) await node.stop();
      await web.stop();
    });

    async function start(...words: Parameters<typeof trustWith>): Promise<FetchingNode> {
      const node = await startFetchingNode(database, trustWith(...words));
      nodes.push(node);
      return node;
    }

    /** A node that fetches nothing itself. */
    async function startBeside(...words: Parameters<typeof trustWith>): Promise<FetchingNode> {
      const node = await startFetchingNode(database, trustWith(...words), false);
      nodes.push(node);
      return node;
    }

    function stop(node: FetchingNode): Promise<void> {
      nodes = nodes.filter((each) => each !== node);
      return node.stop();
    }

    const listBy = (issuer: Made, entries: readonly Certificate[], ageMs: number) =>
      listOf(issuer, entries, { thisUpdate: now - ageMs, nextUpdate: now + day });

    for (const [family, { make }] of Object.entries(families).slice(0, kind === 'sqlite' ? 2 : 1)) {
      describe(family, () => {
        const by = new Issuing(make);
        const root = by.authority('Корневой', undefined, valid);

        function opensslSays(middle: Made, leaf: Certificate, lists: readonly Buffer[]): boolean {
          if (openssl === undefined) return expect.fail('no openssl');
          openssl.write('root.pem', root.certificate.x509.toString());
          openssl.write('middle.pem', middle.certificate.x509.toString());
          openssl.write('leaf.pem', leaf.x509.toString());
          openssl.write('lists.pem', lists.map(pemOfList).join(''));
          return openssl.ask(
            ...['verify', '-no-CApath', '-no-CAstore', '-CAfile', 'root.pem', '-crl_check_all'],
            ...['-untrusted', 'middle.pem', '-CRLfile', 'lists.pem', 'leaf.pem'],
          ).good;
        }

        it('a list: asked for once, in force on every node; a later one takes its place; as OpenSSL judges', async function () {
          if (openssl === undefined) {
            process.stdout.write(
              'SKIPPED: fetched lists judged by OpenSSL: install openssl and libengine-gost-openssl\n',
            );
            this.skip();
          }
          const at = (path: string) => ({
            ...valid,
            extensions: addresses({ lists: [`http://${web.host}${path}`] }),
          });
          const middle = by.authority('Промежуточный', root, at('/root.crl'));
          const { certificate } = by.issue('Лист', middle, at('/middle.crl'));
          const ofRoot = listBy(root, [], 5000);
          const lists = [listBy(middle, [], 5000), listBy(middle, [certificate], 1000)] as const;
          web.give('/root.crl', ofRoot);
          web.give('/middle.crl', lists[0]);
          await declare(database, root, [middle], [certificate]);
          const settings = { hosts: [web.host] };
          const second = await startBeside(settings, 'hard');
          expect(second.verdict(certificate)).to.equal(unknown);
          const first = await start(settings, 'hard');
          await until(() => second.verdict(certificate) === 'trusted');
          expect(second.verdict(certificate)).to.equal('trusted');
          expect(second.source(certificate)).to.equal('list');
          expect(opensslSays(middle, certificate, [ofRoot, lists[0]])).to.equal(true);
          expect([...web.asked].sort(), 'cached').to.deep.equal(['/middle.crl', '/root.crl']);
          await stop(first);
          web.give('/middle.crl', lists[1]);
          await start({ ...settings, everyMs: 100 }, 'hard');
          await until(() => second.verdict(certificate) === revoked);
          expect(second.verdict(certificate)).to.equal(revoked);
          expect(opensslSays(middle, certificate, [ofRoot, lists[1]])).to.equal(false);
        });

        if (kind !== 'sqlite') return;
        it('a responder of OpenSSL: asked, believed on every node, and of one word with its own client', async function () {
          if (openssl === undefined) {
            process.stdout.write(
              'SKIPPED: the responder of OpenSSL: install openssl and libengine-gost-openssl\n',
            );
            this.skip();
          }
          const middle = by.authority('Промежуточный', root, valid);
          const wish = {
            ...valid,
            extensions: addresses({ ocsp: [`http://${web.host}/ocsp`] }),
          };
          const names = ['good', 'revoked', 'stranger'] as const;
          const [good, bad, stranger] = names.map(
            (name) => by.issue(name, middle, wish).certificate,
          ) as [Certificate, Certificate, Certificate];
          const known: Known = { good: [good], revoked: [bad] };
          const responder = await startResponder(openssl, middle, known);
          try {
            web.handOn('/ocsp', responder.url);
            await declare(database, root, [middle], [good, bad, stranger]);
            const settings = { hosts: [web.host], nonce: 'required' as const };
            const second = await startBeside(settings);
            await start(settings);
            await until(() => second.verdict(bad) === revoked);
            expect([good, bad, stranger].map(second.verdict)).to.deep.equal([
              'trusted',
              revoked,
              'trusted',
            ]);
            expect([good, bad, stranger].map(second.source)).to.deep.equal(Array(3).fill('ocsp'));
            const strict = await startBeside(settings, 'hard');
            expect(strict.verdict(stranger)).to.equal(unknown);
            expect(clientSays(openssl, responder, middle, [good, bad, stranger])).to.deep.equal([
              'good',
              'revoked',
              'unknown',
            ]);
            expect(web.asked.length, 'cached').to.equal(3);
          } finally {
            await responder.stop();
          }
        });
      });
    }

    const by = new Issuing(families['RSA']?.make ?? (() => expect.fail()));
    const root = by.authority('Корневой', undefined, valid);
    const leafWith = (where: Parameters<typeof addresses>[0]) =>
      by.issue('Лист', root, { ...valid, extensions: addresses(where) }).certificate;

    it('two nodes: each question is asked by one of them', async () => {
      const leaves = Array.from({ length: 5 }, (_, n) =>
        leafWith({ lists: [web.give(`/${n}`, listBy(root, [], 1000))] }),
      );
      await declare(database, root, [], leaves);
      await Promise.all([start({ hosts: [web.host] }), start({ hosts: [web.host] })]);
      await askedOf(database, 5);
      expect([...web.asked].sort()).to.deep.equal(['/0', '/1', '/2', '/3', '/4']);
    });

    // What follows is about whom one asks, and the same on every database.
    if (kind !== 'sqlite') return;

    for (const [mode, verdict] of [
      ['soft', 'trusted'],
      ['hard', unknown],
    ] as const) {
      it(`a responder that is silent: ${verdict} where revocation is ${mode}`, async () => {
        const url = web.page('/ocsp', () => undefined);
        const leaf = leafWith({ ocsp: [url] });
        await declare(database, root, [], [leaf]);
        const node = await start({ hosts: [web.host], timeoutMs: 200, retryMs: 100 }, mode);
        const [row] = await askedOf(database, 1, ({ failures }) => failures > 1);
        expect(row).to.include({ host: web.host, answered_at: null });
        expect(row?.why).to.include('200 ms');
        expect(node.verdict(leaf)).to.equal(verdict);
        const text = await node.metrics.text();
        expect(text).to.include(`mezhved_revocation_fetch_failed{host="${web.host}"} 1`);
      });
    }

    it('a responder that fell silent: its last answer counts as long as it is in force', async () => {
      const url = `http://${web.host}/list`;
      const leaf = leafWith({ lists: [url] });
      web.give('/list', listBy(root, [leaf], 1000));
      await declare(database, root, [], [leaf]);
      const node = await start({ hosts: [web.host], everyMs: 100, timeoutMs: 100 });
      await until(() => node.verdict(leaf) === revoked);
      web.page('/list', (_, response) => response.destroy());
      const [row] = await askedOf(database, 1, ({ failures }) => failures > 0);
      expect(row?.answered_at).to.be.a('number');
      expect(node.verdict(leaf)).to.equal(revoked);
    });

    it('nobody is asked where revocation is off', async () => {
      const leaf = leafWith({ lists: [web.give('/list', listBy(root, [leafWith({})], 0))] });
      await declare(database, root, [], [leaf]);
      const off = await start({ hosts: [web.host] }, 'off');
      const other = leafWith({ lists: [`http://${web.host}/other`] });
      expect([leaf, other].map(off.verdict)).to.deep.equal(['trusted', 'trusted']);
      await stop(off);
      expect(web.asked).to.deep.equal([]);
      expect(await askedOf(database, 0)).to.deep.equal([]);
    });

    it('hosts that are not listed are not asked, whatever address a certificate bears', async () => {
      const elsewhere = await WebServer.start();
      try {
        elsewhere.give('/list', listBy(root, [], 1000));
        web.give('/list', listBy(root, [], 1000));
        const port = elsewhere.host.split(':')[1];
        const strange = leafWith({
          lists: [
            ...[`http://${elsewhere.host}/list`, `http://localhost:${port}/list`],
            ...[`http://${web.host}@${elsewhere.host}/list`, `http://[::1]:${port}/list`],
            ...['file:///etc/passwd', 'ldap://127.0.0.1/cn=x', `ftp://${web.host}/list`],
            `http://${elsewhere.host}/?${web.host}`,
          ],
          ocsp: [`http://${elsewhere.host}/ocsp`],
        });
        const allowed = leafWith({ lists: [`http://${web.host}/list`] });
        await declare(database, root, [], [strange, allowed]);
        await start({ hosts: [web.host] });
        const rows = await askedOf(database, 1);
        expect(rows.map(({ host, why }) => [host, why])).to.deep.equal([[web.host, null]]);
        expect(elsewhere.asked).to.deep.equal([]);
        expect(web.asked).to.deep.equal(['/list']);
      } finally {
        await elsewhere.stop();
      }
    });

    const bad: Readonly<Record<string, readonly [RegExp, (elsewhere: string) => Page]>> = {
      'redirects elsewhere': [
        /HTTP 302/,
        (elsewhere) => (_, response) => response.writeHead(302, { location: elsewhere }).end(),
      ],
      'says that it is too large': [
        /larger than 4096 bytes/,
        () => (_, response) => response.writeHead(200, { 'content-length': 5000 }).write('x'),
      ],
      'has no end': [
        /larger than 4096 bytes/,
        () => (_, response) => {
          const more = () => {
            while (!response.destroyed && response.write(Buffer.alloc(1000)));
          };
          response.on('drain', more);
          more();
        },
      ],
      'comes compressed': [
        /compressed/,
        () => (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      ],
      'comes octet by octet': [
        /in 300 ms/,
        () => (_, response) => {
          const timer = setInterval(() => response.write('x'), 20);
          response.on('close', () => clearInterval(timer));
        },
      ],
      'is no list': [/./, () => (_, response) => response.end('<html>')],
      'is a list by somebody else': [
        /no declared authority/,
        () => (_, response) =>
          response.end(listBy(by.authority('Чужой', undefined, valid), [], 1000)),
      ],
      'is of tomorrow': [
        /a time to come/,
        () => (_, response) => response.end(listBy(root, [], -day / 2)),
      ],
    };
    for (const [name, [why, makePage]] of Object.entries(bad)) {
      it(`what ${name} is not taken, and why is kept`, async () => {
        const elsewhere = await WebServer.start();
        try {
          elsewhere.give('/list', listBy(root, [], 1000));
          const leaf = leafWith({
            lists: [web.page('/list', makePage(`http://${elsewhere.host}/list`))],
          });
          await declare(database, root, [], [leaf]);
          // The others have all the time that a busy machine takes.
          const timeoutMs = name === 'comes octet by octet' ? 300 : 20_000;
          const limits = { bytesMax: 4096, timeoutMs };
          const node = await start({ hosts: [web.host, elsewhere.host], ...limits }, 'hard');
          const [row] = await askedOf(database, 1);
          expect(row?.why).to.match(why);
          expect(row?.failures).to.equal(1);
          expect(node.verdict(leaf)).to.equal(unknown);
          expect(elsewhere.asked).to.deep.equal([]);
        } finally {
          await elsewhere.stop();
        }
      });
    }
  });
});

/** What the client of OpenSSL makes of the same responder's answers. */
function clientSays(
  openssl: GostOpenssl,
  { url }: OcspResponder,
  issuer: Made,
  certificates: readonly Certificate[],
): string[] {
  openssl.write('issuer.pem', issuer.certificate.x509.toString());
  return certificates.map((each) => {
    openssl.write('asked.pem', each.x509.toString());
    const printed = openssl.run(
      ...['ocsp', '-issuer', 'issuer.pem', '-cert', 'asked.pem', '-url', url],
      ...['-CAfile', 'issuer.pem', '-partial_chain', '-no-CApath', '-no-CAstore'],
    );
    return /asked\.pem: (\w+)/.exec(printed)?.[1] ?? printed;
  });
}
