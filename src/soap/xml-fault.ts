import { Fault } from '../fault/fault.ts';
import { XmlRefused } from '../xml/document.ts';

const codes = {
  malformed: 'XML_MALFORMED',
  doctype: 'XML_DOCTYPE',
  'processing-instruction': 'XML_PROCESSING_INSTRUCTION',
  depth: 'XML_TOO_DEEP',
  encoding: 'XML_ENCODING',
} as const;

/** The fault of a document that was not taken as XML; anything else as it was thrown. */
export function xmlFault(thrown: unknown): unknown {
  if (!(thrown instanceof XmlRefused)) return thrown;
  return new Fault(codes[thrown.problem], { public: `строка ${thrown.line}` });
}
