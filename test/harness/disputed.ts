import { createHash } from 'node:crypto';
import type { Signer } from '../../src/signature/signer.ts';
import { dsNamespace } from '../../src/smev/namespaces.ts';
import { canonicalize, exclusive } from '../../src/xml/canonicalize.ts';
import { withXml } from '../../src/xml/document.ts';
import { everyElement } from '../../src/xml/navigate.ts';

/**
 * A signed request signed anew so that xml-crypto is wrong about it: its exclusive canonicalization
 * leaves out the default namespace though `#default` in the PrefixList asks for it (Exclusive XML
 * Canonicalization 1.0 §2.1).
 *
 * @param text an envelope whose element with the Id SIGNED_BY_CALLER is signed with SHA-256
 */
export function disputed(text: string, signer: Signer): string {
  const spaced = text.replace('<soap:Envelope ', '<soap:Envelope xmlns="urn:default" ');
  const octets = withXml(Buffer.from(spaced), (document) => {
    for (const element of everyElement(document)) {
      const signed = element.attr('Id')?.value === 'SIGNED_BY_CALLER';
      if (signed) return canonicalize(element, exclusive, ['']);
    }
    throw new Error('nothing is signed');
  });
  const list = `<ec:InclusiveNamespaces xmlns:ec="${exclusive}" PrefixList="#default"></ec:InclusiveNamespaces>`;
  const digest = createHash('sha256').update(octets).digest('base64');
  return resign(spaced, signer, (info) =>
    info
      .replace('</ds:Transform>', `${list}$&`)
      .replace(/<ds:DigestValue>[^<]*/, () => `<ds:DigestValue>${digest}`),
  );
}

/** Changes SignedInfo, written in its canonical form, and signs it anew. */
export function resign(
  text: string,
  signer: Signer,
  change: (signedInfo: string) => string,
): string {
  const [old = ''] = /<ds:SignedInfo>.*<\/ds:SignedInfo>/s.exec(text) ?? [];
  const info = change(old);
  const octets = info.replace('<ds:SignedInfo>', `<ds:SignedInfo xmlns:ds="${dsNamespace}">`);
  const value = signer.sign(Buffer.from(octets)).toString('base64');
  return text
    .replace(old, () => info)
    .replace(/<ds:SignatureValue>[^<]*/, () => `<ds:SignatureValue>${value}`);
}
