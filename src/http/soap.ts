import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { FileStore } from '../attachments/file-store.ts';
import type { Posted } from '../connectors/connector.ts';
import type { Body, Call, Reply } from '../exchange/call.ts';
import { asFault } from '../fault/fault.ts';
import { type Version, versions } from '../smev/namespaces.ts';
import { type AddressRules, peerAddress, publicAddress } from './address.ts';
import { readBody } from './body.ts';
import { type Health, harden, healthRoutes } from './health.ts';
import { type PartLimits, readMultipart } from './multipart-body.ts';
import { sendReply, takesMultipart } from './reply.ts';
import { type TypePages, typeRoutes } from './type-pages.ts';

export interface SoapFace {
  readonly limits: PartLimits;
  /** Where parts of messages go while they arrive. */
  readonly files: FileStore;
  /** Of a multipart answer. */
  readonly newBoundary: () => string;
  readonly address: AddressRules;
  readonly health: Health;
  /** Answers every call, refusals included; never throws. */
  answer(call: Call): Promise<Reply>;
  /** Takes what an agency posts in answer to a request that it took; never throws. */
  callback(replyTo: string, posted: Posted): Promise<CallbackReply>;
  /** The WSDL of a version, or an XSD that it names, with addresses of `serviceUrl`. */
  publishWsdl(version: Version, serviceUrl: string): string;
  publishXsd(version: Version, name: string, serviceUrl: string): string | undefined;
  readonly types: TypePages;
}

/** HTTP status, and a line for whoever builds the agency's side. */
export interface CallbackReply {
  readonly status: 200 | 404 | 422 | 503;
  readonly text: string;
}

/** The SOAP port: one path a version, WSDL and XSD beside it, health. */
export function soapApp(face: SoapFace): Express {
  const app = express();
  harden(app);
  for (const version of versions) {
    const path = `/smev/v${version}/ws`;
    // On the application itself: a mounted router would set prototypes anew for each request.
    app.get(path, (request, response) => publish(face, version, path, request, response));
    app.all(path, (request, response) => answerCall(face, version, request, response));
  }
  app.post('/agency/:replyTo', (request, response) => takeCallback(face, request, response));
  typeRoutes(app, face);
  app.use(healthRoutes(face.health));
  app.use((_request: Request, response: Response) => {
    const paths = versions.map((version) => `/smev/v${version}/ws`).join(', ');
    response
      .status(404)
      .type('text/plain')
      .send(`Нет такого адреса / not found. ${paths}, /types\n`);
  });
  app.use(endUnreadable);
  return app;
}

/** A path that cannot be decoded, or what no route has foreseen. Four parameters: that is how Express knows it. */
function endUnreadable(
  thrown: { readonly status?: number },
  _request: Request,
  response: Response,
  _next: NextFunction,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = thrown.status === 400 ? 400 : 500;
  response.status(status).type('text/plain').send('Не читается / cannot be read\n');
}

async function answerCall(
  face: SoapFace,
  endpoint: Version,
  request: Request,
  response: Response,
): Promise<void> {
  const soapAction = request.headers['soapaction'];
  const reply = await face.answer({
    endpoint,
    method: request.method,
    contentType: request.headers['content-type'],
    soapAction: Array.isArray(soapAction) ? soapAction[0] : soapAction,
    peer: peerAddress(request),
    body: async () => readCall(face, request, response),
  });
  // A body that was not read to its end cannot be followed by another request.
  if (!request.complete) response.setHeader('Connection', 'close');
  const multipart = takesMultipart(request.headers);
  // A client that went away gets the message again when its lease is over.
  await sendReply(request, response, reply, multipart, face.newBoundary()).catch(() =>
    response.destroy(),
  );
}

async function readCall(face: SoapFace, request: Request, response: Response): Promise<Body> {
  const { limits, files } = face;
  if (/^\s*multipart\//i.test(request.headers['content-type'] ?? '')) {
    return readMultipart(request, response, limits, files);
  }
  return { bytes: await readBody(request, response, limits), parts: [] };
}

async function takeCallback(face: SoapFace, request: Request, response: Response): Promise<void> {
  const { replyTo } = request.params;
  try {
    const body = await readBody(request, response, face.limits);
    const contentType = request.headers['content-type'] ?? '';
    const { status, text } = await face.callback(String(replyTo), { contentType, body });
    response.status(status).type('text/plain').send(`${text}\n`);
  } catch (thrown) {
    const { row } = asFault(thrown);
    if (!request.complete) response.setHeader('Connection', 'close');
    response.status(row.http).type('text/plain').send(`${row.ru[0]} / ${row.en[0]}\n`);
  }
}

function publish(
  face: SoapFace,
  version: Version,
  path: string,
  request: Request,
  response: Response,
): void {
  const serviceUrl = `${publicAddress(request, face.address)}${path}`;
  const asked = new URL(request.url, 'http://localhost').searchParams;
  const names = [...asked.keys()].map((key) => key.toLowerCase());
  const xsd = asked.get('xsd');
  const text =
    xsd !== null
      ? face.publishXsd(version, xsd, serviceUrl)
      : names.includes('wsdl')
        ? face.publishWsdl(version, serviceUrl)
        : undefined;
  if (text === undefined) {
    response.status(404).type('text/plain').send(`WSDL: ${serviceUrl}?wsdl\n`);
    return;
  }
  response.setHeader('Content-Type', 'text/xml; charset=utf-8');
  response.end(text);
}
