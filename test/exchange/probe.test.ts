import { expect } from 'chai';
import type { Connector } from '../../src/connectors/connector.ts';
import { ConnectorFailure } from '../../src/connectors/failure.ts';
import { probeAgencies } from '../../src/exchange/probe.ts';
import { createLog } from '../../src/log.ts';
import { mayBegin, noteDown } from '../../src/queue/lanes.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';

const rules = { failures: 2, openMs: 1000, openMaxMs: 60_000 };

forEachDatabase((_, open) => {
  describe('an agency that is cut off', () => {
    let database: TestDatabase;
    let now: number;
    let probes: string[];
    beforeEach(async () => {
      database = await open();
      now = 1_000_000;
      probes = [];
      for (let n = 0; n < 8; n += 1) await noteDown(database.kysely, 'a', now, rules);
    });

    /** A simulator: it tells whether it was asked, and answers as it is told. */
    function connector(lane: string, isUp: boolean): Connector {
      return {
        carries: 'nothing',
        deliver: () => Promise.reject(new ConnectorFailure('UNREACHABLE', lane)),
        probe: async () => {
          probes.push(lane);
          if (!isUp) throw new ConnectorFailure('UNREACHABLE', lane);
        },
        close: async () => undefined,
      };
    }
    const probe = (isUp: boolean) =>
      probeAgencies(
        { clock: { now: () => now }, database, log: createLog({ level: 'silent' }) },
        ['a', 'b'].map((lane) => ({ lane, connector: connector(lane, isUp) })),
        rules,
        new AbortController().signal,
      );
    const begin = () => mayBegin(database.kysely, 'a', now, rules);

    it('is asked whether it is up, and no other is', async () => {
      await probe(false);
      expect(probes).to.deep.equal(['a']);
      expect(await begin()).to.equal(false);
    });

    it('gets the next request as soon as it answers', async () => {
      await probe(true);
      expect([await begin(), await begin()], 'one alone tries').to.deep.equal([true, false]);
    });

    it('is asked again after a while, by one process', async () => {
      await Promise.all([probe(false), probe(false)]);
      now += rules.openMs - 1;
      await probe(false);
      expect(probes).to.deep.equal(['a']);
      now += 1;
      await probe(false);
      expect(probes).to.deep.equal(['a', 'a']);
    });
  });
});
