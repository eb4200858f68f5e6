import { type Certificate, readCertificate } from '../../src/pki/certificate.ts';
import {
  type Issuer,
  issueCertificate,
  type Wish,
  type WishedExtension,
} from '../../src/pki/issue.ts';
import { type IssuingKey, newGostKey, newKey } from '../../src/pki/issuing-key.ts';
import { item, oid, sequence, set } from './cms-documents.ts';

export const now = Date.UTC(2026, 5, 1);
export const day = 86_400_000;
const usual = { organization: 'Тест', notBefore: now - 10 * day, notAfter: now + 10 * day };

/** Kinds of key, and a key of each that is too weak where there is one. */
export const families: Readonly<
  Record<string, { readonly make: () => IssuingKey; readonly weak?: () => IssuingKey }>
> = {
  RSA: { make: () => newKey('rsa'), weak: () => newKey('rsa', 1024) },
  'GOST of 256 bits': { make: () => newGostKey('gost2012-256') },
  ECDSA: { make: () => newKey('ec'), weak: () => newKey('ec', 'prime192v1') },
  'GOST of 512 bits': { make: () => newGostKey('gost2012-512') },
};

/** Somebody who may issue, with the certificate that says so. */
export interface Made {
  readonly issuer: Issuer;
  readonly certificate: Certificate;
}

const keysMade = 8;

/**
 * Issues certificates whose keys are of one kind. Keys take time to make: a few take turns, more than
 * stand in one path.
 */
export class Issuing {
  readonly #make: () => IssuingKey;
  readonly #keys: IssuingKey[] = [];
  #turn = 0;

  constructor(make: () => IssuingKey) {
    this.#make = make;
  }

  #key(): IssuingKey {
    this.#turn = (this.#turn + 1) % keysMade;
    const key = this.#keys[this.#turn] ?? this.#make();
    this.#keys[this.#turn] = key;
    return key;
  }

  issue(
    commonName: string,
    by: Made | undefined,
    wish: Partial<Wish> = {},
    key = this.#key(),
  ): Made {
    const full = { commonName, ...usual, ...wish };
    const issued = issueCertificate(key, full, by?.issuer);
    const issuer = { key, commonName, organization: full.organization };
    return { issuer, certificate: readCertificate(issued.certificate) };
  }

  authority(commonName: string, by?: Made, wish: Partial<Wish> = {}, key = this.#key()): Made {
    return this.issue(commonName, by, { ca: true, ...wish }, key);
  }
}

const utf8 = (text: string) => item(0x0c, Buffer.from(text));

/** A Name of one organization. */
function organization(text: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.10'), utf8(text))));
}

/** NameConstraints with these subtrees (RFC 5280 §4.2.1.10). */
function constraints(permitted: readonly Buffer[], excluded: readonly Buffer[]): WishedExtension {
  const trees = (tag: number, bases: readonly Buffer[]) =>
    bases.length === 0 ? [] : [item(tag, ...bases.map((base) => sequence(base)))];
  const value = sequence(...trees(0xa0, permitted), ...trees(0xa1, excluded));
  return { id: '2.5.29.30', critical: true, value };
}

const directory = (text: string) => item(0xa4, organization(text));
const dns = (text: string) => item(0x82, Buffer.from(text));

export const extensions = {
  permitsOrganization: (text: string) => constraints([directory(text)], []),
  excludesOrganization: (text: string) => constraints([], [directory(text)]),
  permitsHost: (text: string) => constraints([dns(text)], []),
  excludesHost: (text: string) => constraints([], [dns(text)]),
  hosts: (...names: string[]): WishedExtension => ({
    id: '2.5.29.17',
    critical: false,
    value: sequence(...names.map(dns)),
  }),
  policies: (...oids: string[]): WishedExtension => ({
    id: '2.5.29.32',
    critical: false,
    value: sequence(...oids.map((each) => sequence(oid(each)))),
  }),
  /** That these policies are the same as others (RFC 5280 §4.2.1.5), though it should be critical. */
  mapsPolicies: (from: string, to: string): WishedExtension => ({
    id: '2.5.29.33',
    critical: false,
    value: sequence(sequence(oid(from), oid(to))),
  }),
  /** InhibitAnyPolicy from here on (RFC 5280 §4.2.1.14). */
  inhibitsAnyPolicy: (critical: boolean): WishedExtension => ({
    id: '2.5.29.54',
    critical,
    value: item(0x02, Buffer.from([0])),
  }),
  unknown: (critical: boolean): WishedExtension => ({
    id: '1.2.643.100.999',
    critical,
    value: item(0x05),
  }),
};
