import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAnchors } from '../../src/pki/anchors.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import { type Issuer, issueCertificate, type Wish } from '../../src/pki/issue.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import { type Signer, signerFromPem } from '../../src/signature/signer.ts';
import { checkout } from './node.ts';

const day = 86_400_000;
// As scripts/make-certs.ts names the sandbox authority.
const organization = 'Межвед: испытательный стенд';
const commonName = 'Испытательный УЦ Межвед (RSA)';

/** The authorities of the sandbox. */
export function sandboxAnchors(): Certificate[] {
  return readAnchors(join(checkout, 'certs.example'), /^ca.*\.crt\.pem$/);
}

export type IssuedName = 'good' | 'expired' | 'future' | 'foreign' | 'usage' | 'weak';

/**
 * Signers whose certificates the sandbox authority issued, but for `foreign`, whose issuer only
 * bears its name; each has the fault that its name says.
 *
 * @param now ms UTC
 */
export function issueSigners(now: number): Record<IssuedName, Signer> {
  const pem = readFileSync(join(checkout, 'certs.example', 'ca.key.pem'), 'utf8');
  const authority: Issuer = { key: createPrivateKey(pem), commonName, organization };
  const impostor: Issuer = { key: newKey('ec'), commonName, organization };
  const strong = newKey('rsa');
  const issue = (name: string, wish: Partial<Wish> = {}, by = authority, key = strong) => {
    const usual = { commonName: name, organization, notBefore: now - day, notAfter: now + day };
    const issued = issueCertificate(key, { ...usual, ...wish }, by);
    return signerFromPem(issued.key, issued.certificate);
  };
  return {
    good: issue('good'),
    expired: issue('expired', { notAfter: now - 60_000 }),
    future: issue('future', { notBefore: now + 3_600_000 }),
    foreign: issue('foreign', {}, impostor),
    // keyEncipherment alone (RFC 5280 §4.2.1.3)
    usage: issue('usage', { keyUsage: 0x20 }),
    weak: issue('weak', {}, authority, newKey('rsa', 1024)),
  };
}
