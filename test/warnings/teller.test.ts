import { expect } from 'chai';
import type { Config } from '../../src/config/table.ts';
import { warnings as settings } from '../../src/config/warnings.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Ending } from '../../src/warnings/ending.ts';
import type { Letter } from '../../src/warnings/letter.ts';
import { lookEveryMs, Teller } from '../../src/warnings/teller.ts';
import { NotTold, type Way } from '../../src/warnings/way.ts';
import { webhook } from '../../src/warnings/webhook.ts';
import { startAgency } from '../connectors/agencies.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { day, ending, start } from './made.ts';

const never = new AbortController().signal;
const days: Config['warnings']['days'] = [60, 30, 14, 7, 1];

/** A way that keeps what it was told, and refuses so many letters first. */
function recording(refusals = 0): Way & { readonly letters: Letter[] } {
  const letters: Letter[] = [];
  let left = refusals;
  return {
    ...{ name: 'webhook', place: 'test', letters },
    tell: async (letter) => {
      left -= 1;
      if (left >= 0) throw new NotTold('away');
      letters.push(letter);
      return 'ok';
    },
  };
}

const thresholdsOf = ({ letters }: { readonly letters: readonly Letter[] }) =>
  letters.flatMap(({ warnings }) => warnings.map((each) => [each.ending.id, each.threshold / day]));

describe('telling what is due', () => {
  forEachDatabase((_name, open) => {
    let database: TestDatabase;
    let now = start;
    let failures: string[];
    beforeEach(async () => {
      database = await open();
      now = start;
      failures = [];
    });

    function teller(way: Way, nodeId = 'one', on: Pick<TestDatabase, 'kysely'> = database): Teller {
      const log = { info: () => undefined, warn: () => undefined };
      const failed = (name: string) => failures.push(name);
      return new Teller(
        { database: on, clock: { now: () => now }, nodeId, log, failed },
        days,
        way,
      );
    }

    async function live(tellers: readonly Teller[], endings: readonly Ending[], lastDay: number) {
      for (now = start; now < start + lastDay * day; now += day / 2) {
        for (const each of tellers) await each.look(endings, never);
      }
    }

    it('tells each threshold once, also after a restart and with what has ended', async () => {
      const way = recording();
      await live([teller(way)], [ending('a', 20), ending('far', 400)], 10);
      const again = teller(way);
      for (let n = 0; n < 3; n += 1) await again.look([ending('a', 20)], never);
      await live([again], [ending('a', 20)], 25);
      expect(thresholdsOf(way)).to.deep.equal([
        ['a', 30],
        ['a', 14],
        ['a', 7],
        ['a', 1],
        ['a', 0],
      ]);
    });

    it('is done by one of several nodes, whatever each of them knows of', async () => {
      const ways = [recording(), recording(), recording()];
      const others = [openDatabase(database.url), openDatabase(database.url)];
      try {
        const nodes = ways.map((way, at) => teller(way, `node${at}`, others[at] ?? database));
        const shared = ending('shared', 20);
        for (now = start; now < start + 25 * day; now += 23 * 3_600_000) {
          await Promise.all(
            nodes.map((node, at) => node.look([shared, ending(`own${at}`, 20)], never)),
          );
          now += lookEveryMs;
          // Those that found another at it look again.
          for (const [at, node] of nodes.entries()) {
            await node.look([shared, ending(`own${at}`, 20)], never);
          }
        }
        const told = ways.flatMap(thresholdsOf).map(String);
        expect(new Set(told).size).to.equal(told.length);
        expect(told).to.have.lengthOf(4 * 5);
      } finally {
        for (const each of others) await each.close();
      }
    });

    it('keeps what was not taken, tries again after growing pauses, and counts failures', async () => {
      const way = recording(4);
      const one = teller(way);
      const tries: number[] = [];
      for (let minute = 0; minute < 40; minute += 1) {
        const before = failures.length + way.letters.length;
        await one.look([ending('a', 20)], never);
        if (failures.length + way.letters.length > before) tries.push(minute);
        if (way.letters.length === 0) expect(one.untold).to.equal(1);
        now += lookEveryMs;
      }
      expect(tries).to.deep.equal([0, 1, 3, 7, 15]);
      expect(failures).to.deep.equal(Array(4).fill('webhook'));
      expect(thresholdsOf(way)).to.deep.equal([['a', 30]]);
      expect(one.untold).to.equal(0);
    });

    it('goes by each way for itself, and by another node where one cannot', async () => {
      const [away, log] = [recording(1000), { ...recording(), name: 'log' as const }];
      const there = recording();
      for (const each of [teller(away), teller(log), teller(there, 'two')]) {
        await each.look([ending('a', 20)], never);
      }
      expect(failures).to.deep.equal(['webhook']);
      expect(thresholdsOf(log)).to.deep.equal([['a', 30]]);
      expect(thresholdsOf(there)).to.deep.equal([['a', 30]]);
    });

    it('leaves to the next look what is too much for one letter', async () => {
      const way = recording();
      const many = Array.from({ length: 450 }, (_, n) => ending(`id${n}`, 20));
      const one = teller(way);
      for (let n = 0; n < 4; n += 1) {
        await one.look(many, never);
        now += lookEveryMs;
      }
      expect(way.letters.map(({ warnings }) => warnings.length)).to.deep.equal([200, 200, 50]);
      expect(new Set(thresholdsOf(way).map(String)).size).to.equal(450);
    });

    it('reaches a real receiver that was away at first', async () => {
      let status = 503;
      const agency = await startAgency((response) => response.writeHead(status).end());
      try {
        const { webhook: hook } = settings.parse({ webhook: { url: agency.url } });
        if (hook === undefined) throw new Error('no settings');
        const one = teller(webhook(hook));
        await one.look([ending('a', 5)], never);
        status = 200;
        now += lookEveryMs;
        for (let n = 0; n < 3; n += 1) await one.look([ending('a', 5)], never);
        expect(agency.got.map(({ body }) => JSON.parse(body).warnings[0].daysBefore)).to.deep.equal(
          [7, 7],
        );
        expect(failures).to.deep.equal(['webhook']);
      } finally {
        await agency.close();
      }
    });
  });
});
