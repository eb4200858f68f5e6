import { curves } from '../../../src/gost/curves.ts';
import { toBigEndian } from '../../../src/gost/numbers.ts';
import { issueCertificate } from '../../../src/pki/issue.ts';
import { newGostKey } from '../../../src/pki/issuing-key.ts';
import { type Signer, signerFromPem } from '../../../src/signature/signer.ts';
import { sandboxSigner } from '../../harness/client.ts';
import type { Attack, Chapter } from '../attack.ts';
import { by, changed, parts, posting, signedNote } from '../messages.ts';

const gost = sandboxSigner('agency-a', 'gost');
const gost512 = sandboxSigner('agency-a', 'gost512');
const value = {
  code: 'SIGNATURE_VALUE',
  verify: 'SIGNATURE_VALUE',
  guards: ['the value holds'],
} as const;

const day = 86_400_000;

function madeSigner(...key: Parameters<typeof newGostKey>): Signer {
  const now = Date.now();
  const made = issueCertificate(newGostKey(...key), {
    commonName: 'Нападающий',
    organization: 'Тест',
    notBefore: now - day,
    notAfter: now + day,
  });
  return signerFromPem(made.key, made.certificate);
}

const testCurve = () => curves.find(({ name }) => name.endsWith('-Test'));
const order = curves.find(({ name }) => name === gost.certificate.gostKey?.curve.name)?.q ?? 0n;
const scalars = (s: bigint, r: bigint) => () =>
  Buffer.concat([toBigEndian(s, 32), toBigEndian(r, 32)]);

/** The certificate with one octet of its point changed: the last two of a key's 64 are far from DER. */
function withoutPoint(): string {
  const { der, gostKey } = gost.certificate;
  const at = der.indexOf(gostKey?.point ?? Buffer.alloc(1));
  const altered = Buffer.from(der);
  altered[at + 40] = (altered[at + 40] ?? 0) ^ 1;
  return altered.toString('base64');
}

const keys: readonly Attack[] = [
  by('a key on the test curve of the standard', () => madeSigner('gost2012-256', testCurve()), {
    code: 'SIGNATURE_KEY_WEAK',
    verify: 'SIGNATURE_KEY_WEAK',
    guards: ['no test curve'],
  }),
  {
    name: 'a public key that is no point of its curve',
    make: () =>
      posting(
        changed(
          signedNote(undefined, gost),
          parts.certificate,
          `<ds:X509Certificate>${withoutPoint()}`,
        ),
      ),
    code: 'CERTIFICATE_UNREADABLE',
    verify: 'CERTIFICATE_UNREADABLE',
    guards: ['a point of the curve', 'the value holds'],
  },
  by('the withdrawn GOST R 34.10-2001 at a node', () => madeSigner('gost2001'), {
    code: 'SIGNATURE_ALGORITHM',
    // Files are older than the withdrawal.
    verify: undefined,
    guards: ['methods of a profile'],
  }),
  by('GOST without the SMEV transform at a node', () => ({ ...gost, profile: 'xmldsig' }), {
    code: 'SIGNATURE_FORMAT',
    verify: undefined,
    guards: ['transforms in the order of a profile'],
  }),
  by(
    'RSA named for a GOST key',
    () => ({
      ...gost,
      profile: 'xmldsig',
      algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
      hash: 'sha256',
    }),
    {
      code: 'SIGNATURE_ALGORITHM',
      verify: 'SIGNATURE_ALGORITHM',
      guards: ['key of the kind that the method names', 'strong RSA keys', 'the value holds'],
    },
  ),
];

const values: readonly Attack[] = [
  by('s = 0', () => ({ ...gost, sign: scalars(0n, 1n) }), value),
  by('r = 0', () => ({ ...gost, sign: scalars(1n, 0n) }), value),
  by('s = q', () => ({ ...gost, sign: scalars(order, 1n) }), value),
  by('r = q', () => ({ ...gost, sign: scalars(1n, order) }), value),
  by('r and s in the place of each other', () => ({ ...gost, sign: swapped(gost) }), value),
  by('a value that is cut', () => ({ ...gost, sign: (o) => gost.sign(o).subarray(1) }), value),
  by('512 bits: a value of zeros', () => ({ ...gost512, sign: () => Buffer.alloc(128) }), value),
];

function swapped({ sign }: Signer): Signer['sign'] {
  return (octets) => {
    const made = sign(octets);
    return Buffer.concat([made.subarray(32), made.subarray(0, 32)]);
  };
}

export const gostKeys: Chapter = {
  title: 'GOST',
  file: 'test/attacks/catalogue/gost.ts',
  attacks: [...keys, ...values],
};
