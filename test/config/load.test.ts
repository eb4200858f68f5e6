import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigInvalid, loadConfig } from '../../src/config/load.ts';
import { checkout, temporaryFolder } from '../harness/node.ts';

/** What is said of a configuration that is invalid. */
function problemsOf(env: Record<string, string>, cwd = checkout): readonly string[] {
  try {
    loadConfig(env, cwd);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('configuration', () => {
  let folder: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ path: folder, remove } = await temporaryFolder());
  });
  afterEach(() => remove());

  function write(text: string, name = 'own.yaml'): Record<string, string> {
    mkdirSync(join(folder, 'etc'), { recursive: true });
    const file = join(folder, 'etc', name);
    writeFileSync(file, text);
    return { MEZHVED_CONFIG: file };
  }

  it('without anything is the sandbox, complete, with absolute paths', () => {
    const config = loadConfig({}, folder);
    expect(config.profile).to.equal('sandbox');
    expect(config.data).to.equal(join(checkout, 'var'));
    expect(config.database.url).to.equal(`sqlite:${join(checkout, 'var', 'mezhved.db')}`);
    expect(config.node.keys.map(({ key }) => key)).to.deep.equal([
      join(checkout, 'certs.example', 'node.key.pem'),
      join(checkout, 'certs.example', 'node-ec.key.pem'),
      join(checkout, 'certs.example', 'node-gost.key.pem'),
      join(checkout, 'certs.example', 'node-gost512.key.pem'),
    ]);
    expect(config.limits.bodyBytesMax).to.equal(5 * 1024 * 1024);
    expect(config.limits.leaseMs).to.equal(15 * 60_000);
    expect(config.limits.messageIdAgeMaxMs).to.equal(24 * 3_600_000);
  });

  it('lays the file over the default and the environment over both', () => {
    const env = write('listen: 0.0.0.0:1\nadminListen: 0.0.0.0:2\nlimits: {noticesMax: 7}\n');
    const config = loadConfig({ ...env, MEZHVED_LISTEN: '[::1]:3' }, folder);
    expect(config.listen).to.equal('[::1]:3');
    expect(config.adminListen).to.equal('0.0.0.0:2');
    expect(config.limits.noticesMax).to.equal(7);
    expect(config.limits.queueItemsMax).to.equal(100_000);
  });

  it('makes the files of an S3 store absolute, and refuses an address with more than a host', () => {
    const s3 = (change: string) =>
      write(
        `attachments: {s3: {endpoint: "https://s3.example:9000", bucket: files, accessKeyFile: a, secretKeyFile: ../s, ca: c${change}}}`,
      );
    expect(loadConfig(s3(''), folder).attachments.s3).to.include({
      accessKeyFile: join(folder, 'etc', 'a'),
      secretKeyFile: join(folder, 's'),
      ca: join(folder, 'etc', 'c'),
      region: 'us-east-1',
      prefix: '',
    });
    const wrong: readonly [string, string][] = [
      ['endpoint', 'https://s3.example/path'],
      ['endpoint', 'https://key:secret@s3.example'],
      ['endpoint', 'ftp://s3.example'],
      ['bucket', 'a/b'],
      ['prefix', 'a/../b/'],
      ['prefix', '/a/'],
      ['prefix', 'a'],
    ];
    for (const [name, value] of wrong) {
      const fields = { endpoint: 'https://s3.example', bucket: 'files', [name]: value };
      const text = JSON.stringify({ ...fields, accessKeyFile: 'a', secretKeyFile: 's' });
      const problems = problemsOf(write(`attachments: {s3: ${text}}`));
      expect(problems, value).to.have.lengthOf(1);
      expect(problems[0], value).to.match(new RegExp(`^attachments\\.s3\\.${name}: `));
      expect(problems[0], 'nothing secret').not.to.include('secret');
    }
    expect(loadConfig({}, folder).attachments.s3).to.equal(undefined);
  });

  it('makes the files of an uplink absolute, and refuses two of one name', () => {
    const uplink =
      '{id: up, url: "http://up.example/ws", key: k, certificate: c, trust: t, localKey: lk, ' +
      'localCertificate: lc, types: [{namespace: "urn:a", requestRoot: A}], tls: {ca: ca, serverName: up}, ' +
      'fileStore: {url: "ftp://up.example:2121", userFile: u, passwordFile: p, tls: {ca: fca}}}';
    const { uplinks } = loadConfig(write(`uplinks: [${uplink}]`), '/');
    const at = (name: string) => join(folder, 'etc', name);
    expect(uplinks[0]).to.deep.include({ key: at('k'), certificate: at('c'), trust: at('t') });
    expect(uplinks[0]).to.deep.include({ localKey: at('lk'), localCertificate: at('lc') });
    expect(uplinks[0]?.tls).to.deep.equal({ ca: at('ca'), serverName: 'up' });
    expect(uplinks[0]?.fileStore).to.deep.equal({
      ...{ url: 'ftp://up.example:2121', userFile: at('u'), passwordFile: at('p') },
      tls: { ca: at('fca') },
    });
    expect(uplinks[0]).to.include({ version: '1.2', pollMs: 5000 });
    const [problem] = problemsOf(write(`uplinks: [${uplink}, ${uplink}]`), '/');
    expect(problem).to.match(/^uplinks: .*differ$/);
    expect(problemsOf(write('uplinks: [{id: up}, 7]'), '/').join()).to.include('uplinks.1');
  });

  it('makes the files of TLS absolute, and asks for authorities with client certificates alone', () => {
    const pair = 'key: k, certificate: c, passphraseFile: p';
    const { tls, adminTls, attachments } = loadConfig(
      write(
        `tls: {${pair}, clientCa: ca, clientAuth: required}\nadminTls: {key: /k, certificate: c}\n` +
          `attachments: {ftp: {tls: {mode: required, ${pair}}}}\n`,
      ),
      '/',
    );
    const at = (name: string) => join(folder, 'etc', name);
    const files = { key: at('k'), certificate: at('c'), passphraseFile: at('p') };
    expect(tls).to.deep.equal({ ...files, clientCa: at('ca'), clientAuth: 'required' });
    expect(adminTls).to.deep.equal({ key: '/k', certificate: at('c'), clientAuth: 'none' });
    expect(attachments.ftp.tls).to.deep.equal({ mode: 'required', ...files });
    expect(loadConfig({}, '/').tls).to.equal(undefined);
    for (const odd of ['clientCa: ca', 'clientAuth: optional', 'clientCa: ca, clientAuth: none']) {
      const [problem] = problemsOf(write(`tls: {${pair}, ${odd}}`), '/');
      expect(problem, odd).to.match(/^tls: .*clientCa goes with clientAuth/);
    }
    expect(problemsOf(write('adminTls: {key: k}'), '/')[0]).to.match(/^adminTls\.certificate: /);
  });

  it('resolves a path where it stands: in its file, or in the working folder', () => {
    const env = write('data: here\ndatabase: {url: "sqlite:db/x.db"}\n');
    const config = loadConfig(env, '/');
    expect(config.data).to.equal(join(folder, 'etc', 'here'));
    expect(config.database.url).to.equal(`sqlite:${join(folder, 'etc', 'db/x.db')}`);
    const fromEnv = loadConfig({ ...env, MEZHVED_DATABASE_URL: 'sqlite:y.db' }, folder);
    expect(fromEnv.database.url).to.equal(`sqlite:${join(folder, 'y.db')}`);
    expect(loadConfig({ MEZHVED_DATA: 'd' }, folder).database.url).to.equal(
      `sqlite:${join(folder, 'd', 'mezhved.db')}`,
    );
  });

  it('names every problem at once, each with its path', () => {
    const env = write(
      'listen: nowhere\nlimits: {leaseMs: -1, bodyBytesMax: many}\nnode: {id: "Не то"}\n',
    );
    const problems = problemsOf(env);
    for (const path of ['listen', 'limits.leaseMs', 'limits.bodyBytesMax', 'node.id']) {
      expect(problems.filter((problem) => problem.startsWith(`${path}: `))).to.have.lengthOf(1);
    }
    expect(problems).to.have.lengthOf(4);
  });

  it('refuses an unknown key and names the nearest known one', () => {
    const problems = problemsOf(write('limits: {leaseMS: 1}\nlistenOn: x\nzzzzzz: 1\n'));
    expect(problems.find((each) => each.startsWith('limits.leaseMS: '))).to.match(/: leaseMs$/);
    expect(problems.find((each) => each.startsWith('listenOn: '))).to.match(/: listen$/);
    expect(problems.find((each) => each.startsWith('zzzzzz: '))).not.to.include('perhaps');
  });

  it('says which file cannot be read, or is no YAML mapping', () => {
    expect(problemsOf({ MEZHVED_CONFIG: 'none.yaml' }, folder)[0]).to.include('none.yaml');
    expect(problemsOf(write('- a\n- b\n'))[0]).to.include('own.yaml');
    expect(problemsOf(write('a: [\n'))[0]).to.include('own.yaml');
  });

  it('takes the production example, but for its files', () => {
    const env = { MEZHVED_CONFIG: join(checkout, 'config', 'production.example.yaml') };
    const config = loadConfig(env, folder);
    expect(config.profile).to.equal('production');
    expect(config.database.url).to.match(/^postgres:/);
  });
});
