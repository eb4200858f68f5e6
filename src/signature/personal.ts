import { Fault } from '../fault/fault.ts';
import type { Certificate } from '../pki/certificate.ts';
import { smevNamespaces, type Version } from '../smev/namespaces.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { child } from '../xml/navigate.ts';
import { primaryContentOf } from './find.ts';
import { type Profile, profiles } from './profiles.ts';
import { readStructure } from './structure.ts';
import { certificateOf, onlySignature, type Verified, verifyCovered } from './verify.ts';

/** How refusals call the signature of a person. */
const personalName = 'ЭП-СП';

/**
 * Verifies the signature of a person in SenderProvided…Data over the business content, where there
 * is one.
 *
 * @throws Fault as verifyCovered, its text naming ЭП-СП
 */
export function verifyPersonal(
  document: XmlDocument,
  data: XmlElement,
  version: Version,
  allowed: readonly Profile[],
): Verified | undefined {
  const container = child(data, smevNamespaces[version].types, 'PersonalSignature');
  if (container === undefined) return undefined;
  const target = primaryContentOf(data, version);
  try {
    if (target === undefined) throw new Fault('SIGNATURE_TARGET', { public: 'нет содержимого' });
    return verifyCovered(document, container, target, allowed);
  } catch (thrown) {
    if (thrown instanceof Fault) throw ofPerson(thrown);
    throw thrown;
  }
}

/**
 * Who signed as a person, for a message whose signatures were verified when it was taken: nothing is
 * verified here.
 *
 * @throws Fault SIGNATURE_*, CERTIFICATE_MISSING, CERTIFICATE_UNREADABLE
 */
export function personalSigner(data: XmlElement, version: Version): Certificate | undefined {
  const container = child(data, smevNamespaces[version].types, 'PersonalSignature');
  if (container === undefined) return undefined;
  return certificateOf(readStructure(onlySignature(container), Object.values(profiles)));
}

/** The same refusal, told of the person's signature. */
export function ofPerson({ code, detail }: Fault): Fault {
  const told = detail.public === undefined ? personalName : `${personalName}: ${detail.public}`;
  return new Fault(code, { ...detail, public: told });
}
