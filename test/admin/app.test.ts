import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { adminApp } from '../../src/admin/app.ts';
import { createHttpServer, listen, stop } from '../../src/http/server.ts';
import { createMetrics } from '../../src/metrics.ts';
import { checkout } from '../harness/node.ts';

describe('the admin port', () => {
  const documented: { paths: Record<string, Record<string, { responses: object }>> } = parse(
    readFileSync(join(checkout, 'docs', 'openapi.yaml'), 'utf8'),
  );
  let healthy = true;
  const metrics = createMetrics();
  const app = adminApp({
    health: { check: async () => ({ database: healthy, compute: true }) },
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
  });
  const limits = { connectionsMax: 10, headersTimeoutMs: 1000, requestTimeoutMs: 1000 };
  const server = createHttpServer(app, limits);
  let url = '';

  before(async () => {
    url = `http://127.0.0.1:${await listen(server, '127.0.0.1', 0)}`;
  });
  after(() => stop(server, 1000));

  // What has servers of its own is of the other port: test/server/faces.test.ts, test/http/soap.test.ts.
  const read = Object.keys(documented.paths).filter(
    (path) => documented.paths[path]?.['get'] && documented.paths[path]?.['servers'] === undefined,
  );
  for (const path of read) {
    it(`answers ${path} as docs/openapi.yaml says`, async () => {
      const response = await fetch(url + path);
      expect(response.status).to.equal(200);
      const documentedTypes = JSON.stringify(documented.paths[path]?.['get']?.responses);
      expect(documentedTypes).to.contain(response.headers.get('content-type')?.split(';')[0]);
      await response.text();
    });
  }

  it('has no route that is not documented', async () => {
    const routes = ['/health', '/', '/admin', '/metrics/all', '/health/other'];
    for (const path of routes) expect((await fetch(url + path)).status, path).to.equal(404);
  });

  it('is not ready, 503, when the database does not answer', async () => {
    healthy = false;
    const response = await fetch(`${url}/health/ready`);
    expect(response.status).to.equal(503);
    expect(await response.json()).to.deep.equal({
      status: 'not ready',
      checks: { database: false, compute: true },
    });
    healthy = true;
  });

  it('counts requests by operation and verdict', async () => {
    metrics.startRequest().end('SendRequest', 'accepted');
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).to.contain('mezhved_requests_total{operation="SendRequest",verdict="accepted"} 1');
  });
});
