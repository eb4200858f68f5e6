import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';

/** A key with a certificate of 127.0.0.1 and localhost, which issued itself; files in PEM. */
export interface TlsPair {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a pair in a folder of the test. */
export function makeTlsPair(folder: string, name = 'server'): TlsPair {
  const pem = { type: 'pkcs8', format: 'pem' } as const;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyText = privateKey.export(pem).toString();
  const key = forge.pki.privateKeyFromPem(keyText) as forge.pki.rsa.PrivateKey;
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.rsa.setPublicKey(key.n, key.e);
  made.serialNumber = '01';
  made.validity.notBefore = new Date(Date.now() - 3_600_000);
  made.validity.notAfter = new Date(Date.now() + 3_600_000);
  const subject = [{ name: 'commonName', value: name }];
  made.setSubject(subject);
  made.setIssuer(subject);
  made.setExtensions([
    { name: 'basicConstraints', cA: true },
    {
      name: 'subjectAltName',
      altNames: [
        { type: 7, ip: '127.0.0.1' },
        { type: 2, value: 'localhost' },
      ],
    },
  ]);
  made.sign(key, forge.md.sha256.create());
  const files = {
    certificate: join(folder, `${name}.crt.pem`),
    key: join(folder, `${name}.key.pem`),
  };
  writeFileSync(files.certificate, forge.pki.certificateToPem(made));
  writeFileSync(files.key, keyText);
  return files;
}
