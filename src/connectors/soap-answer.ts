import { soap12Namespace, soapNamespace } from '../smev/namespaces.ts';
import { canonicalizeAs } from '../xml/canonicalize.ts';
import { withXml, type XmlElement, XmlRefused } from '../xml/document.ts';
import { child, childElements, childText, type QName, qname } from '../xml/navigate.ts';

/** What stands in the Body of an answer. */
export type SoapAnswer =
  | {
      readonly kind: 'payload';
      readonly name: QName;
      /** The element as a document of its own, with the namespaces that were in scope. */
      readonly xml: Uint8Array;
    }
  | SoapFault
  /** No envelope, or not of one payload. */
  | { readonly kind: 'broken'; readonly why: string };

export interface SoapFault {
  readonly kind: 'fault';
  /** Local names of the faultcode, and of the subcode in SOAP 1.2. */
  readonly codes: readonly string[];
  /** Whose fault it is, where the code is one of SOAP's own. */
  readonly whose: 'caller' | 'agency' | undefined;
  readonly text: string;
  /** The first element in the detail. */
  readonly detail: QName | undefined;
}

/** Reads an answer of SOAP 1.1 or 1.2. */
export function readSoapAnswer(bytes: Uint8Array): SoapAnswer {
  try {
    return withXml(bytes, ({ root }) => readEnvelope(root));
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    return broken(`not XML (${error.problem}), line ${error.line}`);
  }
}

function readEnvelope(root: XmlElement): SoapAnswer {
  const soap = root.namespaceUri;
  if (root.name !== 'Envelope' || (soap !== soapNamespace && soap !== soap12Namespace)) {
    return broken('no SOAP envelope');
  }
  const body = child(root, soap, 'Body');
  const [payload, second] = body === undefined ? [] : childElements(body);
  if (payload === undefined) return broken('nothing in the Body');
  if (second !== undefined) return broken('more than one element in the Body');
  const fault = payload.namespaceUri === soap && payload.name === 'Fault';
  if (fault) return soap === soapNamespace ? readFault11(payload) : readFault12(payload);
  const xml = canonicalizeAs(payload, { inclusive: true });
  return { kind: 'payload', name: qname(payload), xml };
}

/** SOAP 1.1 §4.4. Some services qualify what is to stand without a namespace. */
function readFault11(fault: XmlElement): SoapFault {
  const part = (name: string) => child(fault, '', name) ?? child(fault, soapNamespace, name);
  const code = (part('faultcode')?.content ?? '').trim();
  const [prefix, name] = split(code);
  const own = (part('faultcode')?.namespaces[prefix] ?? '') === soapNamespace || prefix === '';
  const [main = ''] = name.split('.');
  return {
    kind: 'fault',
    codes: [...new Set([name, main])],
    whose: own ? whose11(main) : undefined,
    text: part('faultstring')?.content ?? '',
    detail: detailOf(part('detail')),
  };
}

function whose11(code: string): SoapFault['whose'] {
  if (code === 'Server') return 'agency';
  return ['Client', 'MustUnderstand', 'VersionMismatch'].includes(code) ? 'caller' : undefined;
}

/** SOAP 1.2 Part 1 §5.4. */
function readFault12(fault: XmlElement): SoapFault {
  const code = child(fault, soap12Namespace, 'Code');
  const subcode = code && child(code, soap12Namespace, 'Subcode');
  const reason = child(fault, soap12Namespace, 'Reason');
  const value = (of: XmlElement | undefined) =>
    split((of && childText(of, soap12Namespace, 'Value')) ?? '')[1];
  const main = value(code);
  return {
    kind: 'fault',
    codes: [value(subcode), main].filter((each) => each !== ''),
    whose: main === 'Receiver' ? 'agency' : 'caller',
    text: (reason && childText(reason, soap12Namespace, 'Text')) ?? '',
    detail: detailOf(child(fault, soap12Namespace, 'Detail')),
  };
}

function detailOf(detail: XmlElement | undefined): QName | undefined {
  const [first] = detail === undefined ? [] : childElements(detail);
  return first && qname(first);
}

function split(name: string): [prefix: string, local: string] {
  const [first = '', second] = name.trim().split(':');
  return second === undefined ? ['', first] : [first, second];
}

function broken(why: string): SoapAnswer {
  return { kind: 'broken', why };
}
