import { Fault } from '../fault/fault.ts';
import { soap12Namespace, soapNamespace } from '../smev/namespaces.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { childElements, isNamed, pathOf } from '../xml/navigate.ts';

/**
 * The one child of the Body of a SOAP 1.1 envelope (SOAP 1.1 §4). Header entries that must be
 * understood are refused: this node understands none.
 *
 * @throws Fault SOAP_VERSION, SOAP_ENVELOPE, SOAP_MUST_UNDERSTAND
 */
export function openEnvelope(document: XmlDocument): XmlElement {
  const root = document.root;
  if (root.name === 'Envelope' && root.namespaceUri !== soapNamespace) {
    const version = root.namespaceUri === soap12Namespace ? 'SOAP 1.2' : root.namespaceUri;
    throw new Fault('SOAP_VERSION', { public: `Envelope: ${version.slice(0, 100)}` });
  }
  if (!isNamed(root, soapNamespace, 'Envelope')) refuse(root);
  const [first, ...rest] = childElements(root);
  if (first === undefined) refuse(root);
  if (isNamed(first, soapNamespace, 'Header')) {
    for (const entry of childElements(first)) checkHeader(entry);
    return payloadOf(root, rest);
  }
  return payloadOf(root, [first, ...rest]);
}

// SOAP 1.1 §4 lets other elements follow the Body; nothing here would read them, so none may.
function payloadOf(root: XmlElement, children: XmlElement[]): XmlElement {
  const [body, ...others] = children;
  if (body === undefined) refuse(root);
  if (!isNamed(body, soapNamespace, 'Body')) refuse(body);
  if (others[0] !== undefined) refuse(others[0]);
  const [payload, second] = childElements(body);
  if (payload === undefined) refuse(body);
  if (second !== undefined) refuse(second);
  return payload;
}

function checkHeader(entry: XmlElement): void {
  const must = entry.attrs.find(
    (attribute) => attribute.name === 'mustUnderstand' && attribute.namespaceUri === soapNamespace,
  );
  if (must !== undefined && must.value.trim() !== '0') {
    throw new Fault('SOAP_MUST_UNDERSTAND', { public: pathOf(entry) });
  }
}

function refuse(at: XmlElement): never {
  throw new Fault('SOAP_ENVELOPE', { public: `${pathOf(at)}, строка ${at.line}` });
}

/**
 * SOAP 1.1 §6.1.1 and WS-I BP 1.1 R2744: the action, when given, is that of the operation.
 * An absent or empty action says nothing and is let through.
 *
 * @throws Fault SOAP_ACTION_MISMATCH
 */
export function checkSoapAction(header: string | undefined, expected: string): void {
  const given = header?.trim().replace(/^"(.*)"$/, '$1') ?? '';
  if (given !== '' && given !== expected) {
    throw new Fault('SOAP_ACTION_MISMATCH', { public: `ожидается ${expected}` });
  }
}

/** A whole SOAP 1.1 envelope around the text of a Body's children. */
export function envelopeText(body: string, header = ''): string {
  const headerText = header === '' ? '' : `<soap:Header>${header}</soap:Header>`;
  return `<soap:Envelope xmlns:soap="${soapNamespace}">${headerText}<soap:Body>${body}</soap:Body></soap:Envelope>`;
}
