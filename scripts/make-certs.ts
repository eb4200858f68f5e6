// Makes what is missing of the test PKI in certs.example: npm run certs. Its keys are public; nothing but
// the sandbox profile trusts them. What is there stays: databases of earlier versions know it.
//   npm run certs -- NAME KIND [FOLDER]   a certificate of the test authority for a system of your own
//   npm run certs -- NAME.csr.pem         the one that a request asks for, as NAME.crt.pem beside it
import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGostKey, readGostPrivateKey } from '../src/pki/gost-key.ts';
import { certifyRequest, type Issued, type Issuer, issueCertificate } from '../src/pki/issue.ts';
import { type IssuingKey, newGostKey, newKey } from '../src/pki/issuing-key.ts';
import { readRequest } from '../src/pki/request.ts';
import type { SigningKind } from '../src/pki/signature-algorithms.ts';

const examples = join(import.meta.dirname, '..', 'certs.example');
const organization = 'Межвед: испытательный стенд';
const year = 365.25 * 86_400_000;
const notBefore = Date.UTC(2026, 0, 1);
const lifetime = { notBefore, notAfter: notBefore + 10 * year };

const kinds = {
  rsa: { suffix: '', make: () => newKey('rsa') },
  ec: { suffix: '-ec', make: () => newKey('ec') },
  gost: { suffix: '-gost', make: () => newGostKey('gost2012-256') },
  gost512: { suffix: '-gost512', make: () => newGostKey('gost2012-512') },
} satisfies Record<string, { suffix: string; make: () => IssuingKey }>;
type Kind = keyof typeof kinds;

const ofKey: Readonly<Record<SigningKind, Kind>> = {
  ...{ rsa: 'rsa', ec: 'ec', gost2001: 'gost' },
  ...{ 'gost2012-256': 'gost', 'gost2012-512': 'gost512' },
};

const leaves = {
  node: 'Испытательный узел Межвед',
  'agency-a': 'Испытательное ведомство А',
  'agency-b': 'Испытательное ведомство Б',
};

const [name, kind = 'rsa', folder = '.'] = process.argv.slice(2);
if (name === undefined) makeExamples();
else if (name.endsWith('.csr.pem')) certify(name);
else if (kind in kinds)
  save(folder, `${name}${kinds[kind as Kind].suffix}`, leaf(name, kind as Kind));
else {
  process.stderr.write(`${Object.keys(kinds).join(', ')}\n`);
  process.exitCode = 2;
}

function makeExamples(): void {
  for (const each of Object.keys(kinds) as Kind[]) {
    const { suffix } = kinds[each];
    if (isMissing(`ca${suffix}`)) save(examples, `ca${suffix}`, authority(each));
    for (const [stem, commonName] of Object.entries(leaves)) {
      if (isMissing(`${stem}${suffix}`)) save(examples, `${stem}${suffix}`, leaf(commonName, each));
    }
  }
}

function isMissing(stem: string): boolean {
  return !existsSync(join(examples, `${stem}.crt.pem`));
}

function authority(of: Kind): Issued {
  const notAfter = notBefore + 20 * year;
  const wish = { commonName: authorityName(of), organization, notBefore, notAfter, ca: true };
  return issueCertificate(kinds[of].make(), wish);
}

function authorityName(of: Kind): string {
  return `Испытательный УЦ Межвед (${of.toUpperCase()})`;
}

function leaf(commonName: string, of: Kind): Issued {
  const wish = { commonName, organization, ...lifetime };
  return issueCertificate(kinds[of].make(), wish, issuer(of));
}

function certify(file: string): void {
  const request = readRequest(readFileSync(file, 'utf8'));
  const certificate = file.replace(/\.csr\.pem$/, '.crt.pem');
  writeFileSync(certificate, certifyRequest(request, lifetime, issuer(ofKey[request.keyKind])));
  process.stdout.write(`${certificate}\n`);
}

function issuer(of: Kind): Issuer {
  const key = readKey(readFileSync(join(examples, `ca${kinds[of].suffix}.key.pem`), 'utf8'), of);
  return { key, commonName: authorityName(of), organization };
}

function readKey(text: string, of: Kind): IssuingKey {
  if (!isGostKey(text)) return createPrivateKey(text);
  return { kind: of === 'gost' ? 'gost2012-256' : 'gost2012-512', key: readGostPrivateKey(text) };
}

function save(into: string, stem: string, { key, certificate }: Issued): void {
  writeFileSync(join(into, `${stem}.key.pem`), key);
  writeFileSync(join(into, `${stem}.crt.pem`), certificate);
}
