import { randomBytes } from 'node:crypto';
import {
  type Asn1,
  bitString,
  boolean,
  context,
  der,
  flags,
  integer,
  nameOf,
  octetString,
  oid,
  pemOf,
  sequence,
  tagged,
  time,
  verbatim,
} from './asn1.ts';
import {
  type IssuingKey,
  privateKeyPem,
  publicKeyInfo,
  signatureAlgorithm,
  signDer,
} from './issuing-key.ts';
import type { CertificateRequest } from './request.ts';

/** What a certificate is to say. Times are ms UTC. */
export interface Wish {
  readonly commonName: string;
  readonly organization: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly ca?: boolean;
  /** Bits of keyUsage by their names (RFC 5280 §4.2.1.3); the usual ones where absent. */
  readonly keyUsage?: number;
  /** DNS names and IPv4 addresses that it is valid for (RFC 5280 §4.2.1.6). */
  readonly hosts?: readonly string[];
  /** Authorities that may stand below this one. */
  readonly pathLength?: number;
  readonly extensions?: readonly WishedExtension[];
}

/** The same but for whom it names. */
type Terms = Omit<Wish, 'commonName' | 'organization'>;

/** An extension as it is to stand in the certificate. */
export interface WishedExtension {
  /** Dotted OID. */
  readonly id: string;
  readonly critical: boolean;
  /** DER. */
  readonly value: Buffer;
}

/** A key with its certificate, as PEM texts. */
export interface Issued {
  readonly key: string;
  readonly certificate: string;
}

/** Whose key signs, and its name. */
export interface Issuer {
  readonly key: IssuingKey;
  readonly commonName: string;
  readonly organization: string;
}

/** Issues a certificate for test stands (RFC 5280 §4): signed by the issuer, or by itself. */
export function issueCertificate(key: IssuingKey, wish: Wish, issuer?: Issuer): Issued {
  const by = issuer ?? { key, commonName: wish.commonName, organization: wish.organization };
  const holder = { name: nameOf(wish), publicKeyInfo: publicKeyInfo(key) };
  return { key: privateKeyPem(key), certificate: signed(holder, wish, by) };
}

/**
 * Issues what a request asks for, by an authority of a test stand, as PEM.
 *
 * @param terms times in ms UTC; the name is that of the request
 */
export function certifyRequest(request: CertificateRequest, terms: Terms, issuer: Issuer): string {
  const { subjectName, publicKeyInfo: info } = request;
  return signed({ name: verbatim(subjectName), publicKeyInfo: verbatim(info) }, terms, issuer);
}

interface Holder {
  readonly name: Asn1;
  readonly publicKeyInfo: Asn1;
}

function signed(holder: Holder, terms: Terms, by: Issuer): string {
  const algorithm = signatureAlgorithm(by.key);
  const tbs = tbsCertificate(holder, terms, by, algorithm);
  const certificate = sequence([tbs, algorithm, bitString(signDer(by.key, der(tbs)))]);
  return pemOf(der(certificate), 'CERTIFICATE');
}

function tbsCertificate(holder: Holder, terms: Terms, by: Issuer, algorithm: Asn1): Asn1 {
  // Positive, and of a length that no zero in front can shorten (RFC 5280 §4.1.2.2).
  const serial = `\x01${randomBytes(15).toString('binary')}`;
  return sequence([
    context(0, [integer('\x02')]),
    integer(serial),
    algorithm,
    nameOf(by),
    sequence([time(terms.notBefore), time(terms.notAfter)]),
    holder.name,
    holder.publicKeyInfo,
    context(3, [sequence(extensions(terms))]),
  ]);
}

function extensions(terms: Terms): Asn1[] {
  const { ca = false, keyUsage = ca ? 0x06 : 0xc0, pathLength, hosts = [] } = terms;
  const length = pathLength === undefined ? [] : [integer(String.fromCharCode(pathLength))];
  const basic = sequence(ca ? [boolean(true), ...length] : []);
  const names = { id: '2.5.29.17', critical: false, value: der(sequence(hosts.map(generalName))) };
  return [
    { id: '2.5.29.19', critical: true, value: der(basic) },
    { id: '2.5.29.15', critical: true, value: der(flags(keyUsage)) },
    ...(hosts.length === 0 ? [] : [names]),
    ...(terms.extensions ?? []),
  ].map(extension);
}

function extension({ id, critical, value }: WishedExtension): Asn1 {
  return sequence([oid(id), ...(critical ? [boolean(true)] : []), octetString(value)]);
}

function generalName(host: string): Asn1 {
  if (!/^\d+(\.\d+){3}$/.test(host)) return tagged(2, host);
  return tagged(7, String.fromCharCode(...host.split('.').map(Number)));
}
