import { expect } from 'chai';
import type { FtpEntry } from '../../src/ftp/host.ts';
import { allFacts, factsOf, inParts, listingLines, timeValue } from '../../src/ftp/listing.ts';
import { reply, replyText } from '../../src/ftp/replies.ts';

const now = Date.UTC(2026, 5, 30, 12);
const file: FtpEntry = {
  kind: 'file',
  name: 'отчёт 1.xml',
  size: 1234,
  modifiedAt: Date.UTC(2026, 4, 7, 3, 4, 5),
};
const folder: FtpEntry = { kind: 'folder', name: 'in', size: 0, modifiedAt: Date.UTC(2024, 0, 2) };

describe('listings', () => {
  it('are told as ls tells them, older ones by their year', () => {
    expect([...listingLines([file, folder], { form: 'long', now })]).to.deep.equal([
      '-rw-r--r-- 1 ftp ftp         1234 May 07 03:04 отчёт 1.xml\r\n',
      'drwxr-xr-x 1 ftp ftp            0 Jan 02  2024 in\r\n',
    ]);
  });

  it('are told as names and as facts', () => {
    expect([...listingLines([file, folder], { form: 'names' })].join('')).to.equal(
      'отчёт 1.xml\r\nin\r\n',
    );
    expect([...listingLines([file, folder], { form: 'facts', facts: allFacts })]).to.deep.equal([
      'type=file;size=1234;modify=20260507030405; отчёт 1.xml\r\n',
      'type=dir;modify=20240102000000; in\r\n',
    ]);
    expect(factsOf(file, ['size'])).to.equal('size=1234; ');
    expect(factsOf(file, [])).to.equal(' ');
    expect(timeValue(file.modifiedAt + 999)).to.equal('20260507030405');
  });

  it('leave out what a host calls so that it would forge a line', () => {
    const forged = [{ ...file, name: 'a\r\nb' }, { ...file, name: '..' }, file];
    expect([...listingLines(forged, { form: 'names' })]).to.deep.equal(['отчёт 1.xml\r\n']);
  });

  it('go in parts that make the same whole', () => {
    const lines = Array.from({ length: 5000 }, (_, n) => `строка ${n}\r\n`);
    const parts = [...inParts(lines)];
    expect(parts.length).to.be.greaterThan(1);
    expect(Buffer.concat(parts).toString()).to.equal(lines.join(''));
    expect([...inParts([])]).to.deep.equal([]);
  });
});

describe('replies', () => {
  it('have one line or more, and none that a text forges', () => {
    expect(replyText(reply(200, 'OK'))).to.equal('200 OK\r\n');
    expect(replyText(reply(211, 'a', 'b', 'c'))).to.equal('211-a\r\n b\r\n211 c\r\n');
    expect(replyText(reply(550, 'a\r\n230 b'))).to.equal('550 a  230 b\r\n');
  });
});
