import { Fault } from '../fault/fault.ts';
import { signatureOver } from '../signature/sign.ts';
import type { Signer } from '../signature/signer.ts';
import { soapNamespace } from '../smev/namespaces.ts';
import type { Template } from '../smev/template.ts';
import { envelopeText } from '../soap/envelope.ts';
import { withXml, type XmlDocument, type XmlElement } from '../xml/document.ts';
import { childElements, isNamed } from '../xml/navigate.ts';

/** The envelope of a template with the signature in its place: the node's answers and calls. */
export function signTemplate({ before, after, signedId }: Template, signer: Signer): string {
  if (signedId === undefined) return envelopeText(before + after);
  const signature = withXml(Buffer.from(envelopeText(before + after)), (document) =>
    signatureOver(findById(document, signedId), signer, signedId),
  );
  return envelopeText(before + signature + after);
}

// The node's own elements stand first at each level of an answer, down to the one it signs.
function findById(document: XmlDocument, id: string): XmlElement {
  let at: XmlElement | undefined = document.root;
  while (at !== undefined) {
    if (at.attr('Id')?.value === id) return at;
    at = childElements(at).find((each) => !isNamed(each, soapNamespace, 'Header'));
  }
  throw new Fault('INTERNAL', { private: `an answer has no element ${id}` });
}
