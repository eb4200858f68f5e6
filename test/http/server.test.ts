import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import express from 'express';
import { createHttpServer, listen, stop } from '../../src/http/server.ts';

const limits = { connectionsMax: 100, headersTimeoutMs: 5000, requestTimeoutMs: 5000 };

interface Got {
  readonly status: number | undefined;
  readonly connection: string | undefined;
}

function get(port: number, agent: Agent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, agent }, (answer) => {
      answer.resume();
      const { statusCode, headers } = answer;
      answer.once('end', () => resolve({ status: statusCode, connection: headers.connection }));
    });
    call.once('error', reject).end();
  });
}

describe('the HTTP server', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  after(() => agent.destroy());

  it('answers what is under way when it stops, closes that connection, and ends', async () => {
    const app = express();
    let came = () => {};
    const begun = new Promise<void>((resolve) => {
      came = resolve;
    });
    app.get('/', async (_, response) => {
      came();
      await wait(300);
      response.send('slow');
    });
    const server = createHttpServer(app, limits);
    const port = await listen(server, '127.0.0.1', 0);
    const call = get(port, agent);
    await begun;
    const began = performance.now();
    const stopped = stop(server, 4000);
    expect(await call).to.deep.equal({ status: 200, connection: 'close' });
    await stopped;
    expect(performance.now() - began, 'ms').to.be.below(2500);
    const refused = await get(port, agent).catch(({ code }: NodeJS.ErrnoException) => code);
    expect(refused).to.equal('ECONNREFUSED');
  });
});
