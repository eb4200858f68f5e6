import { withDefiniteLengths } from './ber.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { CmsError, type CmsReason } from './cms-error.ts';
import {
  algorithmOid,
  certificateParts,
  type DerItem,
  dotted,
  items,
  only,
  tag,
  timeOf,
} from './der.ts';
import { readExtensions } from './extensions.ts';
import {
  type ContentHash,
  hashByOid,
  type SigningKind,
  signingKind,
} from './signature-algorithms.ts';
import type { OldAlgorithms } from './trust.ts';

/** Names of CMS (RFC 5652 §4, §5.1, §11; RFC 5940 §2.1). */
export const cmsOids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  ocspResponse: '1.3.6.1.5.5.7.16.2',
} as const;

/** A detached signature as it was read; nothing of it is verified yet. */
export interface DetachedSignature {
  /** The signer's, out of the signature: whether to trust it is the caller's to say. */
  readonly certificate: Certificate;
  /** What the content is to be digested with. */
  readonly hash: ContentHash;
  /** The key's kind that the signature algorithm demands. */
  readonly kind: SigningKind;
  /** The digest of the content that was signed. */
  readonly messageDigest: Buffer;
  /** As the signer says, ms UTC; undefined where it says nothing. */
  readonly signingTime: number | undefined;
  /** The signed attributes as they are signed: DER of SET OF (RFC 5652 §5.4). */
  readonly signed: Buffer;
  readonly signature: Buffer;
  /** OCSP responses that came along, in DER (RFC 5940 §2). */
  readonly stapled: readonly Buffer[];
}

const octetsMax = 1 << 20;
const certificatesMax = 32;
const stapledMax = 4;

/**
 * Reads a detached CMS signature of one signer, who put the certificate in and signed attributes, as
 * PKCS#7 attachments have it (RFC 5652 §5). BER is taken in the outer layers.
 *
 * @param old algorithms that are taken by name alone
 * @throws CmsError saying what is missing or not allowed
 */
export function readDetached(bytes: Uint8Array, old: OldAlgorithms = {}): DetachedSignature {
  if (bytes.length > octetsMax) throw new CmsError('too-large', `> ${octetsMax}`);
  try {
    return read(withDefiniteLengths(Buffer.from(bytes)), old);
  } catch (error) {
    if (error instanceof RangeError) throw new CmsError('malformed', error.message);
    throw error;
  }
}

function read(der: Buffer, old: OldAlgorithms): DetachedSignature {
  const signedData = signedDataOf(der);
  const [, , content, ...rest] = signedData;
  const signers = rest.at(-1);
  if (content?.tag !== tag.sequence || signers?.tag !== tag.set) refuse('malformed');
  const [type, included] = items(content.content);
  if (type === undefined || dotted(type) !== cmsOids.data) {
    refuse('not-signed-data', 'eContentType');
  }
  if (included !== undefined) refuse('content-included');
  const [signer, ...others] = items(signers.content);
  if (signer === undefined || others.length > 0) refuse('not-one-signer');
  const info = readSigner(signer);
  const certificates = rest.find((item) => item.tag === tag.context0);
  return {
    certificate: signerCertificate(certificates, info.sid),
    ...algorithms(info, old),
    ...readAttributes(info.attributes),
    signature: info.signature,
    stapled: stapledIn(rest.find((item) => item.tag === tag.context1)),
  };
}

/** Of what the signer sent along on revocation, the OCSP responses. */
function stapledIn(revocation: DerItem | undefined): Buffer[] {
  if (revocation === undefined) return [];
  return items(revocation.content)
    .filter((item) => item.tag === tag.context1)
    .map(({ content }) => items(content))
    .flatMap(([format, said]) =>
      format !== undefined && said !== undefined && dotted(format) === cmsOids.ocspResponse
        ? [said.whole]
        : [],
    )
    .slice(0, stapledMax);
}

function refuse(reason: CmsReason, detail?: string): never {
  throw new CmsError(reason, detail);
}

function signedDataOf(der: Buffer): DerItem[] {
  const [type, content] = items(only(der, tag.sequence));
  if (type === undefined || dotted(type) !== cmsOids.signedData) refuse('not-signed-data');
  if (content?.tag !== tag.context0) refuse('malformed');
  return items(only(content.content, tag.sequence));
}

interface SignerInfo {
  readonly sid: DerItem;
  readonly digestOid: string;
  readonly attributes: DerItem;
  readonly signatureOid: string;
  readonly signature: Buffer;
}

function readSigner(signer: DerItem): SignerInfo {
  if (signer.tag !== tag.sequence) refuse('malformed');
  const [, sid, digest, attributes, algorithm, value] = items(signer.content);
  if (sid === undefined || digest === undefined) refuse('malformed');
  if (attributes?.tag !== tag.context0) refuse('attributes-absent');
  if (algorithm === undefined || value?.tag !== tag.octets) refuse('malformed');
  return {
    sid,
    digestOid: algorithmOid(digest),
    attributes,
    signatureOid: algorithmOid(algorithm),
    signature: value.content,
  };
}

function algorithms({ digestOid, signatureOid }: SignerInfo, old: OldAlgorithms) {
  const hash = hashByOid(digestOid);
  if (hash === undefined) refuse('algorithm', digestOid);
  const kind = signingKind(signatureOid, hash);
  if (kind === undefined || (kind === 'gost2001' && old.gost2001 !== true)) {
    refuse('algorithm', `${digestOid}, ${signatureOid}`);
  }
  return { hash, kind };
}

/** The certificate that the signer is named by: issuer and serial, or key identifier (RFC 5652 §5.3). */
function signerCertificate(certificates: DerItem | undefined, sid: DerItem): Certificate {
  const found = certificates === undefined ? [] : items(certificates.content);
  if (found.length > certificatesMax) refuse('too-large', `certificates > ${certificatesMax}`);
  const named = found.filter((item) => item.tag === tag.sequence).find(isNamed(sid));
  if (named === undefined) refuse('certificate-absent');
  try {
    return readCertificate(named.whole);
  } catch {
    return refuse('certificate-unreadable');
  }
}

const keyIdentifier = 0x80;

function isNamed(sid: DerItem): (certificate: DerItem) => boolean {
  if (sid.tag === keyIdentifier) {
    return ({ whole }) =>
      readExtensions(certificateParts(whole).extensions).subjectKeyId?.equals(sid.content) ?? false;
  }
  if (sid.tag !== tag.sequence) refuse('malformed');
  const [issuer, serial] = items(sid.content);
  if (issuer === undefined || serial?.tag !== tag.integer) refuse('malformed');
  return ({ whole }) => {
    const parts = certificateParts(whole);
    return parts.issuerName.equals(issuer.whole) && parts.serial.equals(serial.content);
  };
}

/** Each of them once and with one value (RFC 5652 §11.1, §11.2). */
function readAttributes(attributes: DerItem) {
  const found = new Map<string, DerItem>();
  for (const attribute of items(attributes.content)) {
    const [type, values] = items(attribute.content);
    const name = type === undefined ? '' : dotted(type);
    if (found.has(name)) refuse('malformed', `attribute ${name} twice`);
    const [value, ...others] = values?.tag === tag.set ? items(values.content) : [];
    if (value !== undefined && others.length === 0) found.set(name, value);
  }
  const contentType = found.get(cmsOids.contentType);
  if (contentType === undefined) refuse('content-type-absent');
  if (dotted(contentType) !== cmsOids.data) refuse('content-type-differs', dotted(contentType));
  const messageDigest = found.get(cmsOids.messageDigest);
  if (messageDigest?.tag !== tag.octets) refuse('message-digest-absent');
  const signingTime = found.get(cmsOids.signingTime);
  return {
    messageDigest: messageDigest.content,
    signingTime: signingTime && timeOf(signingTime),
    signed: Buffer.concat([Buffer.from([tag.set]), attributes.whole.subarray(1)]),
  };
}
