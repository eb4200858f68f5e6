import type { Finding } from '../fault/fault.ts';
import type { XmlElement } from '../xml/document.ts';
import type { CompiledSchema } from './compile.ts';
import { findingOf } from './finding.ts';

/** As many findings as a refusal names. */
export const findingsMax = 20;

/**
 * Judges one element with all below it, in its place in the document; none found: it is valid.
 * Identifiers (xs:ID) are unique in the whole document, as XML Schema Part 1 §3.3.4 says.
 */
export function validateElement(
  schema: CompiledSchema,
  element: XmlElement,
  limit: number = findingsMax,
): Finding[] {
  return schema.validate(element, limit).map(findingOf);
}
