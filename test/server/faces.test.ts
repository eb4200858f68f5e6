import { expect } from 'chai';
import { loadConfig } from '../../src/config/load.ts';
import type { Connector } from '../../src/connectors/connector.ts';
import { ConnectorFailure } from '../../src/connectors/failure.ts';
import type { Composed } from '../../src/server/composed.ts';
import { type Face, openSoapFace } from '../../src/server/faces.ts';
import { Stand, scripted } from '../exchange/stand.ts';
import { forEachDatabase } from '../harness/databases.ts';
import { checkout } from '../harness/node.ts';
import { noteResponse } from '../harness/rules.ts';

forEachDatabase((_, open) => {
  describe('the callback address of an agency', () => {
    let stand: Stand;
    let face: Face;
    beforeEach(async () => {
      stand = new Stand(await open());
      const connector: Connector = {
        ...scripted(() => ({ kind: 'waiting', ticket: 't', askAfterMs: 86_400_000 })),
        readCallback: (_request, { contentType, body }) => {
          if (contentType !== 'application/xml') {
            throw new ConnectorFailure('ANSWER_BROKEN', `Content-Type ${contentType}`);
          }
          return { kind: 'content', content: body };
        },
      };
      const context = {
        ...stand.context,
        registry: () => ({ findMessageType: () => undefined }),
        connectors: { of: () => connector },
      } as unknown as Composed;
      const env = {
        MEZHVED_LISTEN: '127.0.0.1:0',
        MEZHVED_DATA: 'none',
        MEZHVED_DATABASE_URL: stand.database.url,
      };
      face = await openSoapFace(loadConfig(env, checkout), context);
    });
    afterEach(() => face.close());

    async function post(replyTo: string, body: string, type = 'application/xml') {
      const headers = { 'Content-Type': type };
      const url = `${face.url}/agency/${replyTo}`;
      const response = await fetch(url, { method: 'POST', headers, body });
      return `${response.status} ${(await response.text()).trim()}`;
    }

    it('takes an answer once, says what is wrong with another, and knows nobody else', async () => {
      const exchange = await stand.accept();
      const { reply_to: replyTo } = exchange;
      expect(await post('unknown', noteResponse('ответ'))).to.match(/^404 .+ \/ no such request$/);
      expect(await post(replyTo, noteResponse('ответ'), 'text/html')).to.match(
        /^422 .+ \/ the answer will not do: Content-Type text\/html$/,
      );
      expect(await post(replyTo, '<Other>Иванов</Other>'))
        .to.match(/^422 /)
        .and.not.match(/Иванов/);
      expect(await post(replyTo, 'a'.repeat(5 * 1024 * 1024 + 1))).to.match(/^413 /);
      expect(await stand.answers(exchange)).to.deep.equal([]);
      for (let n = 0; n < 3; n += 1) {
        expect(await post(replyTo, noteResponse('ответ'))).to.equal('200 принято / taken');
      }
      expect((await stand.answers(exchange)).map(([kind]) => kind)).to.deep.equal(['response']);
      expect(await stand.delivery(exchange)).to.include({ state: 'done' });
    });

    it('asks for the answer again where it could not be recorded', async () => {
      const exchange = await stand.accept();
      await stand.database.kysely.schema.alterTable('message').renameTo('lost').execute();
      expect(await post(exchange.reply_to, noteResponse('ответ'))).to.match(/^503 .*again later$/);
    });
  });
});
