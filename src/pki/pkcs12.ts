import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import forge from 'node-forge';
import { readCertificate } from './certificate.ts';
import type { PemPair } from './keystore.ts';

const { pki, pkcs12, asn1, util } = forge;

/**
 * The key of a PKCS#12 file and the certificate that belongs to it, RSA or EC (RFC 7292).
 *
 * @throws Error naming the file and what is wrong with it; never its content
 */
export function readPkcs12(file: string, password: string): PemPair {
  const store = open(file, password);
  const key = firstKey(store);
  if (key === undefined) throw new Error(`нет закрытого ключа / no private key: ${file}`);
  const certificate = certificates(store).find((text) =>
    readCertificate(text).x509.checkPrivateKey(createPrivateKey(key)),
  );
  if (certificate === undefined) {
    throw new Error(`нет сертификата к ключу / no certificate for the key: ${file}`);
  }
  return { key, certificate };
}

function open(file: string, password: string): forge.pkcs12.Pkcs12Pfx {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    throw new Error(`файл не читается / cannot be read: ${file}`);
  }
  for (const attempt of [asGiven, asUtf8]) {
    try {
      return attempt(asn1.fromDer(util.createBuffer(bytes.toString('binary'))), password);
    } catch {
      // The next one may fit; what forge says of a wrong password helps nobody.
    }
  }
  throw new Error(`не PKCS#12 или другой пароль / not PKCS#12, or another password: ${file}`);
}

// Not strict: forge cannot read EC certificates and keys, but hands over their DER.
function asGiven(parsed: forge.asn1.Asn1, password: string): forge.pkcs12.Pkcs12Pfx {
  return pkcs12.pkcs12FromAsn1(parsed, false, password);
}

/**
 * The MAC takes the password as UTF-16 and PBES2 as UTF-8 (RFC 7292 §B.1, RFC 8018 §3); forge has one
 * for both, so a password beyond ASCII opens the file without its MAC. A wrong one cannot decrypt, and
 * the certificate has to fit the key.
 */
function asUtf8(parsed: forge.asn1.Asn1, password: string): forge.pkcs12.Pkcs12Pfx {
  const parts = parsed.value as forge.asn1.Asn1[];
  return pkcs12.pkcs12FromAsn1(
    { ...parsed, value: parts.slice(0, 2) },
    false,
    util.encodeUtf8(password),
  );
}

function firstKey(store: forge.pkcs12.Pkcs12Pfx): string | undefined {
  for (const bagType of [pki.oids['pkcs8ShroudedKeyBag'], pki.oids['keyBag']]) {
    for (const bag of bagsOf(store, bagType)) {
      const der = bag.key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(bag.key)) : bag.asn1;
      return toPem(der, 'PRIVATE KEY');
    }
  }
  return undefined;
}

function certificates(store: forge.pkcs12.Pkcs12Pfx): string[] {
  return bagsOf(store, pki.oids['certBag']).map((bag) =>
    toPem(bag.cert ? pki.certificateToAsn1(bag.cert) : bag.asn1, 'CERTIFICATE'),
  );
}

function bagsOf(store: forge.pkcs12.Pkcs12Pfx, bagType = ''): forge.pkcs12.Bag[] {
  return store.getBags({ bagType })[bagType] ?? [];
}

function toPem(value: forge.asn1.Asn1, label: string): string {
  const base64 = util.encode64(asn1.toDer(value).getBytes(), 64).replace(/\r/g, '');
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}
