import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkout, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { ablateBuilt } from './ablation.ts';
import { type StateAttack, stateAttacks, stateGuards } from './state.ts';

/** Runs attacks against a node of their own, intact or without guards; @returns what each was told */
async function told(attacks: readonly StateAttack[], script?: string): Promise<string[]> {
  const folder = await temporaryFolder();
  let node: NodeProcess | undefined;
  try {
    node = await startNode(folder.path, {}, ['serve'], script);
    const codes: string[] = [];
    for (const { attempt } of attacks) codes.push((await attempt(node.url)).code ?? 'accepted');
    return codes;
  } finally {
    await node?.stop();
    await folder.remove();
  }
}

describe('attacks on what a node knows', function () {
  this.timeout(180_000);

  it('are each refused by the code meant for it', async () => {
    expect(await told(stateAttacks)).to.deep.equal(stateAttacks.map(({ code }) => code));
  });

  const sets = new Map<string, StateAttack[]>();
  for (const attack of stateAttacks) {
    const key = attack.guards.join(' / ');
    sets.set(key, [...(sets.get(key) ?? []), attack]);
  }
  for (const [key, attacks] of sets) {
    it(`get through without ${key}`, async () => {
      const gone = attacks[0]?.guards.map((name) => stateGuards[name]) ?? [];
      const script = await ablateBuilt(`node-${key.replace(/\W+/g, '-')}`, gone);
      expect(await told(attacks, script)).to.deep.equal(attacks.map(() => 'accepted'));
    });
  }

  for (const [name, { file, find }] of Object.entries(stateGuards)) {
    it(`the guard stands in the source once: ${name}`, () => {
      expect(readFileSync(join(checkout, file), 'utf8').split(find)).to.have.lengthOf(2);
    });
  }
});
