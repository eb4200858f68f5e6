import { expect } from 'chai';
import {
  dueOf,
  goneOf,
  passed,
  type Told,
  thresholdsOf,
  type Warning,
} from '../../src/warnings/due.ts';
import { type Ending, keyOf } from '../../src/warnings/ending.ts';
import { Chance } from '../fault/chance.ts';
import { full } from '../fault/full.ts';
import { day, ending, start } from './made.ts';

const days = [60, 30, 14, 7, 1];

function toldOf({ ending: { what, id, endsAt }, threshold }: Warning, at: number): Told {
  return { what, id, ends_at: endsAt, threshold, told_at: at };
}

describe('what is due', () => {
  it('is each threshold when it is passed, and the end itself', () => {
    const one = ending('a', 100);
    const at = (left: number) => passed(one, days, one.endsAt - left);
    expect(at(60 * day + 1)).to.equal(undefined);
    expect(at(60 * day)).to.equal(60 * day);
    expect(at(30 * day + 1)).to.equal(60 * day);
    expect(at(day)).to.equal(day);
    expect(at(0)).to.equal(day);
    expect(at(-1)).to.equal(0);
  });

  it('of a list of revoked certificates is its last tenth, and the days within that', () => {
    const list = (life: number) =>
      thresholdsOf({ what: 'revocationList', beginsAt: start, endsAt: start + life * day }, days);
    expect(list(1)).to.deep.equal([0, day / 10]);
    expect(list(7)).to.deep.equal([0, (7 * day) / 10]);
    expect(list(100)).to.deep.equal([0, day, 7 * day, 10 * day]);
  });

  it('is told again when the end was moved, and not while something else is in its place', () => {
    const one = ending('a', 5);
    const told = dueOf([one], [], days, start).map((each) => toldOf(each, start));
    expect(told).to.have.lengthOf(1);
    expect(dueOf([one], told, days, start)).to.deep.equal([]);
    const moved = ending('a', 4);
    expect(dueOf([moved], told, days, start)).to.deep.equal([
      { ending: moved, threshold: 7 * day },
    ]);
    expect(dueOf([ending('a', 4, { replacedBy: 'b' })], told, days, start)).to.deep.equal([]);
  });

  it('comes once for each end and threshold, in any order of looks, restarts and nodes', () => {
    const chance = new Chance();
    process.stdout.write(`      seed ${chance.seed}\n`);
    for (let n = 0; n < (full ? 2000 : 150); n += 1) oneLife(chance);
  });

  it('is forgotten when it has long been gone, and not while it is here', () => {
    const [here, gone] = [ending('here', 5), ending('gone', 5)];
    const told = dueOf([here, gone], [], days, start).map((each) => toldOf(each, start));
    expect(goneOf(told, [here], start + 300 * day)).to.deep.equal([]);
    const later = goneOf(told, [here], start + 401 * day);
    expect(later.map(({ id }) => id)).to.deep.equal(['gone']);
  });
});

/** Time goes on in steps of any length; what is told is kept, as the database keeps it. */
function oneLife(chance: Chance): void {
  const endings: Ending[] = Array.from({ length: chance.between(1, 6) }, (_, id) =>
    ending(`${id}`, chance.between(-5, 100), {
      what: chance.next() < 0.2 ? 'revocationList' : 'systemCertificate',
    }),
  );
  const kept = new Map<string, Told>();
  const said: string[] = [];
  for (let now = start; now < start + 110 * day; now += chance.next() * 9 * day) {
    // A node knows of some only; another looks after it.
    const known = endings.filter(() => chance.next() < 0.7);
    for (const seen of [known, known, endings]) {
      const due = dueOf(seen, [...kept.values()], days, now);
      for (const warning of due) {
        const key = `${keyOf(warning.ending)} ${warning.threshold}`;
        expect(said).not.to.include(key);
        said.push(key);
        kept.set(keyOf(warning.ending), toldOf(warning, now));
        const { endsAt } = warning.ending;
        expect(endsAt - now).to.be.at.most(warning.threshold === 0 ? 0 : warning.threshold);
      }
    }
    // Nothing that was passed stays unsaid.
    for (const each of endings) {
      const threshold = passed(each, days, now);
      if (threshold !== undefined) expect(said).to.include(`${keyOf(each)} ${threshold}`);
    }
  }
}
