import { Fault } from '../fault/fault.ts';
import type { Version } from '../smev/namespaces.ts';

/** A request as it came from outside; `body` reads its bytes within their limits. */
export interface Call {
  readonly endpoint: Version;
  readonly method: string;
  readonly contentType: string | undefined;
  readonly soapAction: string | undefined;
  readonly peer: string;
  /** @throws Fault BODY_TOO_LARGE, BODY_INCOMPLETE, CONTENT_TYPE_UNSUPPORTED */
  body(): Promise<Uint8Array>;
}

/** What goes back. */
export interface Reply {
  /** HTTP status. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** @throws Fault METHOD_NOT_ALLOWED */
export function checkMethod({ method }: Call): void {
  if (method !== 'POST') throw new Fault('METHOD_NOT_ALLOWED', { public: method.slice(0, 20) });
}

/**
 * SOAP 1.1 §6.1: text/xml; the charset may only be UTF-8.
 *
 * @throws Fault CONTENT_TYPE_UNSUPPORTED; SOAP_VERSION for the type of SOAP 1.2; NOT_BUILT for MTOM
 */
export function checkContentType({ contentType }: Call): void {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  switch (type.trim()) {
    case 'text/xml':
      break;
    case 'application/soap+xml':
      throw new Fault('SOAP_VERSION', { public: 'Content-Type: application/soap+xml' });
    case 'multipart/related':
      throw new Fault('NOT_BUILT', { public: 'MTOM (multipart/related)' });
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
