import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueCertificate } from '../../../src/pki/issue.ts';
import { newKey } from '../../../src/pki/issuing-key.ts';
import { type Signer, signerFromPem } from '../../../src/signature/signer.ts';
import { type IssuedName, issueSigners } from '../../harness/certificates.ts';
import { checkout } from '../../harness/node.ts';
import type { Attack, Chapter } from '../attack.ts';
import { by, changed, posting, signedNote, signer } from '../messages.ts';

const day = 86_400_000;
const untrusted = { trust: true, code: 'CERTIFICATE_UNTRUSTED', verify: undefined } as const;
const issued = { ...untrusted, guards: ['issued by an anchor'] } as const;

let made: Record<IssuedName, Signer> | undefined;
function signerThatIs(name: IssuedName): Signer {
  made ??= issueSigners(Date.now());
  return made[name];
}

/** A name in one line as a wish: O and CN of a subject. */
function wishFor({ certificate: { subject } }: Signer) {
  const now = Date.now();
  return {
    organization: /O=([^,]*)/.exec(subject)?.[1] ?? '',
    commonName: /CN=(.*)$/.exec(subject)?.[1] ?? '',
    notBefore: now - day,
    notAfter: now + day,
  };
}

function namesake(): Signer {
  const pair = issueCertificate(newKey('ec'), wishFor(signer));
  return signerFromPem(pair.key, pair.certificate);
}

/** A certificate that another participant issued, whose own certificate is of no CA. */
function fromParticipant(): Signer {
  const pem = readFileSync(join(checkout, 'certs.example', 'agency-a.key.pem'), 'utf8');
  const { commonName, organization } = wishFor(signer);
  const issuer = { key: createPrivateKey(pem), commonName, organization };
  const wish = { ...wishFor(signer), commonName: 'Ведомство, которого нет' };
  const pair = issueCertificate(newKey('ec'), wish, issuer);
  return signerFromPem(pair.key, pair.certificate);
}

const rows: readonly Attack[] = [
  by('a certificate that has expired', () => signerThatIs('expired'), {
    ...untrusted,
    code: 'CERTIFICATE_EXPIRED',
    guards: ['not after its time'],
  }),
  by('a certificate that is not valid yet', () => signerThatIs('future'), {
    ...untrusted,
    code: 'CERTIFICATE_NOT_YET_VALID',
    guards: ['not before its time'],
  }),
  by('a certificate whose key may not sign', () => signerThatIs('usage'), {
    ...untrusted,
    guards: ['a key that may sign'],
  }),
  by('an issuer that only bears the name of the anchor', () => signerThatIs('foreign'), issued),
  by("the sender's name over another key, signed by itself", namesake, issued),
  {
    ...issued,
    name: 'a chain in KeyInfo through a certificate of no CA',
    make: () => {
      const chain = `</ds:X509Certificate><ds:X509Certificate>${signer.certificate.der.toString('base64')}</ds:X509Certificate>`;
      return posting(
        changed(signedNote(undefined, fromParticipant()), '</ds:X509Certificate>', chain),
      );
    },
  },
];

export const certificates: Chapter = {
  title: 'Trust: a right signature of somebody who is not believed',
  file: 'test/attacks/catalogue/certificates.ts',
  attacks: rows,
};
