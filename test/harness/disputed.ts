import { digestOf } from '../../src/signature/digest.ts';
import { smevTransformUri } from '../../src/signature/profiles.ts';
import type { Signer } from '../../src/signature/signer.ts';
import { smevTransform } from '../../src/signature/smev-transform.ts';
import { dsNamespace } from '../../src/smev/namespaces.ts';
import { canonicalize, exclusive } from '../../src/xml/canonicalize.ts';
import { withXml } from '../../src/xml/document.ts';
import { everyElement } from '../../src/xml/navigate.ts';

/**
 * A signed request signed anew so that xml-crypto is wrong about it: its exclusive canonicalization
 * leaves out the default namespace though `#default` in the PrefixList asks for it (Exclusive XML
 * Canonicalization 1.0 §2.1).
 */
export function disputed(text: string, signer: Signer): string {
  const spaced = text.replace('<soap:Envelope ', '$&xmlns="urn:default" ');
  return withPrefixList(spaced, signer, '#default');
}

/**
 * A signed request signed anew with a PrefixList in its exclusive canonicalization.
 *
 * @param text an envelope whose element with the Id SIGNED_BY_CALLER is signed
 */
export function withPrefixList(text: string, signer: Signer, prefixes: string): string {
  const octets = withXml(Buffer.from(text), (document) => {
    for (const element of everyElement(document)) {
      const signed = element.attr('Id')?.value === 'SIGNED_BY_CALLER';
      if (signed) return canonicalize(element, exclusive, prefixes.split(' '));
    }
    throw new Error('nothing is signed');
  });
  const list = `<ec:InclusiveNamespaces xmlns:ec="${exclusive}" PrefixList="${prefixes}"></ec:InclusiveNamespaces>`;
  const transformed = text.includes(smevTransformUri) ? smevTransform(octets) : octets;
  const digest = digestOf(signer.hash, transformed).toString('base64');
  return resign(text, signer, (info) =>
    info
      .replace('</ds:Transform>', `${list}$&`)
      .replace(/<ds:DigestValue>[^<]*/, () => `<ds:DigestValue>${digest}`),
  );
}

/** Changes SignedInfo, written in its canonical form, and signs it anew. */
function resign(text: string, signer: Signer, change: (signedInfo: string) => string): string {
  const [old = ''] = /<ds:SignedInfo>.*<\/ds:SignedInfo>/s.exec(text) ?? [];
  const info = change(old);
  const octets = info.replace('<ds:SignedInfo>', `<ds:SignedInfo xmlns:ds="${dsNamespace}">`);
  const value = signer.sign(Buffer.from(octets)).toString('base64');
  return text
    .replace(old, () => info)
    .replace(/<ds:SignatureValue>[^<]*/, () => `<ds:SignatureValue>${value}`);
}
