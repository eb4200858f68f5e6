import type { Certificate } from './certificate.ts';

const rsaBitsMin = 2048;
const curveBitsMin = 224;

/** 112 bits of strength: RSA of 2048 bits, curves of 224 (NIST SP 800-57 part 1, table 2). */
export function isStrong({ keyKind, keyBits, curve }: Certificate): boolean {
  if (keyKind === 'rsa') return (keyBits ?? 0) >= rsaBitsMin;
  if (keyKind === 'ec') return Number(/\d{3}/.exec(curve ?? '')?.[0] ?? 0) >= curveBitsMin;
  return keyKind !== 'other';
}
