import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { ListedEnding, TriedWay } from '../../src/cli/warnings.ts';
import { type Agency, startAgency } from '../connectors/agencies.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { TlsAuthority, TlsFolder } from '../harness/tls-authority.ts';
import { account, type MailServer, startMailServer } from '../warnings/mail-server.ts';

describe('warnings of what ends', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess | undefined;
  let hook: Agency;
  let mail: MailServer;
  let hookStatus = 503;
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    hookStatus = 503;
    folder = await temporaryFolder();
    hook = await startAgency((response) => response.writeHead(hookStatus).end());
    mail = await startMailServer();
    const data = join(folder.path, 'data');
    await mkdir(data);
    env = { MEZHVED_DATA: data, MEZHVED_CONFIG: await configured() };
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
    await hook.close();
    await mail.close();
    await folder.remove();
  });

  async function configured(): Promise<string> {
    const files = new TlsFolder(folder.path);
    // It holds for a day.
    files.put(new TlsAuthority().issue());
    files.write('mail-ca', mail.ca);
    files.write('user', account.user);
    files.write('password', account.password);
    const email = {
      ...{ host: 'localhost', port: mail.port, ca: 'mail-ca', from: 'node@example.org' },
      ...{ userFile: 'user', passwordFile: 'password', to: ['ops@example.org'] },
    };
    const config = {
      compute: { threads: 1 },
      tls: { key: files.key, certificate: files.certificate },
      warnings: { webhook: { url: hook.url }, email },
    };
    const path = join(folder.path, 'config.yaml');
    await writeFile(path, stringify(config));
    return path;
  }

  async function until(done: () => boolean): Promise<void> {
    while (!done()) await wait(50);
  }

  async function listed(): Promise<ListedEnding[]> {
    const { code, stdout, stderr } = await mezhved(['warnings', '--json'], env);
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  }

  it('go by log, webhook and e-mail; one that fails stops neither the node nor the others', async () => {
    node = await startNode(join(folder.path, 'data'), env);
    // By log and e-mail, and not by the webhook.
    const told = () => node?.output().match(/"warnings told"/g)?.length ?? 0;
    await until(() => told() === 2 && /could not be told/.test(node?.output() ?? ''));
    expect(hook.got).to.have.lengthOf(1);
    expect(mail.mails[0]?.text).to.include('Сертификат TLS tls: срок истекает');
    expect(mail.mails[0]?.text).not.to.include('PRIVATE KEY');
    expect(node.output()).to.match(/TLS certificate tls: it ends at/);
    const metrics = await (await fetch(node.adminUrl.replace(/health.*/, 'metrics'))).text();
    expect(metrics).to.match(
      /mezhved_expires_seconds\{what="tls",owner="tls",id="\w{16}"\} 8\d{4}/,
    );
    expect(metrics).to.match(/mezhved_expires_seconds\{what="nodeKey",owner="node.keys.0"/);
    expect(metrics).to.include('mezhved_warning_failures_total{way="webhook"} 1');
    expect(metrics).to.include('mezhved_warnings_untold{way="webhook"} 1');
    const tls = (await listed()).find(({ what }) => what === 'tls');
    expect(tls).to.include({ owner: 'tls', daysBefore: 1, replacedBy: null });
    expect(tls?.told.map(({ way, daysBefore }) => [way, daysBefore])).to.have.deep.members([
      ['log', 1],
      ['email', 1],
    ]);
    const { stdout } = await mezhved(['warnings'], env);
    expect(stdout).to.match(/tls\s+tls\s+\S{16}\s+log ≤1 \(\S+\), email ≤1/);
    await node.stop();
    // What was not taken is told by the next process; what was is not told again.
    hookStatus = 200;
    hook.got.length = 0;
    node = await startNode(join(folder.path, 'data'), env);
    await until(() => /warnings told/.test(node?.output() ?? ''));
    expect(JSON.parse(hook.got[0]?.body ?? '{}').warnings[0]).to.include({ owner: 'tls' });
    expect(mail.mails).to.have.lengthOf(1);
    expect(node.output()).not.to.match(/it ends at/);
  });

  it('can be tried before anything ends, and check-config reads their files', async () => {
    const tried = await mezhved(['warnings', '--test', '--json'], env);
    expect(tried.code).to.equal(1);
    const ways: TriedWay[] = JSON.parse(tried.stdout);
    expect(ways.map(({ way, taken }) => [way, taken])).to.deep.equal([
      ['webhook', false],
      ['email', true],
    ]);
    expect(mail.mails[0]?.text).to.include('Это проверка');
    hookStatus = 200;
    expect((await mezhved(['warnings', '--test'], env)).code).to.equal(0);
    await writeFile(join(folder.path, 'password'), 'two\nlines\n');
    const checked = await mezhved(['check-config'], env);
    expect(checked.code).to.equal(1);
    expect(checked.stdout).to.match(/warnings: .*more than one line/);
    expect(checked.stdout).not.to.include('two');
  });
});
