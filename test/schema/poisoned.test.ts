import { expect } from 'chai';
import { admitPackage } from '../../src/schema/admission/admission.ts';
import { judgePackage } from '../../src/schema/admission/judge.ts';
import { admissionRules } from '../../src/schema/admission/table.ts';
import { brokenArchives } from './broken-archives.ts';
import { poisonedSets } from './poisoned-sets.ts';

const roots = { requestRoot: 'R', responseRoot: 'A' };

/** Rules that the thread alone can find, where the schemas are compiled. */
const compiling = new Set<string>([
  'src-resolve',
  'cos-nonambig',
  'schema-representation',
  'pattern-valid',
]);

describe('poisoned packages', function () {
  this.timeout(20_000);

  for (const [what, { files, rule, at }] of Object.entries(poisonedSets)) {
    it(`are refused within five seconds: ${what}`, async () => {
      const began = performance.now();
      const judge = compiling.has(rule) ? admitPackage : judgePackage;
      const judged = await judge({ package: { files }, roots });
      expect(performance.now() - began).lessThan(5000);
      const [first] = judged.errors;
      expect(first?.rule).equal(rule);
      if (at !== undefined) expect([first?.path, first?.line]).deep.equal(at);
      const { ru, en } = admissionRules[rule];
      expect(first?.text).include(ru[0]).and.include(en[0]);
      expect(judged.schemas).deep.equal([]);
    });
  }

  it('show every rule of the table but warnings, bounds, and what the compiler has left to say', () => {
    const shown = new Set<string>(
      [...Object.values(poisonedSets), ...Object.values(brokenArchives)].map(({ rule }) => rule),
    );
    expect(Object.keys(admissionRules).filter((rule) => !shown.has(rule))).to.have.members([
      ...['file-unused', 'namespace-absent', 'root-id', 'set-limits'],
      ...['src-include', 'src-recursion', 'st-props-correct'],
    ]);
  });
});
