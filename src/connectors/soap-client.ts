import type { Client, IHttpClient, ISecurity, SoapMethod } from 'soap';
import { ConnectorFailure } from './failure.ts';
import type { HttpAnswer, HttpCaller } from './http-call.ts';
import type { Operation } from './wsdl.ts';

/** A call of one operation of an agency's service. */
export interface SoapCall {
  /** The child of the Body, as it is to be sent. */
  readonly body: string;
  /** Entries of the SOAP header, as XML. */
  readonly entries: readonly string[];
  readonly httpHeaders: Readonly<Record<string, string>>;
}

/**
 * The envelope, its headers and the SOAPAction are made by `soap` of the WSDL. What comes back it does
 * not see: it reads XML by rules of its own, and the node has one reader.
 *
 * @throws ConnectorFailure
 */
export type CallService = (call: SoapCall, signal: AbortSignal) => Promise<HttpAnswer>;

/** What goes with one call through `soap` to the transport. */
interface Exchange {
  readonly signal: AbortSignal;
  answer?: Promise<HttpAnswer>;
}

/**
 * @param wsdl a file that was looked at before: nothing of it is to be fetched
 * @param sign takes the envelope and gives it signed
 * @throws ConnectorFailure NOT_SENT where `soap` cannot read the WSDL
 */
export async function soapClient(
  wsdl: string,
  operation: Operation,
  url: string,
  caller: HttpCaller,
  sign: ((envelope: string) => string) | undefined,
): Promise<CallService> {
  // It brings much with it: a node without such a route need not wait for that.
  const { createClientAsync } = await import('soap');
  const client: Client = await createClientAsync(wsdl, {
    endpoint: url,
    disableCache: true,
    httpClient: transport(caller),
    forceSoap12Headers: operation.soap === '1.2',
    wsdl_options: { overrideImportLocation: onDisk },
  }).catch(() => {
    throw new ConnectorFailure('NOT_SENT', `wsdl: ${wsdl} cannot be read as a service`);
  });
  // The Body is put in as it is; a prefix of the WSDL declared outside would only get in its way.
  client.wsdl.xmlnsInEnvelope = '';
  if (sign !== undefined) client.setSecurity({ postProcess: sign } satisfies ISecurity);
  const method = methodOf(client, operation);
  return (call, signal) => {
    const exchange: Exchange = { signal };
    client.clearSoapHeaders();
    for (const entry of call.entries) client.addSoapHeader(entry);
    // Up to the transport nothing waits: the headers are of this call.
    method({ _xml: call.body }, () => undefined, { exchange }, call.httpHeaders);
    return exchange.answer ?? Promise.reject(new ConnectorFailure('NOT_SENT', 'nothing was sent'));
  };
}

function methodOf(client: Client, { service, port, name }: Operation): SoapMethod {
  type Tree = Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, SoapMethod>>>>>
  >;
  const method = (client as unknown as Tree)[service]?.[port]?.[name];
  if (method !== undefined) return method;
  throw new ConnectorFailure('NOT_SENT', `wsdl: ${service}/${port} has no operation ${name}`);
}

const nothing = '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"/>';

/** In place of axios: the limits, the trust and the table of failures are those of every connector. */
function transport(caller: HttpCaller): IHttpClient {
  return {
    request: (url, data: string, callback, headers = {}, options = {}) => {
      const exchange = options['exchange'] as Exchange;
      const body = Buffer.from(data);
      const { signal } = exchange;
      exchange.answer = caller.call({ method: 'POST', url, headers, body }, signal);
      // What `soap` makes of its end is of no use; nor may it end the process.
      exchange.answer
        .then(
          () => callback(null, { status: 200, headers: {} }, nothing),
          (error: unknown) => callback(error),
        )
        .catch(() => undefined);
      return exchange.answer as never;
    },
  };
}

function onDisk(path: string): string {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(path)) return path;
  throw new ConnectorFailure('NOT_SENT', `wsdl: ${path.slice(0, 200)} is not fetched`);
}
