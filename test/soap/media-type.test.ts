import { expect } from 'chai';
import { parseMediaType } from '../../src/soap/media-type.ts';

/** The type is under '', beside the parameters. */
function read(header: string) {
  const found = parseMediaType(header);
  return found && { '': found.type, ...Object.fromEntries(found.parameters) };
}

describe('parseMediaType', () => {
  it('reads what MTOM clients send', () => {
    expect(
      read(
        'multipart/related; type="application/xop+xml"; start="<rootpart@soapui.org>"; start-info="text/xml"; boundary="----=_Part_43"',
      ),
    ).to.deep.equal({
      '': 'multipart/related',
      type: 'application/xop+xml',
      start: '<rootpart@soapui.org>',
      'start-info': 'text/xml',
      boundary: '----=_Part_43',
    });
  });

  it('takes a type alone', () => {
    expect(read('text/xml')).to.deep.equal({ '': 'text/xml' });
  });

  it('puts type and names into lower case, and leaves values', () => {
    expect(read('Multipart/RELATED; Boundary=aBc')).to.deep.equal({
      '': 'multipart/related',
      boundary: 'aBc',
    });
  });

  it('undoes escapes in quoted strings, where a semicolon says nothing', () => {
    expect(read('a/b; c="\\"d\\\\;e\\f"; g=h')).to.deep.equal({ '': 'a/b', c: '"d\\;ef', g: 'h' });
    expect(read('a/b; c=""')).to.deep.equal({ '': 'a/b', c: '' });
  });

  it('is tolerant of blanks, of a semicolon at the end, and of quotes left out', () => {
    expect(read(' a/b ;\tc = d ; e= "f" ;; ')).to.deep.equal({ '': 'a/b', c: 'd', e: 'f' });
    expect(read('a/b; start=<x@y>; boundary=----=_Part/1; action=text/xml')).to.deep.equal({
      '': 'a/b',
      start: '<x@y>',
      boundary: '----=_Part/1',
      action: 'text/xml',
    });
    expect(read('application/pdf; name="справка.pdf"')).to.have.property('name', 'справка.pdf');
  });

  for (const [why, header] of [
    ['nothing', ''],
    ['no subtype', 'multipart'],
    ['two types', 'a/b, c/d'],
    ['a word after the type', 'a/b c=d'],
    ['a parameter twice', 'a/b; c=d; C=d'],
    ['a parameter without a value', 'a/b; c'],
    ['an empty value', 'a/b; c='],
    ['an open quote', 'a/b; c="d'],
    ['an escape at the end', 'a/b; c="d\\'],
    ['characters after a quote', 'a/b; c="d"e'],
    ['a comma', 'a/b; c=d, e/f'],
    ['a line end', 'a/b; c="d\r\n"'],
    ['NUL', 'a/b; c="\0"'],
    ['more than 1000 characters', `a/b; c=${'d'.repeat(1000)}`],
  ] as const) {
    it(`does not read ${why}`, () => {
      expect(parseMediaType(header)).to.equal(undefined);
    });
  }
});
