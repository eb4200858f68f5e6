import { createPrivateKey, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Issued, issueCertificate, type Wish } from '../../src/pki/issue.ts';
import { newKey } from '../../src/pki/issuing-key.ts';

const day = 86_400_000;
const organization = 'Test';

/** An authority of a test, whose certificates are of localhost and 127.0.0.1 and hold for a day. */
export class TlsAuthority {
  readonly certificate: string;
  readonly #key = newKey('ec');
  readonly #name: string;

  constructor(name = 'CA of the test') {
    this.#name = name;
    const times = { notBefore: Date.now() - day, notAfter: Date.now() + day };
    this.certificate = issueCertificate(this.#key, {
      ...{ commonName: name, organization, ca: true },
      ...times,
    }).certificate;
  }

  issue(key: KeyObject = newKey('ec'), change: Partial<Wish> = {}): Issued {
    const wish = {
      ...{ commonName: 'localhost', organization, hosts: ['localhost', '127.0.0.1'] },
      ...{ notBefore: Date.now() - day, notAfter: Date.now() + day },
      ...change,
    };
    return issueCertificate(key, wish, { key: this.#key, commonName: this.#name, organization });
  }
}

/** A key under a passphrase, PKCS#8 in PEM. */
export function encrypted(key: string, passphrase: string): string {
  return createPrivateKey(key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    .toString();
}

/** Files of one port in a folder of the test. */
export class TlsFolder {
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
  readonly passphrase: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.key = join(folder, 'tls.key.pem');
    this.certificate = join(folder, 'tls.crt.pem');
    this.ca = join(folder, 'ca.crt.pem');
    this.passphrase = join(folder, 'passphrase');
  }

  /** Both files, one after the other, as a script would write them. */
  put({ key, certificate }: Issued): void {
    writeFileSync(this.key, key);
    writeFileSync(this.certificate, certificate);
  }

  write(name: string, text: string): string {
    const file = join(this.#folder, name);
    writeFileSync(file, text);
    return file;
  }
}
