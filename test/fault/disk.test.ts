import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { startAgency } from '../harness/agency.ts';
import { temporaryFolder } from '../harness/node.ts';
import { Chance } from './chance.ts';
import { Deployment, restRoute } from './deployment.ts';
import { full } from './full.ts';
import { Load } from './load.ts';
import { needSmallDisk, smallDisk } from './small-disk.ts';

const mebibyte = 1024 * 1024;

describe('a full disk under the data folder', function () {
  this.timeout(full ? 600_000 : 90_000);
  const cases = [
    { name: 'is met before it is full', diskFreeMin: 6 * mebibyte, quick: false },
    { name: 'is met by surprise', diskFreeMin: 0, quick: true },
  ];
  for (const { name, diskFreeMin, quick } of cases) {
    if (!full && !quick) continue;
    it(`${name}: 503 with Retry-After, and nothing that was taken is lost`, async function () {
      needSmallDisk(this);
      const folder = await temporaryFolder();
      const size = full ? 64 : 16;
      const disk = smallDisk(folder.path, size);
      const agency = await startAgency();
      agency.behave('refuse');
      const deployment = await Deployment.start({
        kind: 'embedded',
        route: restRoute(agency.url),
        data: folder.path,
        config: { limits: { leaseMs: 10_000, diskFreeMin } },
      });
      if (deployment === undefined) throw new Error('an embedded node needs nothing');
      try {
        const load = new Load(deployment.urls, new Chance());
        load.passing.delete('INTERNAL');
        const enough = () => (load.setbacks.get('BUSY') ?? 0) > 20;
        const ids = await load.sendUntil(enough).catch((error: unknown) => {
          throw new Error(`${String(error)}\n${deployment.nodes[0]?.output}`);
        });
        expect(load.retryAfter, 'Retry-After').to.match(/^\d+$/);
        const ready = await fetch(`${deployment.urls[0]}/health/ready`);
        if (diskFreeMin > 0) expect(ready.status, await ready.text()).to.equal(503);
        // The agency works again while there is no room for its answers.
        agency.behave('answer');
        await wait(1000);
        disk.grow(size * 4);
        await load.takeAnswers(ids, 1000);
        expect(load.missing(ids), 'lost').to.deep.equal([]);
        expect(load.doubled(), 'doubled').to.deep.equal([]);
        expect(agency.conflicts).to.equal(0);
        expect(await deployment.stop()).to.deep.equal([0]);
        expect(await deployment.journalVerdict()).to.deep.include({ ok: true, problems: [] });
        process.stdout.write(
          `        ${ids.length} exchanges filled ${size} MiB: lost 0, doubled 0, journal verifies\n`,
        );
      } finally {
        await deployment.end();
        await agency.stop();
        disk.remove();
        await folder.remove();
      }
    });
  }
});
