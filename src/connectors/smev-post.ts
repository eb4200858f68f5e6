import { type CallSettings, httpCaller } from './http-call.ts';
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
    post: (body, soapaction, signal) =>
      http.call(
        {
          method: 'POST',
          url,
          headers: { 'content-type': 'text/xml; charset=utf-8', soapaction },
          body,
        },
        signal,
      ),
    look: (signal) => http.call({ method: 'GET', url: `${url}?wsdl`, headers: {} }, signal),
    close: () => http.close(),
  };
}
