import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { SMTPServerOptions } from 'smtp-server';
import { warnings } from '../../src/config/warnings.ts';
import { email } from '../../src/warnings/email.ts';
import { testLetter } from '../../src/warnings/letter.ts';
import { temporaryFolder } from '../harness/node.ts';
import { day, ending, start } from './made.ts';
import { account, type MailServer, startMailServer } from './mail-server.ts';

const never = new AbortController().signal;
const letter = {
  ...{ node: 'node1', at: start, test: false },
  warnings: [{ ending: ending('ИС-1', 13), threshold: 14 * day }],
};

describe('a warning by e-mail', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const closing: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await folder.remove();
  });

  async function server(options?: SMTPServerOptions): Promise<MailServer> {
    const started = await startMailServer(options);
    closing.push(started.close);
    return started;
  }

  async function file(name: string, text: string): Promise<string> {
    const path = join(folder.path, name);
    await writeFile(path, text);
    return path;
  }

  /** A way with the settings of the test over the usual ones. */
  async function way(settings: object) {
    const to = ['ops@example.org', 'duty@example.org'];
    const usual = { host: 'localhost', from: 'node@example.org', to, timeoutMs: 5000 };
    const parsed = warnings.parse({ email: { ...usual, ...settings } });
    if (parsed.email === undefined) throw new Error('no settings');
    return email(parsed.email);
  }

  async function secrets(password = account.password) {
    return {
      userFile: await file('user', `${account.user}\n`),
      passwordFile: await file('password', `${password}\n`),
    };
  }

  it('goes under STARTTLS with a password from a file, and says what ends and what to do', async () => {
    const { port, ca, mails } = await server();
    const sending = await way({ port, ca: await file('ca', ca), ...(await secrets()) });
    expect(await sending.tell(letter, never)).to.include('queued');
    expect(mails).to.have.lengthOf(1);
    expect(mails[0]).to.include({ user: account.user, secure: true });
    expect(mails[0]?.to).to.deep.equal(['ops@example.org', 'duty@example.org']);
    const text = mails[0]?.text ?? '';
    expect(text).to.include('[Межвед node1] истекает сроков / ends that are near: 1');
    expect(text).to.include('ИС-1: срок истекает 2030-01-14T00:00Z, осталось 13 дн.');
    expect(text).to.include('npx mezhved cert rotate NEW.pem --system ИС-1');
    expect(text).to.match(/Auto-Submitted: auto-generated/i);
  });

  it('goes under TLS from the start, and in the open only where it was told to', async () => {
    const secure = await server({ secure: true, authOptional: true });
    const ca = await file('ca', secure.ca);
    await (await way({ port: secure.port, ca, tls: 'implicit' })).tell(letter, never);
    expect(secure.mails[0]?.secure).to.equal(true);
    const open = await server({ authOptional: true, disabledCommands: ['STARTTLS'] });
    await (await way({ port: open.port, tls: 'plain' })).tell(testLetter('n', start), never);
    expect(open.mails[0]?.secure).to.equal(false);
    expect(open.mails[0]?.text).to.include('Это проверка');
  });

  async function refused(settings: object): Promise<string> {
    try {
      await (await way(settings)).tell(letter, never);
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
    return 'sent';
  }

  it('does not go without STARTTLS, nor to a server whose certificate is not known', async () => {
    const open = await server({ authOptional: true, disabledCommands: ['STARTTLS'] });
    expect(await refused({ port: open.port })).to.match(/^NotTold: localhost:\d+: E/);
    expect(open.mails).to.deep.equal([]);
    const stranger = await server();
    expect(await refused({ port: stranger.port })).to.match(/^NotTold: localhost:\d+: E/);
    expect(stranger.mails).to.deep.equal([]);
  });

  it('says why it did not go, and never a secret', async () => {
    const { port, ca } = await server();
    const wrong = { port, ca: await file('ca', ca), ...(await secrets('не то')) };
    const why = await refused(wrong);
    expect(why).to.match(/^NotTold: localhost:\d+: EAUTH 535$/);
    expect(await refused({ ...wrong, passwordFile: join(folder.path, 'none') })).to.match(
      /cannot be read/,
    );
  });

  it('gives up at its deadline on a server that says nothing', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closing.push(async () => silent.close());
    const at = silent.address();
    const port = typeof at === 'object' && at !== null ? at.port : 0;
    const settings = { host: '127.0.0.1', port, tls: 'plain', timeoutMs: 200 };
    expect(await refused(settings)).to.match(/^NotTold: 127\.0\.0\.1:\d+: /);
  });
});

describe('settings of the ways to warn', () => {
  const usual = { host: 'h', from: 'a@example.org', to: ['b@example.org'] };
  const isTaken = (settings: object) => warnings.safeParse(settings).success;

  it('refuse a password in the open, and half of an account', () => {
    expect(isTaken({ email: usual })).to.equal(true);
    const account = { userFile: 'u', passwordFile: 'p' };
    expect(isTaken({ email: { ...usual, ...account } })).to.equal(true);
    expect(isTaken({ email: { ...usual, ...account, tls: 'plain' } })).to.equal(false);
    expect(isTaken({ email: { ...usual, userFile: 'u' } })).to.equal(false);
  });

  it('refuse addresses with a password, and other schemes', () => {
    expect(isTaken({ webhook: { url: 'https://example.org/hook' } })).to.equal(true);
    expect(isTaken({ webhook: { url: 'https://u:p@example.org/hook' } })).to.equal(false);
    expect(isTaken({ webhook: { url: 'file:///etc/passwd' } })).to.equal(false);
  });
});
