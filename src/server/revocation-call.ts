import type { Config } from '../config/table.ts';
import { ConnectorFailure } from '../connectors/failure.ts';
import { type HttpAnswer, type HttpRequest, httpCaller } from '../connectors/http-call.ts';
import { ocspOctetsMax } from '../pki/ocsp.ts';
import { ocspRequest } from '../pki/ocsp-request.ts';
import type { RevocationQuestion } from '../pki/revocation-sources.ts';

/** Asks authorities and responders over HTTP, within limits of size and time. */
export interface RevocationCaller {
  /**
   * The octets of a list or of an OCSP response, not judged yet. No redirect is followed.
   *
   * @throws ConnectorFailure where the host cannot be had now
   * @throws Error where it gave something else
   */
  ask(
    question: RevocationQuestion,
    url: string,
    nonce: Uint8Array,
    signal: AbortSignal,
  ): Promise<Buffer>;
  close(): Promise<void>;
}

export function revocationCaller({
  timeoutMs,
  bytesMax,
}: Pick<Config['trust']['fetch'], 'timeoutMs' | 'bytesMax'>): RevocationCaller {
  const limits = { connectMs: timeoutMs, timeoutMs, tls: undefined };
  const callers = {
    list: httpCaller({ ...limits, answerBytesMax: bytesMax }),
    ocsp: httpCaller({ ...limits, answerBytesMax: Math.min(bytesMax, ocspOctetsMax) }),
  };
  return {
    ask: async (question, url, nonce, signal) => {
      const request = requestOf(question, url, nonce);
      return bodyOf(await callers[question.kind].call(request, signal));
    },
    close: async () => {
      await Promise.all([callers.list.close(), callers.ocsp.close()]);
    },
  };
}

/** RFC 5280 §4.2.1.13, a GET of the list; RFC 6960 appendix A.1, a POST of the question. */
function requestOf(question: RevocationQuestion, url: string, nonce: Uint8Array): HttpRequest {
  if (question.kind === 'list') return { method: 'GET', url, headers: {} };
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/ocsp-request' },
    body: ocspRequest(question.certificate, question.issuer, nonce),
  };
}

function bodyOf({ status, body }: HttpAnswer): Buffer {
  if (status === 200) return body;
  const why = `HTTP ${status}`;
  if (status === 429 || status >= 500) throw new ConnectorFailure('UNREACHABLE', why);
  throw new Error(why);
}
