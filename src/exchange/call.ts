import type { Readable } from 'node:stream';
import type { Part } from '../attachments/parts.ts';
import { Fault } from '../fault/fault.ts';
import type { Version } from '../smev/namespaces.ts';

export type { Part } from '../attachments/parts.ts';

/** The envelope's bytes as they came, and the other parts of a multipart message. */
export interface Body {
  readonly bytes: Uint8Array;
  readonly parts: readonly Part[];
}

/** A request as it came from outside; `body` reads its bytes within their limits. */
export interface Call {
  readonly endpoint: Version;
  readonly method: string;
  readonly contentType: string | undefined;
  readonly soapAction: string | undefined;
  readonly peer: string;
  /**
   * @throws Fault BODY_TOO_LARGE, BODY_INCOMPLETE, CONTENT_TYPE_UNSUPPORTED, MULTIPART_MALFORMED,
   *   ATTACHMENTS_TOO_LARGE; nothing of the parts stays then
   */
  body(): Promise<Body>;
}

/** What goes back. */
export interface Reply {
  /** HTTP status. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** Files that the envelope refers to by xop:Include. */
  readonly parts?: readonly ReplyPart[];
}

/** A file of an answer, in the order of the envelope. */
export interface ReplyPart {
  readonly contentId: string;
  readonly mimeType: string;
  readonly size: number;
  /** Its octets. */
  open(): Promise<Readable>;
}

/** @throws Fault METHOD_NOT_ALLOWED */
export function checkMethod({ method }: Call): void {
  if (method !== 'POST') throw new Fault('METHOD_NOT_ALLOWED', { public: method.slice(0, 20) });
}

/**
 * SOAP 1.1 §6.1: text/xml, whose charset may only be UTF-8; or multipart/related with such a root
 * (SOAP 1.1 Binding for MTOM 1.0 §2).
 *
 * @throws Fault CONTENT_TYPE_UNSUPPORTED; SOAP_VERSION for the type of SOAP 1.2
 */
export function checkContentType({ contentType }: Call): void {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  switch (type.trim()) {
    case 'text/xml':
      break;
    case 'application/soap+xml':
      throw new Fault('SOAP_VERSION', { public: 'Content-Type: application/soap+xml' });
    case 'multipart/related':
      return;
    default:
      throw new Fault('CONTENT_TYPE_UNSUPPORTED');
  }
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/.exec(parameter)?.[1];
    if (charset !== undefined && charset !== 'utf-8') {
      throw new Fault('CONTENT_TYPE_UNSUPPORTED', { public: 'charset' });
    }
  }
}
