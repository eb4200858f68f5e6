import { xopRoot } from '../soap/multipart-writer.ts';
import { type CallSettings, httpCaller } from './http-call.ts';
import { multipartRequest } from './multipart-request.ts';
import type { Post } from './smev-client.ts';

/** The way to a SMEV over HTTP, within the limits of its route. */
export interface SmevPost {
  readonly post: Post;
  /** Asks for the WSDL. */
  readonly look: (signal: AbortSignal) => ReturnType<Post>;
  close(): Promise<void>;
}

export function smevPost(settings: CallSettings & { readonly url: string }): SmevPost {
  const { url } = settings;
  const http = httpCaller(settings);
  return {
    post: (envelope, soapaction, signal, { parts = [], answer } = {}) => {
      const { contentType, body } =
        parts.length === 0
          ? { contentType: 'text/xml; charset=utf-8', body: envelope }
          : multipartRequest(envelope, xopRoot, parts);
      const accept = answer === undefined ? {} : { accept: 'text/xml, multipart/related' };
      const headers = { 'content-type': contentType, soapaction, ...accept };
      return http.call({ method: 'POST', url, headers, body }, signal, answer?.readerOf);
    },
    look: (signal) => http.call({ method: 'GET', url: `${url}?wsdl`, headers: {} }, signal),
    close: () => http.close(),
  };
}
