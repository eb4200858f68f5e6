import { Fault } from '../fault/fault.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { childElements, everyElement, isNamed, pathOf } from '../xml/navigate.ts';

const xopNamespace = 'http://www.w3.org/2004/08/xop/include';

/**
 * The Content-ID that an element's content was moved to: its only child is xop:Include (XOP 1.0 §3)
 * with an href of the scheme cid (RFC 2392 §2). Undefined where there is no Include.
 *
 * @throws Fault XOP_INCLUDE for anything else beside it, and for another scheme
 */
export function includedId(element: XmlElement): string | undefined {
  const [include, ...others] = childElements(element);
  if (include === undefined || !isNamed(include, xopNamespace, 'Include')) return undefined;
  if (others.length > 0 || element.content.trim() !== '') refuse(include, 'не одна в элементе');
  const href = include.attr('href')?.value ?? '';
  if (!/^cid:/i.test(href)) refuse(include, 'href не cid:');
  const id = decoded(href.slice(4));
  if (id === undefined || id === '') refuse(include, 'href не читается');
  return id;
}

function decoded(id: string): string | undefined {
  try {
    return decodeURIComponent(id);
  } catch {
    return undefined;
  }
}

/**
 * Refuses an xop:Include wherever nothing may be moved out: what is signed must stand there itself.
 *
 * @param bytes of the document: names of elements stand in them as they are, so most messages need no walk
 * @param mayBeIn the elements whose content may have been moved out
 * @throws Fault XOP_INCLUDE
 */
export function refuseOtherIncludes(
  document: XmlDocument,
  bytes: Uint8Array,
  mayBeIn: (parent: XmlElement) => boolean,
): void {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('Include')) return;
  for (const element of everyElement(document)) {
    if (!isNamed(element, xopNamespace, 'Include')) continue;
    const { parent } = element;
    if (parent === null || !mayBeIn(parent)) refuse(element, 'не в AttachmentContent/Content');
  }
}

/** An xop:Include of the node's own; partId holds nothing that a URL or XML would escape. */
export function includeText(partId: string): string {
  return `<xop:Include xmlns:xop="${xopNamespace}" href="cid:${partId}"></xop:Include>`;
}

function refuse(at: XmlElement, why: string): never {
  throw new Fault('XOP_INCLUDE', { public: `${pathOf(at)}, строка ${at.line}: ${why}` });
}
