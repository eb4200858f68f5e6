import type { Fault } from '../fault/fault.ts';
import { escapeAttribute, escapeText } from '../xml/escape.ts';
import { smevNamespaces, soapNamespace, type Version } from './namespaces.ts';

/** Where the refusal stands in the journal, for the peer to quote. */
export type JournalId = string;

/**
 * The public text of a fault, as SMEV writes its own: number where there is one, what is wrong and
 * where, what to do, the journal id. Russian, since it goes to people who run agencies' systems.
 */
export function describeFault(fault: Fault, journalId: JournalId): string {
  const { smev, ru } = fault.row;
  const where = fault.detail.public === undefined ? '' : ` (${fault.detail.public})`;
  const finding = fault.detail.findings?.[0];
  const first = finding === undefined ? '' : ` [${finding.path}, строка ${finding.line}]`;
  const number = smev === undefined ? '' : `${smev}: `;
  return `${number}${fault.code}: ${ru[0]}${where}${first}. Что делать: ${ru[1]}. Запись журнала: ${journalId}`;
}

/**
 * The child of soap:Body for a refusal (SOAP 1.1 §4.4): a SMEV fault carries its element in detail,
 * a SOAP-level one has none, since no part of the Body was at fault.
 */
export function faultBody(fault: Fault, version: Version, journalId: JournalId): string {
  const text = describeFault(fault, journalId);
  const detail =
    fault.row.element === '' ? '' : `<detail>${element(fault, version, text)}</detail>`;
  return (
    `<soap:Fault xmlns:soap="${soapNamespace}"><faultcode>soap:${fault.row.faultcode}</faultcode>` +
    `<faultstring xml:lang="ru">${escapeText(text)}</faultstring>${detail}</soap:Fault>`
  );
}

// Elements that the schemas type as Void say nothing by themselves; SmevFault extends Void, so
// xsi:type gives them Code and Description and the document stays valid.
const ownType = new Set([
  'AttachmentSizeLimitExceeded',
  'BusinessDataTypeIsNotSupported',
  'DestinationOverflow',
  'InvalidContent',
  'QuoteLimitExceeded',
  'SignatureVerificationFault',
]);

function element(fault: Fault, version: Version, text: string): string {
  const { faults, basic } = smevNamespaces[version];
  const name = fault.row.element;
  const type = ownType.has(name)
    ? ''
    : ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="b:SmevFault"';
  return (
    `<f:${name} xmlns:f="${faults}" xmlns:b="${basic}"${type}>` +
    `<b:Code>${fault.code}</b:Code><b:Description>${escapeText(text)}</b:Description>` +
    `${particulars(fault)}</f:${name}>`
  );
}

function particulars(fault: Fault): string {
  const { values = {}, findings = [] } = fault.detail;
  switch (fault.row.element) {
    case 'BusinessDataTypeIsNotSupported':
      return (
        value('RootElementLocalName', values['local']) +
        value('RootElementNamespaceURI', values['namespace'])
      );
    case 'DestinationOverflow':
      return (
        value('MessageBrokerAddress', values['address']) +
        value('DestinationName', values['destination'])
      );
    case 'AttachmentSizeLimitExceeded':
      return (
        value('PermittedTotalAttachmentSize', values['permitted'] ?? '0') +
        value('RealTotalAttachmentSize', values['real'] ?? '0')
      );
    case 'QuoteLimitExceeded':
      return (
        value('RemainedTotalQuoteSize', values['remained'] ?? '0') +
        value('RealTotalAttachmentSize', values['real'] ?? '0')
      );
    case 'SignatureVerificationFault':
      return value('SignatureVerificationFault', fault.row.signature);
    case 'InvalidContent':
      return validationErrors(fault, findings);
    default:
      return '';
  }
}

function validationErrors(fault: Fault, findings: Fault['detail']['findings'] & object): string {
  if (findings.length === 0) {
    return `<f:ValidationError errorPosition="0">${escapeText(fault.row.ru[0])}</f:ValidationError>`;
  }
  return findings
    .map(
      ({ path, line, rule, text }) =>
        `<f:ValidationError errorPosition="${escapeAttribute(String(line))}">` +
        `${escapeText(`${path}, строка ${line}, ${rule}: ${text}`)}</f:ValidationError>`,
    )
    .join('');
}

function value(name: string, text = ''): string {
  return `<f:${name}>${escapeText(text)}</f:${name}>`;
}
