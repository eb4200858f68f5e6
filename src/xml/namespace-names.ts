import type { XmlDocument } from './document.ts';
import { libxml2, type Pointer } from './libxml2.ts';
import { walkElements } from './walk.ts';

const declaration = /xmlns(?::[^\s=]{1,200})?\s{0,50}=\s{0,50}(?:"[^"<]*?&|'[^'<]*?[&"])/;
const escaped = /[&<"\t\n\r]/;

/**
 * The line of a namespace declaration whose name Canonical XML would have to escape, 0 where its
 * line is not known, or undefined where there is none. libxml2 writes `&` in it as it is, so that two
 * documents with different names have one canonical form: no signature over them means anything.
 */
export function lineOfEscapedNamespace(
  document: XmlDocument,
  bytes: Uint8Array,
): number | undefined {
  // Nearly every document is cleared by its bytes alone; a match may be mere text, so look then.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (!declaration.test(text)) return undefined;
  let line: number | undefined;
  walkElements(document, (element) => {
    if (!declaresEscaped(element)) return false;
    line = libxml2.XmlNodeStruct.line(element);
    return true;
  });
  return line;
}

function declaresEscaped(element: Pointer): boolean {
  let at = libxml2.XmlNodeStruct.nsDef(element);
  for (; at !== 0; at = libxml2.XmlNsStruct.next(at)) {
    if (escaped.test(libxml2.XmlNsStruct.href(at))) return true;
  }
  return false;
}
