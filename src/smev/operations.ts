import { type Version, versions } from './namespaces.ts';

/** One operation of the service SMEVMessageExchangeService. */
export interface Operation {
  readonly name: OperationName;
  /** Local names in the types namespace of the version. */
  readonly request: string;
  readonly response: string;
  readonly soapAction: string;
  /** The one child of the request that the caller's signature covers, and its namespace. */
  readonly signed: { readonly namespace: 'types' | 'basic'; readonly local: string };
  readonly versions: readonly Version[];
}

export const operationNames = [
  'SendRequest',
  'GetRequest',
  'SendResponse',
  'GetResponse',
  'Ack',
  'GetStatus',
  'GetIncomingQueueStatistics',
] as const;
export type OperationName = (typeof operationNames)[number];

function operation(
  name: OperationName,
  namespace: 'types' | 'basic',
  local: string,
  of: readonly Version[] = versions,
): Operation {
  return {
    name,
    request: `${name}Request`,
    response: `${name}Response`,
    soapAction: `urn:${name}`,
    signed: { namespace, local },
    versions: of,
  };
}

/** What each operation is called and what its caller signs; the element that holds the signature is
 * always CallerInformationSystemSignature in the types namespace. */
export const operations: Readonly<Record<OperationName, Operation>> = {
  SendRequest: operation('SendRequest', 'types', 'SenderProvidedRequestData'),
  GetRequest: operation('GetRequest', 'basic', 'MessageTypeSelector'),
  SendResponse: operation('SendResponse', 'types', 'SenderProvidedResponseData'),
  GetResponse: operation('GetResponse', 'basic', 'MessageTypeSelector'),
  Ack: operation('Ack', 'basic', 'AckTargetMessage'),
  GetStatus: operation('GetStatus', 'basic', 'Timestamp'),
  GetIncomingQueueStatistics: operation('GetIncomingQueueStatistics', 'basic', 'Timestamp', [
    '1.1',
    '1.2',
  ]),
};

/** The operation whose request element has this local name in this version, or undefined. */
export function operationOf(version: Version, local: string): Operation | undefined {
  return operationNames
    .map((name) => operations[name])
    .find((row) => row.request === local && row.versions.includes(version));
}
