import { expect } from 'chai';
import { type Line, LineSplitter } from '../../src/ftp/lines.ts';
import { Chance } from '../fault/chance.ts';

const told = (lines: readonly Line[]) =>
  lines.map((line) => (line.kind === 'text' ? line.text : `<${line.kind}>`));

function split(octets: string | Buffer, bytesMax = 64): string[] {
  return told(new LineSplitter(bytesMax).push(Buffer.from(octets)));
}

describe('the lines of the control connection', () => {
  it('end with CR LF or LF; what has no end waits', () => {
    expect(split('USER a\r\nPASS b\nNOO')).to.deep.equal(['USER a', 'PASS b']);
    expect(split('\r\n\n')).to.deep.equal(['', '']);
  });

  it('keep a CR that is no end, for the command to refuse', () => {
    expect(split('DELE a\rb\r\n')).to.deep.equal(['DELE a\rb']);
  });

  it('are refused with a NUL or where they are no UTF-8', () => {
    expect(split('DELE a\0b\r\nNOOP\r\n')).to.deep.equal(['<broken>', 'NOOP']);
    expect(split(Buffer.from([0x41, 0xc3, 0x28, 0x0a]))).to.deep.equal(['<broken>']);
    expect(split(Buffer.from([0x41, 0xed, 0xa0, 0x80, 0x0a]))).to.deep.equal(['<broken>']);
    expect(split('DELE жук\n')).to.deep.equal(['DELE жук']);
  });

  it('are no longer than the limit, with an end or without, and nothing comes after', () => {
    expect(split(`${'a'.repeat(64)}\r\n`)).to.deep.equal(['a'.repeat(64)]);
    expect(split(`NOOP\r\n${'a'.repeat(65)}\r\nNOOP\r\n`)).to.deep.equal(['NOOP', '<too-long>']);
    const splitter = new LineSplitter(64);
    expect(splitter.push(Buffer.alloc(65, 'a'))).to.deep.equal([]);
    expect(told(splitter.push(Buffer.from('a')))).to.deep.equal(['<too-long>']);
    expect(splitter.push(Buffer.from('\r\nNOOP\r\n'))).to.deep.equal([]);
  });

  it('lose octets of Telnet before ABOR, and ABOR the LF that went out of band', () => {
    expect(split(Buffer.from('\xff\xf4\xff\xf2ABOR\r\n', 'latin1'))).to.deep.equal(['ABOR']);
    const splitter = new LineSplitter(64);
    expect(told(splitter.push(Buffer.from('\xf2abor\r', 'latin1')))).to.deep.equal(['ABOR']);
    expect(told(splitter.push(Buffer.from('NOOP\r\n')))).to.deep.equal(['NOOP']);
    expect(told(splitter.push(Buffer.from('ABOR\r')))).to.deep.equal(['ABOR']);
    expect(told(splitter.push(Buffer.from('\nNOOP\r\n')))).to.deep.equal(['NOOP']);
  });

  it('are the same however the octets are cut', () => {
    const chance = new Chance();
    process.stdout.write(
      `        seed ${chance.seed}: MEZHVED_SEED=${chance.seed} draws the same\n`,
    );
    const pieces = [
      'USER ж\r\n',
      'A',
      '\n',
      '\r',
      '\0',
      '\xff',
      'ABOR\r\n',
      '\xf2',
      'x'.repeat(30),
    ];
    for (let n = 0; n < 2000; n += 1) {
      const octets = Buffer.concat(
        Array.from({ length: chance.between(1, 12) }, () => {
          const piece = pieces[chance.between(0, pieces.length)] ?? '';
          return Buffer.from(piece, piece.includes('ж') ? 'utf8' : 'latin1');
        }),
      );
      const splitter = new LineSplitter(64);
      const found: string[] = [];
      for (let at = 0; at < octets.byteLength; ) {
        const next = Math.min(at + chance.between(1, 9), octets.byteLength);
        found.push(...told(splitter.push(octets.subarray(at, next))));
        at = next;
      }
      expect(found, `${n}`).to.deep.equal(split(octets));
    }
  });
});
