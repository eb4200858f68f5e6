import type { GostPrivateKey } from '../gost/keys.ts';
import type { Certificate } from './certificate.ts';
/** Placeholder until GOST keys are merged. */
export function isGostKey(_pem: string): boolean {
  return false;
}
export function readGostPrivateKey(_pem: string): GostPrivateKey {
  throw new RangeError('placeholder');
}
export function gostKeyFits(_key: GostPrivateKey, _certificate: Certificate): boolean {
  return false;
}
