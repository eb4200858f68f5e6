import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createLog } from '../../src/log.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import type { Issued } from '../../src/pki/issue.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import { KeptTls } from '../../src/server/tls.ts';
import { temporaryFolder } from '../harness/node.ts';
import { encrypted, TlsAuthority, TlsFolder } from '../harness/tls-authority.ts';

const hour = 3_600_000;

describe('the TLS files of a port', () => {
  const authority = new TlsAuthority();
  let folder: string;
  let remove: () => Promise<void>;
  let files: TlsFolder;
  let lines: Record<string, unknown>[];
  let taken: string[];
  let now: number;
  beforeEach(async () => {
    ({ path: folder, remove } = await temporaryFolder());
    files = new TlsFolder(folder);
    lines = [];
    taken = [];
    now = Date.now();
  });
  afterEach(() => remove());

  const log = createLog(
    { level: 'debug' },
    { write: (line: string) => lines.push(JSON.parse(line)) },
  );
  const fingerprintOf = ({ certificate }: Issued) => readCertificate(certificate).fingerprint;
  /** Twice: what has changed is judged when it was the same for two looks. */
  const look = async (kept: KeptTls, times = 2) => {
    for (let n = 0; n < times; n += 1) await kept.look({ now: () => now }, log);
  };

  async function open(more: object = {}, profile: 'sandbox' | 'production' = 'production') {
    const place = {
      name: 'tls',
      files: { key: files.key, certificate: files.certificate, ...more },
      clientAuth: 'none' as const,
    };
    const kept = await KeptTls.open(place, profile, now);
    kept.whenChanged(({ fingerprint }) => taken.push(fingerprint));
    return kept;
  }
  const said = () => lines.map(({ level, msg }) => `${level}: ${msg}`);
  const takenUp = 'info: TLS certificate taken up';
  const notTaken = 'error: TLS files not taken up; the certificate before them serves on';

  it('are taken up once when they change, and said with fingerprint and end', async () => {
    files.put(authority.issue());
    const kept = await open();
    await look(kept, 3);
    expect(taken).to.deep.equal([]);
    const next = authority.issue(newKey('rsa'));
    files.put(next);
    await look(kept, 3);
    expect(taken).to.deep.equal([fingerprintOf(next)]);
    expect(kept.pair.fingerprint).to.equal(fingerprintOf(next));
    expect(said()).to.deep.equal([takenUp]);
    const { notAfter } = readCertificate(next.certificate);
    expect(lines[0]).to.include({
      ...{ tls: 'tls', fingerprint: fingerprintOf(next) },
      notAfter: new Date(notAfter).toISOString(),
    });
  });

  it('half written are waited for in silence, and told once where they stay so', async () => {
    const first = authority.issue();
    const next = authority.issue();
    files.put(first);
    const kept = await open();
    files.put({ key: next.key, certificate: first.certificate });
    await look(kept, 1);
    expect(kept.isRefused).to.equal(false);
    files.put({ key: next.key, certificate: next.certificate.slice(0, 300) });
    await look(kept, 1);
    expect(kept.isRefused).to.equal(false);
    files.put(next);
    await look(kept);
    expect(said()).to.deep.equal([takenUp]);
    files.put({ key: first.key, certificate: next.certificate });
    await look(kept, 5);
    expect(kept.isRefused).to.equal(true);
    expect(said()).to.deep.equal([takenUp, notTaken]);
    expect(String(lines[1]?.['why'])).to.include(files.key).and.include('not that of');
    expect(kept.pair.fingerprint).to.equal(fingerprintOf(next));
    files.put(first);
    await look(kept);
    expect(kept.isRefused).to.equal(false);
    expect(taken).to.deep.equal([next, first].map(fingerprintOf));
  });

  const bad: readonly [string, (next: Issued) => void, RegExp][] = [
    ['a key that is gone', () => rmSync(files.key), /cannot be read: \S+tls\.key\.pem$/],
    ['an empty certificate', () => writeFileSync(files.certificate, ''), /not PEM: \S+crt\.pem$/],
    [
      'a certificate cut short',
      ({ certificate }) => writeFileSync(files.certificate, certificate.slice(0, 300)),
      /cannot be read: \S+tls\.crt\.pem$/,
    ],
    [
      'a key as large as a disk',
      ({ key }) => writeFileSync(files.key, key.padEnd(5 * 1024 * 1024)),
      /too large: \S+tls\.key\.pem$/,
    ],
    [
      'a passphrase of another key',
      ({ key, certificate }) => files.put({ key: encrypted(key, 'other'), certificate }),
      /does not open the key.*: \S+tls\.key\.pem$/,
    ],
    ['no passphrase', () => writeFileSync(files.passphrase, '\n'), /is empty: \S+passphrase$/],
    [
      'a certificate that expired',
      () => files.put(authority.issue(newKey('ec'), { notAfter: now - hour })),
      /expired on .*: \S+tls\.crt\.pem$/,
    ],
  ];
  for (const [name, change, why] of bad) {
    it(`leave the old pair serving: ${name}`, async () => {
      const first = authority.issue();
      files.put({ key: encrypted(first.key, 'pass'), certificate: first.certificate });
      writeFileSync(files.passphrase, 'pass\n');
      const kept = await open({ passphraseFile: files.passphrase });
      const next = authority.issue();
      change(next);
      await look(kept, 4);
      expect(said()).to.deep.equal([notTaken]);
      expect(lines[0]?.['why']).to.match(why);
      expect(JSON.stringify(lines)).not.to.match(/-----|other|"pass"/);
      expect([kept.isRefused, kept.pair.fingerprint]).to.deep.equal([true, fingerprintOf(first)]);
      expect(taken).to.deep.equal([]);
      writeFileSync(files.passphrase, 'pass');
      files.put({ key: encrypted(next.key, 'pass'), certificate: next.certificate });
      await look(kept);
      expect([kept.isRefused, ...taken]).to.deep.equal([false, fingerprintOf(next)]);
    });
  }

  it('that go on changing are not taken up before they rest', async () => {
    files.put(authority.issue());
    const kept = await open();
    const next = Array.from({ length: 3 }, () => authority.issue());
    for (const each of next) {
      files.put(each);
      await look(kept, 1);
    }
    expect(taken).to.deep.equal([]);
    await look(kept, 1);
    expect(taken).to.deep.equal(next.slice(-1).map(fingerprintOf));
  });

  it('put back as they were are nothing to tell', async () => {
    const first = authority.issue();
    files.put(first);
    const kept = await open();
    writeFileSync(files.key, 'x');
    await look(kept, 2);
    expect(kept.isRefused).to.equal(true);
    files.put(first);
    await look(kept);
    expect([kept.isRefused, taken]).to.deep.equal([false, []]);
  });

  it('that are not valid yet are taken up in their time', async () => {
    files.put(authority.issue());
    const kept = await open();
    const next = authority.issue(newKey('ec'), { notBefore: now + hour });
    files.put(next);
    await look(kept, 3);
    expect(said()).to.deep.equal([notTaken]);
    now += 2 * hour;
    await look(kept);
    expect(taken).to.deep.equal([fingerprintOf(next)]);
    expect(kept.isRefused).to.equal(false);
  });

  it('may be links to a folder that is changed as a whole', async () => {
    const pairs = [authority.issue(), authority.issue()];
    for (const [n, issued] of pairs.entries()) {
      files.write(`secret-${n}.key.pem`, issued.key);
      files.write(`secret-${n}.crt.pem`, issued.certificate);
    }
    const link = (n: number) => {
      for (const kind of ['key', 'crt']) {
        symlinkSync(join(folder, `secret-${n}.${kind}.pem`), join(folder, 'new'));
        renameSync(join(folder, 'new'), kind === 'key' ? files.key : files.certificate);
      }
    };
    link(0);
    const kept = await open();
    link(1);
    await look(kept);
    expect(taken).to.deep.equal(pairs.slice(1).map(fingerprintOf));
  });

  it('are refused at the start in a sentence that names the setting and the file', async () => {
    const first = authority.issue();
    files.put({ key: encrypted(first.key, 'pass'), certificate: first.certificate });
    writeFileSync(files.passphrase, 'other');
    const refused = await open({ passphraseFile: files.passphrase }).catch(String);
    expect(refused).to.match(/^Error: tls: .*passphrase\b.* does not open the key/);
    const example = (name: string) => new URL(`../../certs.example/${name}`, import.meta.url);
    const own = {
      key: example('node.key.pem').pathname,
      certificate: example('node.crt.pem').pathname,
    };
    expect(await open(own).catch(String)).to.match(/known to all.*node\.crt\.pem$/);
    expect(await open(own, 'sandbox')).to.be.an.instanceOf(KeptTls);
  });
});
