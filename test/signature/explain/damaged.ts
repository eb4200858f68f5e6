import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../../src/signature/digest.ts';
import { type Limits, patientLimits } from '../../../src/signature/explain/budget.ts';
import { type Explanation, explainSignature } from '../../../src/signature/explain/explain.ts';
import { findSignatures } from '../../../src/signature/find.ts';
import { fileProfiles, profiles } from '../../../src/signature/profiles.ts';
import { type Signer, signerFromPem } from '../../../src/signature/signer.ts';
import { dsNamespace } from '../../../src/smev/namespaces.ts';
import { canonicalize } from '../../../src/xml/canonicalize.ts';
import { withXml, type XmlElement } from '../../../src/xml/document.ts';
import { elementsWithId } from '../../../src/xml/ids.ts';
import { child } from '../../../src/xml/navigate.ts';
import { checkout } from '../../harness/node.ts';

/** What the command says of the first signature of a text. */
export function explained(
  text: string,
  parts: ReadonlyMap<string, Uint8Array> = new Map(),
  limits: Limits = patientLimits,
): Explanation {
  const bytes = Buffer.from(text);
  return withXml(bytes, (document) => {
    const [found] = findSignatures(document);
    if (found === undefined) throw new Error('no signature');
    const allowed = fileProfiles.map((name) => profiles[name]);
    return explainSignature({ document, bytes, parts, profiles: allowed, limits }, found);
  });
}

const signers = new Map<string, Signer>();

/** PEM of a key that everybody knows, such as agency-a-gost. */
export function examplePem(name: string, what: 'key' | 'crt'): string {
  return readFileSync(join(checkout, 'certs.example', `${name}.${what}.pem`), 'utf8');
}

export function exampleSigner(name: string): Signer {
  const signer =
    signers.get(name) ?? signerFromPem(examplePem(name, 'key'), examplePem(name, 'crt'));
  signers.set(name, signer);
  return signer;
}

/**
 * The text signed anew by a signer who digests otherwise than is declared, and signs otherwise.
 *
 * @param octets from the signed element; where absent, the digest stays
 * @param sign from SignedInfo's octets; where absent, as the signer does
 */
export function signedOddly(
  text: string,
  signer: Signer,
  octets?: (element: XmlElement) => Uint8Array,
  sign: (signedInfo: XmlElement) => Uint8Array = (info) => signer.sign(canonicalize(info)),
): string {
  const digest =
    octets &&
    withXml(Buffer.from(text), (document) =>
      digestOf(signer.hash, octets(targetIn(document.root))),
    );
  const told = digest === undefined ? text : withDigest(text, digest);
  const value = withXml(Buffer.from(told), (document) => sign(signedInfoIn(document.root)));
  return withValue(told, value);
}

export function withDigest(text: string, digest: Uint8Array): string {
  return text.replace(/(DigestValue>)[^<]*/, `$1${Buffer.from(digest).toString('base64')}`);
}

export function withValue(text: string, value: Uint8Array): string {
  return text.replace(/(SignatureValue>)[^<]*/, `$1${Buffer.from(value).toString('base64')}`);
}

function targetIn({ doc }: XmlElement): XmlElement {
  const [target] = elementsWithId(doc, 'SIGNED_BY_CALLER');
  if (target === undefined) throw new Error('nothing is signed');
  return target;
}

function signedInfoIn({ doc }: XmlElement): XmlElement {
  const [found] = findSignatures(doc);
  const info = found && child(found.signature, dsNamespace, 'SignedInfo');
  if (info === undefined) throw new Error('no SignedInfo');
  return info;
}
