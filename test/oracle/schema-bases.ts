import { smevNamespaces, type Version } from '../../src/smev/namespaces.ts';

const id = 'a1b2c3d4-0000-11ea-8000-0123456789ab';
const time = '2020-01-01T00:00:00.000+03:00';

/** Messages of each part of the schemas, some valid; the samples lack many of these parts. */
export function baseMessages(version: Version): string[] {
  const old = version !== '1.3';
  const { types, basic, faults } = smevNamespaces[version];
  const routing = types.replace('types/', 'types/routing/');
  const directive = types.replace('types/', 'types/directive/');
  const declared = `xmlns:t="${types}" xmlns:b="${basic}" xmlns:f="${faults}" xmlns:r="${routing}" \
xmlns:d="${directive}" xmlns:x="urn:x" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`;
  const root = (name: string, inner: string) => `<t:${name} ${declared}>${inner}</t:${name}>`;
  const signature = (name: string) => `<t:${name}><ds:Signature/></t:${name}>`;
  const content = '<b:MessagePrimaryContent><x:Root/></b:MessagePrimaryContent>';
  const metadata = metadataOf(old);
  const headers = attachmentHeaders(old);
  const fault = (type: string, more: string) =>
    `<t:SmevFault${type}><b:Code>1</b:Code><b:Description>x</b:Description>${more}</t:SmevFault>`;
  const status = (smevFault: string, routed = '') =>
    `<t:AsyncProcessingStatus><t:OriginalMessageId>${id}</t:OriginalMessageId>\
<t:StatusCategory>requestIsRejectedBySmev</t:StatusCategory><t:StatusDetails>x</t:StatusDetails>\
${routed}${smevFault}</t:AsyncProcessingStatus>`;
  const ids = `<t:ReferenceMessageID>${id}</t:ReferenceMessageID>\
<t:TransactionCode>code</t:TransactionCode>`;
  const requestData = (primary: string) =>
    `<t:SenderProvidedRequestData Id="A"><t:MessageID>${id}</t:MessageID>${ids}<t:NodeID>n</t:NodeID>\
<t:EOL>${time}</t:EOL>${primary}${signature('PersonalSignature')}${headers}\
<t:BusinessProcessMetadata><x:Any/></t:BusinessProcessMetadata><t:TestMessage/>\
</t:SenderProvidedRequestData>`;
  const responseData = (inner: string) =>
    `<t:SenderProvidedResponseData Id="A"><t:MessageID>${id}</t:MessageID><t:To>to</t:To>${inner}\
</t:SenderProvidedResponseData>`;
  const contents = `<b:AttachmentContentList><b:AttachmentContent><b:Id>a</b:Id>\
<b:Content>YWJj</b:Content></b:AttachmentContent></b:AttachmentContentList>`;
  const files = `<b:FSAttachmentsList><b:FSAttachment><b:uuid>1</b:uuid><b:UserName>u</b:UserName>\
<b:Password>p</b:Password><b:FileName>f</b:FileName></b:FSAttachment></b:FSAttachmentsList>`;
  const original = `<t:OriginalMessageId>${id}</t:OriginalMessageId>\
<t:OriginalTransactionCode>c</t:OriginalTransactionCode>\
<t:ReferenceMessageID>${id}</t:ReferenceMessageID>`;
  const caller = signature('CallerInformationSystemSignature');
  const response = (inner: string) =>
    root(
      'GetResponseResponse',
      `<t:ResponseMessage><t:Response Id="B">${original}${responseData(inner)}${metadata}${files}\
${signature('SenderInformationSystemSignature')}</t:Response>${signature('SMEVSignature')}\
</t:ResponseMessage>`,
    );
  const rejected = `<t:RequestRejected><t:RejectionReasonCode>NO_DATA</t:RejectionReasonCode>\
<t:RejectionReasonDescription>x</t:RejectionReasonDescription></t:RequestRejected>`;
  const requestStatus = `<t:RequestStatus><t:StatusCode>1</t:StatusCode><t:StatusParameter>\
<t:Key>k</t:Key><t:Value>v</t:Value></t:StatusParameter>\
<t:StatusDescription>x</t:StatusDescription></t:RequestStatus>`;
  const timestamp = `<b:Timestamp Id="A">${time}</b:Timestamp>`;
  const selector = `<b:MessageTypeSelector Id="A"><b:NamespaceURI>urn:x</b:NamespaceURI>\
<b:RootElementLocalName>Root</b:RootElementLocalName><b:Timestamp>${time}</b:Timestamp>\
<b:NodeID>n</b:NodeID></b:MessageTypeSelector>`;
  const invalid = `<f:ValidationError errorPosition="1">x</f:ValidationError>`;
  return [
    root('SendRequestRequest', requestData(content) + contents + caller + routingOf(old)),
    root('SendRequestRequest', requestData(registryOf(old, content)) + caller),
    root('SendRequestResponse', metadata + signature('SMEVSignature')),
    root('SendResponseRequest', responseData(content) + contents + caller),
    root('SendResponseRequest', responseData(rejected + rejected) + caller),
    root('SendResponseRequest', responseData(requestStatus) + caller),
    root('SendResponseResponse', metadata),
    root('GetRequestRequest', selector + caller),
    root(
      'GetRequestResponse',
      `<t:RequestMessage><t:Request Id="B">${requestData(content)}${metadata}${files}\
<t:ReplyTo>to</t:ReplyTo>${signature('SenderInformationSystemSignature')}</t:Request>${contents}\
${signature('SMEVSignature')}</t:RequestMessage>`,
    ),
    root(
      'GetRequestResponse',
      `<t:RequestMessage><t:Cancel Id="B"><b:MessageReference Id="C">${id}</b:MessageReference>\
<t:MessageID>${id}</t:MessageID>${metadata}</t:Cancel></t:RequestMessage>`,
    ),
    root('GetResponseRequest', selector),
    root('GetResponseResponse', ''),
    response(content),
    response(status(fault('', ''), routingStatus(old))),
    response(status(fault(' xsi:type="f:InvalidContent"', invalid))),
    root('AckRequest', `<b:AckTargetMessage Id="A" accepted="true">${id}</b:AckTargetMessage>`),
    root('AckResponse', ''),
    root('GetStatusRequest', timestamp + caller),
    root(
      'GetStatusResponse',
      `<t:SmevAsyncProcessingMessage><t:AsyncProcessingStatusData Id="A">${status('')}\
</t:AsyncProcessingStatusData>${signature('SMEVSignature')}</t:SmevAsyncProcessingMessage>`,
    ),
    root('GetIncomingQueueStatisticsRequest', `<t:NodeID>n</t:NodeID>${timestamp}${caller}`),
    root(
      'GetIncomingQueueStatisticsResponse',
      '<t:QueueStatistics queueName="q" pendingMessageNumber="1"/>',
    ),
    ...faultElements(declared, invalid),
  ];
}

function metadataOf(old: boolean): string {
  const party = '<t:Mnemonic>m</t:Mnemonic><t:HumanReadableName>h</t:HumanReadableName>';
  const destination = old ? '<t:DestinationName>d</t:DestinationName>' : '';
  const supplementary = old
    ? '<t:SupplementaryData><t:DetectedContentTypeName>d</t:DetectedContentTypeName>\
<t:InteractionType>OIV2OIV</t:InteractionType></t:SupplementaryData>'
    : '';
  return `<t:MessageMetadata Id="M"><t:MessageId>${id}</t:MessageId>\
<t:MessageType>REQUEST</t:MessageType><t:Sender>${party}</t:Sender>\
<t:SendingTimestamp>${time}</t:SendingTimestamp>${destination}<t:Recipient>${party}</t:Recipient>\
${supplementary}<t:DeliveryTimestamp>${time}</t:DeliveryTimestamp>\
<t:Status>requestIsQueued</t:Status></t:MessageMetadata>`;
}

function attachmentHeaders(old: boolean): string {
  const archive = `<b:Archive><b:File><b:Name>n</b:Name><b:NamespaceUri>u</b:NamespaceUri></b:File>\
</b:Archive>`;
  const kind = old ? '' : '<b:NamespaceUri>u</b:NamespaceUri>';
  const end = `<b:MimeType>text/plain</b:MimeType><b:SignaturePKCS7>YWJj</b:SignaturePKCS7>\
${old ? '' : archive}`;
  return `<b:AttachmentHeaderList><b:AttachmentHeader><b:contentId>a</b:contentId>${kind}${end}\
</b:AttachmentHeader></b:AttachmentHeaderList><b:RefAttachmentHeaderList><b:RefAttachmentHeader>\
<b:uuid>1</b:uuid>${old ? '' : '<b:FileName>f</b:FileName>'}${kind}<b:Hash>h</b:Hash>${end}\
</b:RefAttachmentHeader></b:RefAttachmentHeaderList>`;
}

function routingOf(old: boolean): string {
  if (old) return '';
  const ways = `<r:DynamicRouting><r:DynamicValue>v</r:DynamicValue></r:DynamicRouting>\
<r:IdentifierRouting><r:IdentifierValue>v</r:IdentifierValue></r:IdentifierRouting>`;
  return `<r:Routing><r:RoutingInformation Id="R"><r:MessageID>${id}</r:MessageID>${ways}\
<r:RegistryRouting><r:RegistryRecordRouting><r:RecordId>1</r:RecordId>\
<r:UseGeneralRouting>true</r:UseGeneralRouting>${ways}</r:RegistryRecordRouting>\
</r:RegistryRouting></r:RoutingInformation>\
<r:RoutingSignature><ds:Signature/></r:RoutingSignature></r:Routing>`;
}

function routingStatus(old: boolean): string {
  if (old) return '';
  const code = '<r:RoutingStatusCode>success</r:RoutingStatusCode>';
  const ways = `<r:DynamicRoutingStatus><r:DynamicValue>v</r:DynamicValue>${code}\
</r:DynamicRoutingStatus><r:IdentifierRoutingStatus><r:IdentifierValue>v</r:IdentifierValue>${code}\
</r:IdentifierRoutingStatus>`;
  return `<r:RoutingStatus>${ways}<r:RegistryRoutingStatus><r:RecordId>1</r:RecordId>${code}${ways}\
</r:RegistryRoutingStatus></r:RoutingStatus>`;
}

function registryOf(old: boolean, content: string): string {
  if (old) return content;
  return `<b:MessagePrimaryContent><d:Registry><d:RegistryRecord><d:RecordId>1</d:RecordId>\
<d:Record Id="P"><d:RecordContent Id="Q"><x:Root/></d:RecordContent>${attachmentHeaders(false)}\
<d:PersonalSignature><ds:Signature/></d:PersonalSignature></d:Record><d:RecordSignature>\
<ds:Signature/></d:RecordSignature></d:RegistryRecord></d:Registry></b:MessagePrimaryContent>`;
}

function faultElements(declared: string, invalid: string): string[] {
  const common = '<b:Code>1</b:Code><b:Description>x</b:Description>';
  const sizes = (a: string, b: string) => `<f:${a}>1</f:${a}><f:${b}>2</f:${b}>`;
  const detailed: Record<string, string> = {
    BusinessDataTypeIsNotSupported: sizes('RootElementLocalName', 'RootElementNamespaceURI'),
    InvalidContent: invalid,
    AttachmentSizeLimitExceeded: sizes('PermittedTotalAttachmentSize', 'RealTotalAttachmentSize'),
    QuoteLimitExceeded: sizes('RemainedTotalQuoteSize', 'RealTotalAttachmentSize'),
    DestinationOverflow: sizes('MessageBrokerAddress', 'DestinationName'),
    SignatureVerificationFault:
      '<f:SignatureVerificationFault>NoSignatureFound</f:SignatureVerificationFault>',
    TransactionCodeInvalid: '',
    EndOfLifeReached: '',
    PersonalAccessDenied: '',
  };
  const plain = [
    'UnknownMessageType',
    'MessageIsAlreadySent',
    'InvalidMessageIdFormat',
    'StaleMessageId',
    'AttachmentContentMiscoordination',
    'AccessDenied',
    'SMEVFailure',
    'IncorrectResponseContentType',
    'RecipientIsNotFound',
    'SenderIsNotRegistered',
    'RequestIsNotFound',
    'TargetMessageIsNotFound',
    'EndOfLifeReached',
  ];
  return [
    ...Object.entries(detailed).map(
      ([name, inner]) => `<f:${name} ${declared}>${common}${inner}</f:${name}>`,
    ),
    ...plain.map((name) => `<f:${name} ${declared}/>`),
  ];
}
