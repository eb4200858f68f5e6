import type { Express, Request, Response } from 'express';
import type { VersionFiles } from '../compute/version-files.ts';
import { asFault } from '../fault/fault.ts';
import { versions as protocolVersions } from '../smev/namespaces.ts';
import { type AddressRules, publicAddress } from './address.ts';

/** A version of a message type as partners see it. */
export interface VersionSummary {
  readonly version: string;
  readonly namespace: string;
  readonly requestRoot: string;
  readonly responseRoot: string;
  readonly state: 'next' | 'active' | 'ended';
  /** ISO 8601 UTC; null for no bound. */
  readonly from: string | null;
  readonly until: string | null;
}

export interface TypeSummary {
  readonly id: string;
  readonly name: string;
  readonly versions: readonly VersionSummary[];
}

/** What is said of message types. */
export interface TypePages {
  list(): readonly TypeSummary[];
  find(type: string): TypeSummary | undefined;
  /** @throws Fault BUSY, INTERNAL */
  files(type: string, version: string): Promise<VersionFiles | undefined>;
}

interface Face {
  readonly types: TypePages;
  readonly address: AddressRules;
}

/**
 * What partners need of each message type, under /types: its versions with their dates, schemas as files and as
 * ZIP, examples, and the WSDL of the services that take its messages.
 */
export function typeRoutes(app: Express, face: Face): void {
  const { types } = face;
  app.get('/types', (request, response) => {
    const base = publicAddress(request, face.address);
    response.json(types.list().map((type) => page(type, base)));
  });
  app.get('/types/:type', (request, response) => {
    const found = types.find(request.params.type);
    if (found === undefined) return notFound(response);
    response.json(page(found, publicAddress(request, face.address)));
  });
  app.get('/types/:type/:version', async (request, response) => {
    const { type, version } = request.params;
    const found = types.find(type)?.versions.find((each) => each.version === version);
    const files = await filesOf(face, request, response);
    if (found === undefined || files === undefined) return notFound(response);
    const base = publicAddress(request, face.address);
    response.json({ ...links(type, found, base), schemas: schemaLinks(type, found, files, base) });
  });
  app.get('/types/:type/:version/:file', (request, response) => sendFile(face, request, response));
}

function notFound(response: Response): void {
  if (response.headersSent) return;
  response.status(404).type('text/plain').send('Нет такого / not found. /types\n');
}

function page({ id, name, versions }: TypeSummary, base: string) {
  return {
    ...{ id, name, url: urlOf(base, id) },
    wsdl: protocolVersions.map((version) => `${base}/smev/v${version}/ws?wsdl`),
    versions: versions.map((each) => links(id, each, base)),
  };
}

function links(type: string, version: VersionSummary, base: string) {
  const at = (file: string) => urlOf(base, type, version.version, file);
  return {
    ...version,
    url: urlOf(base, type, version.version),
    archive: at('schemas.zip'),
    exampleRequest: at('request.xml'),
    exampleResponse: at('response.xml'),
  };
}

function schemaLinks(
  type: string,
  { version }: VersionSummary,
  { schemas }: VersionFiles,
  base: string,
): string[] {
  return schemas.map(({ name }) => urlOf(base, type, version, name));
}

function urlOf(base: string, ...steps: readonly string[]): string {
  return [`${base}/types`, ...steps.map(encodeURIComponent)].join('/');
}

type Named = Request<{ type: string; version: string; file?: string }>;

async function filesOf(
  { types }: Face,
  request: Named,
  response: Response,
): Promise<VersionFiles | undefined> {
  try {
    return await types.files(request.params.type, request.params.version);
  } catch (thrown) {
    const { row } = asFault(thrown);
    response.status(row.http).type('text/plain').send(`${row.ru[0]} / ${row.en[0]}\n`);
    return undefined;
  }
}

async function sendFile(face: Face, request: Named, response: Response): Promise<void> {
  const files = await filesOf(face, request, response);
  if (response.headersSent) return;
  const found = files && bytesOf(files, request.params.file ?? '');
  if (found === undefined) return notFound(response);
  // A partner's schemas are shown as text, whatever is in them.
  response.set('X-Content-Type-Options', 'nosniff');
  response.set('Content-Security-Policy', "default-src 'none'; sandbox");
  response.type(found.type).send(Buffer.from(found.bytes));
}

function bytesOf(
  { schemas, archive, request, response }: VersionFiles,
  file: string,
): { readonly type: string; readonly bytes: Uint8Array | string } | undefined {
  const xml = 'application/xml; charset=utf-8';
  if (file === 'schemas.zip') return { type: 'application/zip', bytes: archive };
  const examples = new Map([
    ['request.xml', request],
    ['response.xml', response],
  ]);
  const example = examples.get(file);
  if (example !== undefined) return { type: xml, bytes: example };
  const schema = schemas.find(({ name }) => name === file);
  return schema && { type: xml, bytes: schema.bytes };
}
