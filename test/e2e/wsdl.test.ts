import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { publishedWsdl, publishedXsd } from '../../src/schema/files.ts';
import { versions } from '../../src/smev/namespaces.ts';
import { publishWsdl, publishXsd } from '../../src/smev/publish.ts';
import { wsdlClients, wsdlComplaints } from './clients/wsdl.ts';

/** What a node serves under ?wsdl and ?xsd, and nothing else. */
function answer(path: string, host: string): string | undefined {
  const { pathname, searchParams } = new URL(path, `http://${host}`);
  const version = versions.find((v) => pathname === `/smev/v${v}/ws`);
  if (version === undefined) return undefined;
  const serviceUrl = `http://${host}${pathname}`;
  if (searchParams.has('wsdl')) return publishWsdl(publishedWsdl(version), serviceUrl);
  const xsd = publishedXsd(version, searchParams.get('xsd') ?? '');
  return xsd === undefined ? undefined : publishXsd(xsd, serviceUrl);
}

describe('published WSDL, read by clients that others wrote', function () {
  this.timeout(120_000);
  let server: Server;
  let url: string;
  const asked = new Set<string>();

  before((done) => {
    server = createServer((request, response) => {
      const text = answer(request.url ?? '/', request.headers.host ?? '');
      asked.add(`${text === undefined ? 404 : 200} ${request.url}`);
      response.writeHead(text === undefined ? 404 : 200, {
        'Content-Type': 'text/xml; charset=utf-8',
      });
      response.end(text);
    });
    server.listen(0, '127.0.0.1', () => {
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => server.close());
  beforeEach(() => asked.clear());

  for (const client of wsdlClients) {
    it(`${client.name} lists the operations of every version`, async function () {
      if (!client.isHere()) {
        console.log(`SKIPPED: ${client.name}: install ${client.packages}`);
        this.skip();
      }
      expect(await wsdlComplaints(client, url)).deep.equal([]);
      // Each took the schemas from this server, every file of them.
      const names = ['basic', 'types', 'faults', 'routing', 'directive'];
      for (const name of names) expect([...asked]).include(`200 /smev/v1.3/ws?xsd=${name}.xsd`);
      expect([...asked].filter((line) => line.startsWith('404'))).deep.equal([]);
    });
  }
});
