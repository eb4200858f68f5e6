import type { Certificate } from '../../src/pki/certificate.ts';
import { privateKeyPem } from '../../src/pki/issuing-key.ts';
import type { Made } from '../pki/path-stand.ts';
import type { GostOpenssl } from './gost-engine.ts';

/** What a responder knows of certificates; whom it does not know is unknown to it. */
export interface Known {
  readonly good?: readonly Certificate[];
  readonly revoked?: readonly Certificate[];
}

/** A responder of OpenSSL in a process of its own. */
export interface OcspResponder {
  readonly url: string;
  stop(): Promise<void>;
}

let made = 0;

/** Starts `openssl ocsp` on a free port for one issuer; its answers are in force for a day. */
export function startResponder(
  openssl: GostOpenssl,
  issuer: Made,
  { good = [], revoked = [] }: Known,
  signer: Made = issuer,
): Promise<OcspResponder> {
  made += 1;
  const file = (name: string, content: string) => {
    openssl.write(`${made}-${name}`, content);
    return `${made}-${name}`;
  };
  const rows = [
    ...good.map((each) => rowOf('V', '', each)),
    ...revoked.map((each) => rowOf('R', '260101000000Z', each)),
  ];
  const child = openssl.begin(
    ...['ocsp', '-port', '0', '-ndays', '1', '-index', file('index.txt', rows.join(''))],
    ...['-CA', file('ca.pem', issuer.certificate.x509.toString())],
    ...['-rsigner', file('signer.pem', signer.certificate.x509.toString())],
    ...['-rkey', file('key.pem', privateKeyPem(signer.issuer.key))],
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = () => {
    child.kill('SIGKILL');
    return ended;
  };
  return new Promise((resolve, reject) => {
    let said = '';
    const read = (part: Buffer) => {
      said += part.toString();
      const port = /ACCEPT \S*:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve({ url: `http://127.0.0.1:${port}/`, stop });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => reject(new Error(`openssl ocsp:\n${said}`)));
  });
}

/** A line of the index of `openssl ca`. */
function rowOf(state: 'V' | 'R', revoked: string, { serial }: Certificate): string {
  return [state, '301231235959Z', revoked, serial, 'unknown', '/CN=x\n'].join('\t');
}
