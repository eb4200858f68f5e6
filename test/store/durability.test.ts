import { expect } from 'chai';
import { openDatabase } from '../../src/store/database.ts';
import { checkDurability, NotDurable } from '../../src/store/durability.ts';
import { forEachDatabase } from '../harness/databases.ts';

describe('durability', () => {
  forEachDatabase((kind, open) => {
    it('is given as the harness sets it up', async () => {
      await checkDurability(await open());
    });

    if (kind === 'postgres') {
      it('is refused where the server answers before it has written', async () => {
        const { url } = await open();
        const loose = openDatabase(`${url}?options=-c%20synchronous_commit%3Doff`);
        const thrown = await checkDurability(loose).catch((error: unknown) => error);
        await loose.close();
        expect(thrown).to.be.instanceOf(NotDurable);
      });
    }
  });
});
