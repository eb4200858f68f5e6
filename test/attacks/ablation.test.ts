import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startChild } from '../harness/child.ts';
import { temporaryFolder } from '../harness/node.ts';
import type { Group, Outcome } from './ablated.ts';
import { ablate } from './ablation.ts';
import type { Attack } from './attack.ts';
import { attacks } from './catalogue.ts';
import { guards } from './guards.ts';

const childrenAtOnce = 2;

describe('attacks without their guards', function () {
  this.timeout(180_000);
  const judged = attacks.filter(({ library }) => library === undefined);
  const outcomes = new Map<string, Outcome>();

  before(async () => {
    const folder = await temporaryFolder();
    const groups = groupsOf(judged);
    const shares = Array.from({ length: childrenAtOnce }, (_, n) =>
      groups.filter((_group, at) => at % childrenAtOnce === n),
    );
    await Promise.all(
      shares.map(async (share, n) => {
        const file = join(folder.path, `${n}.json`);
        writeFileSync(file, JSON.stringify(share));
        const child = startChild('attacks/ablated.ts', file);
        await child.printed(share.flatMap(({ cases }) => cases).length);
        for (const line of child.lines) {
          const outcome: Outcome = JSON.parse(line);
          outcomes.set(outcome.name, outcome);
        }
        await child.kill();
      }),
    );
    await folder.remove();
  });

  for (const { name, guards, gain } of judged) {
    it(`gets through without ${guards.join(' / ')}: ${name}`, () => {
      const { came, messageId } = outcomes.get(name) ?? { came: 'nothing' };
      expect(came).to.equal('verified');
      if (gain !== undefined) expect(messageId).to.equal(gain);
    });
  }
});

/** One copy of the source for each set of guards. */
function groupsOf(rows: readonly Attack[]): Group[] {
  const sets = new Map<string, Attack[]>();
  for (const attack of rows) {
    const key = [...attack.guards].sort().join('+');
    sets.set(key, [...(sets.get(key) ?? []), attack]);
  }
  return [...sets.values()].map((members, at) => ({
    folder: ablate(
      String(at),
      (members[0]?.guards ?? []).map((name) => guards[name]),
    ),
    cases: members.map(({ name, make, trust = false }) => {
      const { bytes, ...posted } = make();
      return {
        ...posted,
        name,
        trust,
        endpoint: '1.2',
        bytes: Buffer.from(bytes).toString('base64'),
      };
    }),
  }));
}
