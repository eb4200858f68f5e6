// Makes the test PKI of certs.example anew: npm run certs. Its keys are public; nothing but the
// sandbox profile trusts them.
import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Issued, issueCertificate, newKey } from '../src/pki/issue.ts';

const folder = join(import.meta.dirname, '..', 'certs.example');
const organization = 'Межвед: испытательный стенд';
const year = 365.25 * 86_400_000;
const notBefore = Date.UTC(2026, 0, 1);

const leaves = {
  node: 'Испытательный узел Межвед',
  'agency-a': 'Испытательное ведомство А',
  'agency-b': 'Испытательное ведомство Б',
};

function save(stem: string, { key, certificate }: Issued): void {
  writeFileSync(join(folder, `${stem}.key.pem`), key);
  writeFileSync(join(folder, `${stem}.crt.pem`), certificate);
}

for (const kind of ['rsa', 'ec'] as const) {
  const suffix = kind === 'ec' ? '-ec' : '';
  const commonName = `Испытательный УЦ Межвед (${kind.toUpperCase()})`;
  const ca = issueCertificate(newKey(kind), {
    commonName,
    organization,
    notBefore,
    notAfter: notBefore + 20 * year,
    ca: true,
  });
  save(`ca${suffix}`, ca);
  const issuer = { key: createPrivateKey(ca.key), commonName, organization };
  for (const [stem, leaf] of Object.entries(leaves)) {
    const wish = { commonName: leaf, organization, notBefore, notAfter: notBefore + 10 * year };
    save(`${stem}${suffix}`, issueCertificate(newKey(kind), wish, issuer));
  }
}
