import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { rest } from '../../src/connectors/rest.ts';
import { always } from '../../src/pki/window.ts';
import { checkout } from '../harness/node.ts';
import { agencyRequest, never } from './agencies.ts';
import { noDesk } from './directory-peer.ts';
import { messageType, routeOf } from './message-type.ts';
import { meaning } from './same-xml.ts';

const namespace = 'urn://mezhved.example/payment-status/1.0.0';

describe('the example of an agency with REST', () => {
  it('answers the requests of the sandbox, and refuses what it does not know', async () => {
    const child = spawn(process.execPath, [join(checkout, 'examples/agencies/rest.mjs'), '0']);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const route = routeOf('rest', { url: line.toString().trim(), format: 'json' });
    const name = 'payment-status-1.0.0.xsd';
    const bytes = readFileSync(join(checkout, 'config/sandbox/schemas', name));
    const version = {
      ...{ version: '1', window: always, rollback: undefined },
      namespace,
      requestRoot: 'PaymentStatusRequest',
      responseRoot: 'PaymentStatusResponse',
      schemas: [{ name, bytes }],
    };
    const connector = rest(
      route,
      { ...messageType(route), versions: [version] },
      undefined,
      noDesk,
    );
    const send = (number: string) => {
      const root = { namespace, local: 'PaymentStatusRequest' };
      const text = `<PaymentStatusRequest xmlns="${namespace}"><PaymentNumber>${number}</PaymentNumber></PaymentStatusRequest>`;
      return connector.deliver(agencyRequest(text, root, { messageId: number }), never);
    };
    try {
      const answer = await send('007');
      if (answer.kind !== 'content') throw new Error(answer.kind);
      const told = `<p:PaymentStatusResponse xmlns:p="${namespace}"><p:PaymentNumber>007</p:PaymentNumber><p:Status>paid</p:Status></p:PaymentStatusResponse>`;
      expect(meaning(answer.content)).to.equal(meaning(Buffer.from(told)));
      expect(await send('000')).to.deep.include({ kind: 'rejection', code: 'NO_DATA' });
      await connector.probe(never);
    } finally {
      await connector.close();
      child.kill();
    }
  });
});
