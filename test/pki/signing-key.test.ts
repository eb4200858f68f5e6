import { expect } from 'chai';
import { activeOf, keysFor, type Purpose, stateOf } from '../../src/pki/signing-key.ts';
import type { Window } from '../../src/pki/window.ts';
import { Chance } from '../fault/chance.ts';

const key = (
  keyKind: string,
  from: Window['from'],
  until: Window['until'] = null,
  purpose: Purpose = 'messages',
) => ({
  purpose,
  certificate: { keyKind },
  window: { from, until },
});

describe('keys of the node in time', () => {
  it('sign one of each kind: the one that began last', () => {
    const [file, first, second] = [key('rsa', null), key('rsa', 100, 300), key('rsa', 200)];
    const ec = key('ec', null);
    const all = [file, ec, first, second];
    expect(activeOf(all, 99)).to.deep.equal([file, ec]);
    expect(activeOf(all, 100)).to.deep.equal([first, ec]);
    expect(activeOf(all, 199)).to.deep.equal([first, ec]);
    expect(activeOf(all, 200)).to.deep.equal([second, ec]);
  });

  it('stand in the order of the kinds that were named first, whichever key of a kind signs', () => {
    const all = [key('gost2012-256', null), key('rsa', null), key('rsa', 5), key('ec', 5)];
    const kinds = activeOf(all, 10).map(({ certificate }) => certificate.keyKind);
    expect(kinds).to.deep.equal(['gost2012-256', 'rsa', 'ec']);
  });

  it('are next, active, retiring and retired', () => {
    const [old, fresh] = [key('rsa', 100, 300), key('rsa', 200)];
    const all = [old, fresh];
    const states = (at: number) => all.map((each) => stateOf(each, all, at));
    expect(states(99)).to.deep.equal(['next', 'next']);
    expect(states(100)).to.deep.equal(['active', 'next']);
    expect(states(200)).to.deep.equal(['retiring', 'active']);
    expect(states(300)).to.deep.equal(['retired', 'active']);
    const never = key('rsa', 200, 200);
    expect(stateOf(never, [never], 0)).to.equal('retired');
  });

  it('sign what they are for: a service with its own first, the journal with one of any kind', () => {
    const all = [
      key('rsa', null),
      key('rsa', 5, null, 'smev-1.2'),
      key('ec', 5, null, 'smev-1.2'),
      key('rsa', 5, null, 'journal'),
      key('ec', 6, null, 'journal'),
    ];
    const [messages, own, ec, , journal] = all;
    const active = activeOf(all, 10);
    expect(keysFor(active, 'messages')).to.deep.equal([messages]);
    expect(keysFor(active, 'smev-1.2')).to.deep.equal([own, ec, messages]);
    expect(keysFor(active, 'smev-1.3')).to.deep.equal([messages]);
    expect(keysFor(active, 'journal')).to.deep.equal([journal, messages]);
    expect(keysFor(activeOf(all, 5), 'journal')[0]).to.equal(all[3]);
    expect(stateOf(all[3] ?? key('rsa', 0), all, 10)).to.equal('retiring');
  });

  it('whatever their times: at most one of a kind signs, and one does where any may', () => {
    const chance = new Chance();
    process.stdout.write(`      seed ${chance.seed}\n`);
    for (let n = 0; n < 500; n += 1) {
      const time = () => (chance.next() < 0.2 ? null : chance.between(0, 20));
      const all = Array.from({ length: chance.between(0, 6) }, () =>
        key(chance.next() < 0.5 ? 'rsa' : 'ec', time(), time()),
      );
      const at = chance.between(0, 20);
      const states = all.map((each) => [each, stateOf(each, all, at)] as const);
      for (const kind of ['rsa', 'ec']) {
        const own = states.filter(([each]) => each.certificate.keyKind === kind);
        const mayNow = own.filter(([{ window }]) => {
          const { from, until } = window;
          return (from === null || from <= at) && (until === null || at < until);
        });
        const active = own.filter(([, state]) => state === 'active');
        expect(active).to.have.lengthOf(mayNow.length > 0 ? 1 : 0);
        for (const [{ window }] of mayNow) {
          expect(window.from ?? -1).to.be.at.most(active[0]?.[0].window.from ?? -1);
        }
      }
    }
  });
});
