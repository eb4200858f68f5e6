import { expect } from 'chai';
import { isName, parentOf, resolvePath, rootPath, showPath } from '../../src/ftp/paths.ts';
import { Chance } from '../fault/chance.ts';

const at = (argument: string, folder = rootPath) => resolvePath(folder, argument, 4);

describe('paths', () => {
  it('are seen from a folder, or from the root', () => {
    const folder = at('/a/b') ?? rootPath;
    expect(folder).to.deep.equal(['a', 'b']);
    expect(at('c/d', folder)).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(at('/c/', folder)).to.deep.equal(['c']);
    expect(at('.', folder)).to.equal(folder);
    expect(at('', folder)).to.equal(folder);
    expect(at('/', folder)).to.equal(rootPath);
    expect(parentOf(folder)).to.deep.equal(['a']);
    expect(parentOf(rootPath)).to.deep.equal([]);
    expect(showPath(folder)).to.equal('/a/b');
    expect(showPath(rootPath)).to.equal('/');
  });

  it('have no way up, no empty name, no separator of another system, no control character', () => {
    const tricks = [
      ...['..', '../x', 'a/../b', '/..', 'a/..', './a', 'a/./b', '//', '//a', 'a//b', 'a//'],
      ...['a\\b', '..\\x', 'C:\\x', 'a\rb', 'a\nb', 'a\tb', 'a\x7fb', 'a\u0085b', 'a\u2028b'],
    ];
    for (const trick of tricks) expect(at(trick), JSON.stringify(trick)).to.equal(undefined);
  });

  it('are not decoded: a per cent sign is a character of a name', () => {
    expect(at('%2e%2e')).to.deep.equal(['%2e%2e']);
    expect(at('..%2fx')).to.deep.equal(['..%2fx']);
    expect(at('...')).to.deep.equal(['...']);
    expect(at(' a ')).to.deep.equal([' a ']);
  });

  it('are bounded: octets of a name, depth of a path', () => {
    expect(isName('a'.repeat(255))).to.equal(true);
    expect(isName('a'.repeat(256))).to.equal(false);
    expect(isName('ж'.repeat(127))).to.equal(true);
    expect(isName('ж'.repeat(128))).to.equal(false);
    expect(at('a/b/c/d')).to.have.lengthOf(4);
    expect(at('a/b/c/d/e')).to.equal(undefined);
    expect(at('d/e/f', at('a/b') ?? rootPath)).to.equal(undefined);
  });

  it('hold names only, whatever is asked', () => {
    const chance = new Chance();
    process.stdout.write(
      `        seed ${chance.seed}: MEZHVED_SEED=${chance.seed} draws the same\n`,
    );
    const pieces = ['/', '.', '..', 'a', '\\', '\r', '%2e', 'ж', ' ', '\0', '~'];
    for (let n = 0; n < 5000; n += 1) {
      const text = Array.from(
        { length: chance.between(0, 8) },
        () => pieces[chance.between(0, pieces.length)],
      ).join('');
      const path = resolvePath(at('/a') ?? rootPath, text, 4);
      expect(path === undefined || path.every(isName), JSON.stringify(text)).to.equal(true);
      expect(path?.length ?? 0).to.be.at.most(4);
    }
  });
});
