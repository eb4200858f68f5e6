import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import express from 'express';
import { publicAddress } from '../../src/http/address.ts';
import { createHttpServer, listen, stop } from '../../src/http/server.ts';
import { type HttpTls, renewTls } from '../../src/http/tls.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import type { Issued } from '../../src/pki/issue.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import { judgeTlsPair, type TlsPair } from '../../src/pki/tls-pair.ts';
import { TlsAuthority } from '../harness/tls-authority.ts';

const limits = { connectionsMax: 100, requestTimeoutMs: 600_000 };

describe('the HTTP server under TLS', () => {
  const authority = new TlsAuthority();
  const clients = new TlsAuthority('CA of clients');
  const server = authority.issue(newKey('rsa'));
  const ca = authority.certificate;
  let port = 0;
  let calls = 0;
  let renew: (pair: TlsPair) => void;
  let end: () => Promise<void>;

  const pairOf = ({ key, certificate }: Issued, clientCa?: string): TlsPair =>
    judgeTlsPair(
      { key: 'k', certificate: 'c' },
      { key, certificate, passphrase: undefined, clientCa },
      Date.now(),
    );

  async function start(
    clientAuth: HttpTls['clientAuth'] = 'none',
    headersTimeoutMs = 5000,
  ): Promise<void> {
    const app = express();
    calls = 0;
    app.get('/', (asked, response) => {
      calls += 1;
      const rules = { publicUrl: undefined, trustedProxies: ['127.0.0.1'], fallback: 'f' };
      response.send(publicAddress(asked, rules));
    });
    const authorities = clientAuth === 'none' ? undefined : clients.certificate;
    const tls = { pair: pairOf(server, authorities), clientAuth };
    const https = createHttpServer(app, { ...limits, headersTimeoutMs }, tls);
    renew = (pair) => renewTls(https, pair);
    end = () => stop(https, 4000);
    port = await listen(https, '127.0.0.1', 0);
  }
  afterEach(() => end());

  /** Resolves when the handshake is done on the side of the client. */
  async function handshake(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...options });
    await once(socket, 'secureConnect');
    socket.on('error', () => undefined);
    return socket;
  }

  const failure = (options: ConnectionOptions) =>
    handshake(options).then(
      (socket) => {
        socket.destroy();
        return 'secure';
      },
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );

  function get(options: object = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', servername: 'localhost', port, ca, agent: false, ...options },
        (answer) => {
          let text = '';
          answer.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          answer.once('end', () => resolve(text));
        },
      );
      call.once('error', reject).end();
    });
  }

  it('speaks TLS 1.2 and 1.3 and HTTP/1.1, and tells its caller an address of https', async () => {
    await start();
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await handshake({
        ...{ minVersion: version, maxVersion: version },
        ALPNProtocols: ['h2', 'http/1.1'],
      });
      expect(socket.getProtocol()).to.equal(version);
      expect(socket.alpnProtocol).to.equal('http/1.1');
      socket.destroy();
    }
    expect(await get()).to.equal(`https://127.0.0.1:${port}`);
    const headers = { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'smev.example' };
    expect(await get({ headers })).to.equal('http://smev.example');
  });

  it('refuses TLS 1.1 and 1.0, other protocols, ciphers without forward secrecy', async () => {
    await start();
    const weak = { ciphers: 'DEFAULT:@SECLEVEL=0' };
    for (const version of ['TLSv1', 'TLSv1.1'] as const) {
      const options = { ...weak, minVersion: version, maxVersion: version };
      expect(await failure(options), version).to.match(/PROTOCOL_VERSION/);
    }
    expect(await failure({ ALPNProtocols: ['h2'] })).to.match(/NO_APPLICATION_PROTOCOL/);
    const only = (ciphers: string) =>
      failure({ ciphers, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    for (const ciphers of ['AES128-SHA', 'AES256-GCM-SHA384', 'ECDHE-RSA-AES128-SHA']) {
      expect(await only(ciphers), ciphers).to.match(/HANDSHAKE_FAILURE|NO_SHARED_CIPHER/i);
    }
    expect(await only('ECDHE-RSA-AES128-GCM-SHA256')).to.equal('secure');
    const plain = connectPlain(port, '127.0.0.1');
    plain.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    let answer = '';
    plain.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    plain.on('error', () => undefined);
    await once(plain, 'close');
    expect(answer).not.to.include('HTTP/1.1 200');
    expect(calls).to.equal(0);
  });

  it('takes no renegotiation', async () => {
    await start();
    const socket = await handshake({ maxVersion: 'TLSv1.2' });
    const outcome = await new Promise<Error | null>((resolve) => {
      socket.once('error', resolve);
      socket.renegotiate({}, resolve);
    });
    expect(String(outcome)).to.match(/no.renegotiation/i);
    socket.destroy();
  });

  const known = clients.issue(newKey('ec'), { commonName: 'client' });
  const unknown = authority.issue(newKey('ec'), { commonName: 'stranger' });
  const old = clients.issue(newKey('ec'), { notAfter: Date.now() - 60_000 });
  const shown = ({ key, certificate }: Issued) => ({ key, cert: certificate });
  const answered = (options: object) =>
    get(options).then(
      () => 'answered',
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    it(`wants a certificate of its clients where it is required, none where it is not (${maxVersion})`, async () => {
      await start('required');
      expect(await answered({ maxVersion, ...shown(known) })).to.equal('answered');
      calls = 0;
      for (const options of [{}, shown(unknown), shown(old)]) {
        expect(await answered({ maxVersion, ...options })).to.match(/^E/);
      }
      expect(calls).to.equal(0);
      await end();
      await start('optional');
      expect(await answered({ maxVersion })).to.equal('answered');
      expect(await answered({ maxVersion, ...shown(known) })).to.equal('answered');
      calls = 0;
      for (const options of [shown(unknown), shown(old)]) {
        expect(await answered({ maxVersion, ...options })).to.match(/^E/);
      }
      expect(calls).to.equal(0);
      await end();
      await start('none');
      expect(await answered({ maxVersion })).to.equal('answered');
      expect(await answered({ maxVersion, ...shown(unknown) })).to.equal('answered');
    });
  }

  it('shows another certificate to new clients; open connections go on, and old sessions end well', async () => {
    await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
    await get({ agent });
    const old = readCertificate(server.certificate).fingerprint;
    const next = authority.issue(newKey('ec'));
    const sessions = new Map<string, Buffer>();
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = connect({
        host: '127.0.0.1',
        port,
        ca,
        servername: 'localhost',
        minVersion: version,
        maxVersion: version,
      });
      const [session] = await once(socket, 'session');
      sessions.set(version, session);
      socket.destroy();
      const again = await handshake({ session, minVersion: version, maxVersion: version });
      expect(again.isSessionReused(), 'before the change').to.equal(true);
      again.destroy();
    }
    renew(pairOf(next));
    for (const [version, session] of sessions) {
      const options = { session, minVersion: version, maxVersion: version } as ConnectionOptions;
      const socket = await handshake(options);
      expect(socket.isSessionReused()).to.equal(false);
      expect(fingerprintOf(socket)).to.equal(readCertificate(next.certificate).fingerprint);
      socket.destroy();
    }
    await get({ agent });
    const [kept] = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []);
    expect(fingerprintOf(kept as TLSSocket)).to.equal(old);
    agent.destroy();
  });

  it('asks for certificates of the authorities that are named now', async () => {
    await start('required');
    const socket = await handshake({ ...shown(known), maxVersion: 'TLSv1.2' });
    const session = socket.getSession();
    socket.destroy();
    const others = new TlsAuthority('other CA of clients');
    renew(pairOf(server, others.certificate));
    const maxVersion = 'TLSv1.2';
    expect(await answered({ ...shown(known), session, maxVersion })).to.match(/^E/);
    expect(await answered(shown(others.issue()))).to.equal('answered');
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`lets nobody in by the session of a stranger (${version})`, async () => {
      const tls = { minVersion: version, maxVersion: version };
      for (const clientAuth of ['required', 'optional'] as const) {
        await start(clientAuth);
        const begun = { host: '127.0.0.1', port, ca, servername: 'localhost', ...tls };
        const refused = connect({ ...begun, ...shown(unknown) });
        refused.on('error', () => undefined);
        let session: Buffer | undefined;
        refused.on('session', (given: Buffer) => {
          session = given;
        });
        await new Promise((resolve) => refused.once('close', resolve));
        if (session !== undefined) expect(await answered({ ...tls, session })).to.match(/^E/);
        const own = connect({ ...begun, ...shown(known) });
        const [good] = await once(own, 'session');
        own.destroy();
        expect(await answered({ ...tls, session: good })).to.equal('answered');
        expect(calls, clientAuth).to.equal(1);
        await end();
      }
      end = async () => undefined;
    });
  }

  it('does not wait for handshakes that never come when it stops', async () => {
    await start('none', 600_000);
    const plain = connectPlain(port, '127.0.0.1');
    await once(plain, 'connect');
    // Its server knows of it once a later connection was answered.
    await get();
    const closed = once(plain, 'close');
    await end();
    await closed;
    end = async () => undefined;
  });
});

function fingerprintOf(socket: TLSSocket): string {
  return readCertificate(socket.getPeerCertificate().raw).fingerprint;
}
