import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../src/cli/run.ts';
import { verifyFile } from '../../src/cli/verify.ts';
import { judge } from '../../src/compute/judge.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import { fileProfiles } from '../../src/signature/profiles.ts';
import { sandboxAnchors } from '../harness/certificates.ts';
import { sandboxSigner } from '../harness/client.ts';
import { checkout } from '../harness/node.ts';
import { testRules } from '../harness/rules.ts';
import { wrapping } from './catalogue/wrapping.ts';
import { attacks, chapters } from './catalogue.ts';
import { type Guard, guards } from './guards.ts';

describe('attacks', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mezhved-attacks-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What `mezhved verify` says of a file: the code of each problem, or that all is good. */
  function verified(bytes: Uint8Array): string[] {
    try {
      const { signatures } = reported(bytes, undefined);
      if (signatures.length === 0) return ['NOTHING'];
      const problems = signatures.flatMap(({ problem }) => problem?.split('; ') ?? []);
      return problems.map((problem) => problem.replace(/:.*/s, ''));
    } catch (error) {
      if (error instanceof UsageError) return ['UNREADABLE'];
      throw error;
    }
  }

  function reported(bytes: Uint8Array, anchors: Certificate[] | undefined) {
    const file = join(folder, 'attack.xml');
    writeFileSync(file, bytes);
    return verifyFile(file, anchors, fileProfiles);
  }

  for (const { title, attacks: rows } of chapters) {
    describe(title, () => {
      for (const { name, make, code, verify, trust } of rows) {
        it(`${name}: ${code}`, () => {
          const posting = make();
          const judgement = judge(posting, testRules());
          if (trust) {
            expect(judgement.verdict).to.equal('verified');
            const { signatures } = reported(posting.bytes, sandboxAnchors());
            expect(signatures.map((each) => each.trust)).to.deep.equal([code]);
            return;
          }
          const said = judgement.verdict === 'refused' ? judgement.fault : judgement.verdict;
          expect(said).to.have.property('code', code);
          if (verify !== undefined) expect(verified(posting.bytes)).to.include(verify);
        });
      }
    });
  }

  for (const kind of ['ec', 'gost', 'gost512'] as const) {
    it(`wrapping is refused alike under ${kind}`, () => {
      for (const { name, make, code } of wrapping.attacks) {
        const judgement = judge(make(sandboxSigner('agency-a', kind)), testRules());
        const said = judgement.verdict === 'refused' ? judgement.fault.code : judgement.verdict;
        expect(said, name).to.equal(code);
      }
    });
  }

  it('have names of their own', () => {
    const names = attacks.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
  });

  for (const [name, { file, find, replace }] of Object.entries<Guard>(guards)) {
    it(`the guard stands in the source once: ${name}`, () => {
      const text = readFileSync(join(checkout, file), 'utf8');
      expect(text.split(find)).to.have.lengthOf(2);
      expect(find).not.to.equal(replace);
      expect(
        attacks.some((attack) => attack.guards.includes(name as never)),
        name,
      ).to.equal(true);
    });
  }
});
