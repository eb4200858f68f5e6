import { constants, createPrivateKey, type KeyObject } from 'node:crypto';
import { day as dayOf } from '../clock.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { isGostKey } from './gost-key.ts';

/** Files of PEM that one port shows to its clients, by path. */
export interface TlsFiles {
  readonly key: string;
  readonly certificate: string;
  readonly passphraseFile?: string | undefined;
  readonly clientCa?: string | undefined;
}

/** What is in them. */
export interface TlsTexts {
  readonly key: string;
  readonly certificate: string;
  readonly passphrase: string | undefined;
  readonly clientCa: string | undefined;
}

/** A key and a certificate that a port can serve with. */
export interface TlsPair {
  /** PKCS#8 in PEM, no longer encrypted. */
  readonly key: string;
  /** PEM: the certificate, and its intermediates behind it. */
  readonly certificate: string;
  /** PEM: who may have issued the certificates of clients. */
  readonly clientCa: string | undefined;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  /** Ms UTC. */
  readonly notAfter: number;
}

/** Why files do not do, in a sentence of two languages that names a file and nothing of its content. */
export class TlsUnfit extends Error {
  override readonly name = 'TlsUnfit';
  /** Ms UTC from which the same files would do. */
  readonly fitFrom: number | undefined;
  constructor(sentence: string, fitFrom?: number) {
    super(sentence);
    this.fitFrom = fitFrom;
  }
}

/**
 * What every port under TLS has in common: versions 1.2 and 1.3, no renegotiation, forward secrecy and
 * authenticated ciphers alone (RFC 9325 §3.1, §4.2).
 */
export const tlsRules = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: [
    ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
    ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
    ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
    ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ].join(':'),
  ecdhCurve: 'X25519:P-256:P-384:P-521',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
} as const;

const chainMax = 10;
const authoritiesMax = 1000;
const rsaBitsMin = 2048;
const curves: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];
const serverUsages = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

/**
 * Judges what was read from the files of a port.
 *
 * @param now ms UTC
 * @throws TlsUnfit
 */
export function judgeTlsPair(files: TlsFiles, texts: TlsTexts, now: number): TlsPair {
  const key = openKey(files, texts);
  const [own] = certificatesOf(texts.certificate, files.certificate, chainMax);
  if (own === undefined) throw notPem(files.certificate);
  if (!own.x509.checkPrivateKey(key)) {
    throw new TlsUnfit(
      `ключ не от этого сертификата / the key is not that of the certificate: ${files.key}, ${files.certificate}`,
    );
  }
  checkKind(own, files.certificate);
  checkTimes(own, files.certificate, now);
  if (texts.clientCa !== undefined) {
    certificatesOf(texts.clientCa, files.clientCa ?? '', authoritiesMax);
  }
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: texts.certificate,
    clientCa: texts.clientCa,
    fingerprint: own.fingerprint,
    notAfter: own.notAfter,
  };
}

function openKey({ key: file, passphraseFile }: TlsFiles, { key, passphrase }: TlsTexts) {
  if (!key.includes('-----BEGIN ')) throw notPem(file);
  const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key);
  if (isEncrypted && passphrase === undefined) {
    throw new TlsUnfit(
      `ключ зашифрован, а passphraseFile не задан / the key is encrypted, and passphraseFile is not set: ${file}`,
    );
  }
  if (!isEncrypted && isGost(key)) throw wrongKind(file);
  const opened = privateKeyOf(key, passphrase);
  if (opened !== undefined) return opened;
  throw new TlsUnfit(
    isEncrypted
      ? `пароль из ${passphraseFile} не открывает ключ, или ключ повреждён / the passphrase of that file does not open the key, or the key is broken: ${file}`
      : `закрытый ключ не читается / the private key cannot be read: ${file}`,
  );
}

function isGost(key: string): boolean {
  try {
    return isGostKey(key);
  } catch {
    return false;
  }
}

function privateKeyOf(key: string, passphrase: string | undefined): KeyObject | undefined {
  try {
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    return undefined;
  }
}

const certificatePem = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Every certificate of a file, each whole. */
function certificatesOf(text: string, file: string, most: number): Certificate[] {
  const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (begun === 0) throw notPem(file);
  const whole = text.match(certificatePem) ?? [];
  if (whole.length > most) {
    throw new TlsUnfit(`сертификатов больше ${most} / more than ${most} certificates: ${file}`);
  }
  try {
    if (whole.length === begun) return whole.map(readCertificate);
  } catch {
    // Said below: what a parser says may hold octets of the file.
  }
  throw new TlsUnfit(`сертификат не читается / the certificate cannot be read: ${file}`);
}

function checkKind({ keyKind, keyBits, curve, x509 }: Certificate, file: string): void {
  const fits =
    keyKind === 'rsa' ? (keyBits ?? 0) >= rsaBitsMin : keyKind === 'ec' && curves.includes(curve);
  if (!fits) throw wrongKind(file);
  // Undefined where the certificate does not say, whatever the types promise.
  const usages: readonly string[] | undefined = x509.keyUsage;
  if (usages === undefined || usages.some((usage) => serverUsages.includes(usage))) return;
  throw new TlsUnfit(
    `сертификат не для серверов (extendedKeyUsage) / the certificate is not for servers (extendedKeyUsage): ${file}`,
  );
}

function checkTimes({ notBefore, notAfter }: Certificate, file: string, now: number): void {
  if (now > notAfter) {
    const day = dayOf(notAfter);
    throw new TlsUnfit(
      `срок действия сертификата истёк ${day} / the certificate expired on ${day}: ${file}`,
    );
  }
  if (now < notBefore) {
    const day = dayOf(notBefore);
    throw new TlsUnfit(
      `сертификат действует только с ${day} / the certificate is valid from ${day} only: ${file}`,
      notBefore,
    );
  }
}

function notPem(file: string): TlsUnfit {
  return new TlsUnfit(`не PEM / not PEM: ${file}`);
}

function wrongKind(file: string): TlsUnfit {
  return new TlsUnfit(
    `для TLS нужен ключ RSA (от ${rsaBitsMin} бит) или EC (P-256, P-384, P-521); ГОСТ здесь нет / ` +
      `TLS takes a key of RSA (${rsaBitsMin} bits or more) or EC (P-256, P-384, P-521) and no GOST: ${file}`,
  );
}
