import { expect } from 'chai';
import { countWaiting } from '../../src/exchange/waiting.ts';
import { acknowledge, take } from '../../src/smev/incoming-queue.ts';
import { forEachDatabase } from '../harness/databases.ts';
import { failing, lane, Stand, scripted } from './stand.ts';

forEachDatabase((_, open) => {
  describe('what waits', () => {
    it('is counted by receiver and sender: what is due or held, and no more what has ended', async () => {
      const stand = new Stand(await open());
      const { kysely } = stand.database;
      const held = async () =>
        (await countWaiting(kysely))
          .map(({ receiver, sender, count }) => `${receiver} ${sender} ${count}`)
          .sort();
      expect(await held()).to.deep.equal([]);
      const [first, second] = [await stand.accept(), await stand.accept()];
      for (let n = 0; n < 3; n += 1) await stand.accept({ system: 'B1' });
      await stand.claim(second);
      expect(await held()).to.deep.equal([`lane ${lane} A1 2`, 'queue B1 A1 3']);
      await stand.attempt(first, scripted(failing('REFUSED')));
      const where = { queue: 'request', system: 'B1', nodeId: '' } as const;
      const item = await take(kysely, { ...where, now: stand.now, leaseMs: 1000 });
      expect(await held(), 'a lease waits on').to.deep.equal([
        ...[`lane ${lane} A1 1`, 'queue B1 A1 3'],
      ]);
      const messageId = item?.message_id ?? '';
      await acknowledge(kysely, { system: 'B1', messageId, accepted: true, now: stand.now });
      expect(await held()).to.deep.equal([`lane ${lane} A1 1`, 'queue B1 A1 2']);
    });
  });
});
