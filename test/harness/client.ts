import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signTemplate } from '../../src/compute/sign-template.ts';
import { type Signer, signerFromPem } from '../../src/signature/signer.ts';
import * as calls from '../../src/smev/calls.ts';
import { newMessageId } from '../../src/smev/message-id.ts';
import type { Version } from '../../src/smev/namespaces.ts';
import { type Operation, type OperationName, operations } from '../../src/smev/operations.ts';
import type { Template } from '../../src/smev/template.ts';
import { withXml, type XmlDocument, type XmlElement } from '../../src/xml/document.ts';
import { childElements } from '../../src/xml/navigate.ts';
import { checkout } from './node.ts';

export type Agency = 'agency-a' | 'agency-b';

export const sandboxKinds = ['rsa', 'ec', 'gost', 'gost512'] as const;
export type SandboxKind = (typeof sandboxKinds)[number];

/** A signer of the sandbox. */
export function sandboxSigner(name: Agency | 'node', kind: SandboxKind = 'rsa'): Signer {
  const stem = join(checkout, 'certs.example', kind === 'rsa' ? name : `${name}-${kind}`);
  return signerFromPem(
    readFileSync(`${stem}.key.pem`, 'utf8'),
    readFileSync(`${stem}.crt.pem`, 'utf8'),
  );
}

export function freshMessageId(at = Date.now()): string {
  return newMessageId(at, randomBytes(8));
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of a SOAP fault, the stable code in it; undefined for an answer. */
  readonly code: string | undefined;
  readonly faultcode: string | undefined;
  /** Local name of the SMEV element in detail. */
  readonly element: string | undefined;
}

/** Posts bytes as they are. */
export async function post(
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    body: body as BodyInit,
    headers: { 'Content-Type': 'text/xml; charset=utf-8', ...headers },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, ...faultOf(text) };
}

function faultOf(text: string): Pick<Answer, 'code' | 'faultcode' | 'element'> {
  const nothing = { code: undefined, faultcode: undefined, element: undefined };
  if (!text.includes(':Fault>') && !text.includes('<soap:Fault')) return nothing;
  return withXml(Buffer.from(text), (document) => {
    const fault = bodyOf(document);
    const part = (name: string) => childElements(fault).find((each) => each.name === name);
    const faultstring = part('faultstring')?.content ?? '';
    const detail = part('detail');
    return {
      code: /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|BUSY|INTERNAL)\b/.exec(
        faultstring.replace(/^SMEV-\d+: /, ''),
      )?.[1],
      faultcode: part('faultcode')?.content.replace(/^.*:/, ''),
      element: detail === undefined ? undefined : childElements(detail)[0]?.name,
    };
  });
}

/** The first child of the Body of an answer. */
export function bodyOf(document: XmlDocument): XmlElement {
  const body = childElements(document.root).find((each) => each.name === 'Body');
  const payload = body && childElements(body)[0];
  if (payload === undefined) throw new Error('the answer has no Body with a child');
  return payload;
}

/** Reads the text at a path of local names below the payload; undefined where it ends early. */
export function textAt(answer: string, ...path: string[]): string | undefined {
  return withXml(Buffer.from(answer), (document) => {
    let at: XmlElement | undefined = bodyOf(document);
    for (const name of path) {
      at = at === undefined ? undefined : childElements(at).find((each) => each.name === name);
    }
    return at?.content;
  });
}

/** An information system that talks to a node in one version. */
export class Client {
  readonly #url: string;
  readonly signer: Signer;
  readonly version: Version;

  constructor(nodeUrl: string, version: Version, signer: Signer) {
    this.#url = `${nodeUrl}/smev/v${version}/ws`;
    this.signer = signer;
    this.version = version;
  }

  sign(template: Template): string {
    return signTemplate(template, this.signer);
  }

  post(body: string, operation: OperationName): Promise<Answer> {
    const row: Operation = operations[operation];
    return post(this.#url, body, { SOAPAction: `"${row.soapAction}"` });
  }

  call(template: Template, operation: OperationName): Promise<Answer> {
    return this.post(this.sign(template), operation);
  }

  sendRequest(call: calls.RequestCall): Promise<Answer> {
    return this.call(calls.sendRequestCall(this.version, call), 'SendRequest');
  }

  sendResponse(
    to: string,
    answer: calls.ResponseContent,
    messageId = freshMessageId(),
  ): Promise<Answer> {
    return this.call(calls.sendResponseCall(this.version, messageId, to, answer), 'SendResponse');
  }

  poll(
    operation: 'GetRequest' | 'GetResponse',
    selector: Partial<calls.PollCall> = {},
  ): Promise<Answer> {
    const at = Date.now();
    return this.call(calls.pollCall(operation, this.version, { at, ...selector }), operation);
  }

  ack(messageId: string, accepted = true): Promise<Answer> {
    return this.call(calls.ackCall(this.version, messageId, accepted), 'Ack');
  }

  look(operation: 'GetStatus' | 'GetIncomingQueueStatistics'): Promise<Answer> {
    return this.call(calls.lookCall(operation, this.version, Date.now()), operation);
  }
}

/** MessageID and ReplyTo of a polled request; undefined for an empty queue. */
export function polledRequest(answer: Answer): { messageId: string; replyTo: string } | undefined {
  const messageId = textAt(
    answer.text,
    'RequestMessage',
    'Request',
    'SenderProvidedRequestData',
    'MessageID',
  );
  const replyTo = textAt(answer.text, 'RequestMessage', 'Request', 'ReplyTo');
  return messageId === undefined || replyTo === undefined ? undefined : { messageId, replyTo };
}

/** MessageID of a polled answer and of the request it answers; undefined for an empty queue. */
export function polledResponse(
  answer: Answer,
): { messageId: string; originalMessageId: string | undefined } | undefined {
  const path = ['ResponseMessage', 'Response'] as const;
  const messageId = textAt(answer.text, ...path, 'SenderProvidedResponseData', 'MessageID');
  if (messageId === undefined) return undefined;
  return { messageId, originalMessageId: textAt(answer.text, ...path, 'OriginalMessageId') };
}
