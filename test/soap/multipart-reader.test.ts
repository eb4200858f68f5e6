import { expect } from 'chai';
import { MultipartError } from '../../src/soap/multipart-error.ts';
import { type MultipartLimits, MultipartReader } from '../../src/soap/multipart-reader.ts';
import { type Outcome, read, wide } from './multipart.ts';

const crlf = (...lines: string[]) => lines.join('\r\n');

/** The same outcome for chunks of every size; the content of the parts that ended, and why it stopped. */
function outcome(text: string, limits: MultipartLimits = wide, boundary = 'b'): Outcome {
  const body = Buffer.from(text, 'latin1');
  const whole = read(boundary, body, undefined, limits);
  for (let size = 1; size <= 12; size += 1) {
    const cut = read(boundary, body, () => size, limits);
    expect({ ...cut, held: 0 }, `chunks of ${size}`).to.deep.equal({ ...whole, held: 0 });
  }
  return whole;
}

function contents(text: string, boundary = 'b'): string[] {
  const { parts, reason } = outcome(text, wide, boundary);
  expect(reason).to.equal(undefined);
  expect(parts.every(({ ended }) => ended)).to.equal(true);
  return parts.map(({ data }) => data);
}

function reasonOf(text: string, limits: Partial<MultipartLimits> = {}): string | undefined {
  return outcome(text, { ...wide, ...limits }).reason;
}

describe('MultipartReader', () => {
  it('gives the parts in their order, with what their headers say', () => {
    const { parts } = outcome(
      crlf(
        '--b',
        'Content-Type: application/xop+xml; type="text/xml"',
        'content-transfer-encoding: 8BIT',
        'CONTENT-ID:<root@x>',
        'X-Other: 1',
        '',
        '<a/>',
        '--b',
        'Content-Location: http://x/y ',
        'Content-Type: application/octet-stream;',
        '\tname="a.jpg"',
        'Content-ID: a b@x',
        'X-Other: 2',
        'X-Other: 3',
        '',
        'data',
        '--b--',
        '',
      ),
    );
    expect(parts).to.deep.equal([
      {
        headers: {
          contentType: 'application/xop+xml; type="text/xml"',
          encoding: '8bit',
          contentId: 'root@x',
        },
        data: '<a/>',
        ended: true,
      },
      {
        headers: {
          location: 'http://x/y',
          contentType: 'application/octet-stream;\tname="a.jpg"',
          encoding: '7bit',
          contentId: 'a b@x',
        },
        data: 'data',
        ended: true,
      },
    ]);
  });

  it('reads an id that is UTF-8', () => {
    const text = Buffer.from('--b\r\nContent-ID: <справка.pdf>\r\n\r\n\r\n--b--').toString(
      'latin1',
    );
    expect(outcome(text).parts[0]?.headers.contentId).to.equal('справка.pdf');
  });

  it('skips preamble and epilogue', () => {
    expect(contents(crlf('pre', '--bx', ' --b', '--b', '', '1', '--b--', 'x', '--b', 'y'))).to.eql([
      '1',
    ]);
    expect(contents(crlf('', '--b', '', '1', '--b--'))).to.eql(['1']);
  });

  it('takes line ends of a bare LF, and leaves a CR that is data', () => {
    expect(contents('--b\nA: 1\n\n1\n2\n--b\n\n3\r\n--b--\n')).to.eql(['1\n2', '3']);
    expect(contents(crlf('--b', '', '1\r', '--b', '', '\n2\n', '--b--'))).to.eql(['1\r', '\n2\n']);
  });

  it('lets a transport add blanks after a boundary', () => {
    expect(contents(crlf('--b \t', '', '1', '--b  ', '', '2', '--b-- \t', ''))).to.eql(['1', '2']);
    expect(contents(crlf('--b', '', '1', '--b--  '))).to.eql(['1']);
    expect(contents(crlf('--b', '', '1', '--b--  \r'))).to.eql(['1']);
  });

  it('takes for data what only begins like a boundary', () => {
    for (const line of [
      ...['--bX', '--b-', '--b-x', '--b--x', '--b x', '--b \rx', '--b\r', '--b\0', '-b', '--'],
      ...['---b', '--\r\n--', '\r', '\r\r', '--b-- x', '--b- -', '--B', '\r\n\r\n--bb'],
    ]) {
      expect(contents(crlf('--b', '', line, '--b--')), JSON.stringify(line)).to.eql([line]);
      expect(contents(crlf('--b', '', '', line, '', '--b--'))).to.eql([`\r\n${line}\r\n`]);
    }
    expect(contents(crlf('--b', '', 'x--b', '--b--'))).to.eql(['x--b']);
  });

  it('knows a boundary that has the characters of RFC 2046, blanks inside among them', () => {
    const boundary = `----=_Part 1'()+,./:?${'x'.repeat(49)}`;
    expect(boundary).to.have.lengthOf(70);
    expect(contents(`--${boundary}\r\n\r\n1\r\n--${boundary}--`, boundary)).to.eql(['1']);
  });

  it('reads empty parts, and a body without parts', () => {
    expect(contents(crlf('--b', '', '--b', 'A: 1', '', '', '--b', '', '--b--'))).to.eql([
      '',
      '',
      '',
    ]);
    expect(contents('--b--')).to.eql([]);
    expect(contents(crlf('pre', '--b--', 'post'))).to.eql([]);
  });

  it('decodes the content of parts', () => {
    const part = (encoding: string, data: string) =>
      crlf('--b', `Content-Transfer-Encoding: ${encoding}`, '', data, '--b--');
    expect(contents(part('base64', crlf('TWV6', 'aHZl', 'ZA==', '')))).to.eql(['Mezhved']);
    expect(contents(part('quoted-printable', crlf('a=3D=', 'b ', 'c ')))).to.eql(['a=b\r\nc']);
    expect(contents(part('binary', '\0=3D'))).to.eql(['\0=3D']);
    expect(reasonOf(part('base64', 'TWV6a'))).to.equal('base64-malformed');
    expect(reasonOf(part('base64', 'TW.V'))).to.equal('base64-malformed');
    expect(reasonOf(part('quoted-printable', '=4'))).to.equal('quoted-printable-malformed');
    expect(reasonOf(part('gzip', ''))).to.equal('transfer-encoding-unknown');
  });

  it('refuses a boundary that is not there or not one', () => {
    const sink = { part: () => undefined, data: () => undefined, partEnd: () => undefined };
    const reason = (boundary?: string) => {
      try {
        return typeof new MultipartReader(boundary, wide, sink);
      } catch (error) {
        return error instanceof MultipartError && error.reason;
      }
    };
    expect(reason(undefined)).to.equal('boundary-missing');
    for (const bad of ['', 'b ', 'b\n', 'b\r\nc', 'ё', 'b"', 'b;', 'b'.repeat(71)]) {
      expect(reason(bad), bad).to.equal('boundary-malformed');
    }
  });

  it('refuses a body without a boundary, and one that stops', () => {
    for (const text of ['', '\r\n', 'x', '--', '--b', '--bx\r\n', 'x--b--', '--b\r']) {
      expect(reasonOf(text), text).to.equal('first-boundary-missing');
    }
    const whole = crlf('--b', 'A: 1', '', '12', '--b', '', '3', '--b--');
    for (let length = '--b\r\n'.length; length < whole.length; length += 1) {
      expect(reasonOf(whole.slice(0, length)), `${length}`).to.equal('part-unfinished');
    }
    expect(reasonOf(whole)).to.equal(undefined);
  });

  it('refuses headers that cannot be read, or that say two things', () => {
    const headers = (...lines: string[]) => reasonOf(crlf('--b', ...lines, '', '', '--b--'));
    for (const line of [
      'A',
      '--b--',
      ' A: 1',
      ': 1',
      'A : 1',
      'A: \0',
      'A: 1\r2',
      'A: \x1b',
      '\xd1\x91: 1',
    ]) {
      expect(headers(line), JSON.stringify(line)).to.equal('header-malformed');
    }
    expect(headers('A: 1', ' 2\0')).to.equal('header-malformed');
    expect(headers('Content-ID: <a>', 'content-id: <a>')).to.equal('header-repeated');
    expect(headers('Content-Type: a/b', 'Content-Type: a/b')).to.equal('header-repeated');
    for (const id of ['', '<>', '< a>', '<a', 'a>', '<<a>>', `<${'a'.repeat(1001)}>`]) {
      expect(headers(`Content-ID: ${id}`), id).to.equal('content-id-malformed');
    }
  });

  it('refuses a Content-ID that is there twice', () => {
    const part = ['--b', 'Content-ID: <a>', '', ''];
    expect(reasonOf(crlf(...part, ...part, '--b--'))).to.equal('content-id-repeated');
    expect(reasonOf(crlf(...part, '--b', '', '', '--b', '', '', '--b--'))).to.equal(undefined);
  });

  it('keeps every limit to the octet', () => {
    const body = crlf('--b', 'A: 12', '', '123', '--b', '', '', '--b--');
    const table = [
      ['partsMax', 2, 'parts-too-many'],
      ['headerBytesMax', 'A: 12\r\n\r\n'.length, 'headers-too-large'],
      ['partBytesMax', 3, 'part-too-large'],
      ['totalBytesMax', body.length, 'body-too-large'],
    ] as const;
    for (const [limit, enough, reason] of table) {
      expect(reasonOf(body, { [limit]: enough }), limit).to.equal(undefined);
      expect(reasonOf(body, { [limit]: enough - 1 }), limit).to.equal(reason);
    }
  });

  it('counts the limit of a part anew for each, and after decoding', () => {
    const part = ['--b', 'Content-Transfer-Encoding: base64', '', 'TWV6'];
    expect(reasonOf(crlf(...part, ...part, '--b--'), { partBytesMax: 3 })).to.equal(undefined);
    expect(reasonOf(crlf(...part, '--b--'), { partBytesMax: 2 })).to.equal('part-too-large');
  });

  it('refuses at once, and goes on refusing', () => {
    const seen: string[] = [];
    const reader = new MultipartReader(
      'b',
      { ...wide, partsMax: 1 },
      {
        part: () => seen.push('part'),
        data: () => seen.push('data'),
        partEnd: () => seen.push('end'),
      },
    );
    reader.push(Buffer.from('--b\r\n\r\n1\r\n--b'));
    expect(() => reader.push(Buffer.from('\n'))).to.throw(MultipartError, /больше/);
    expect(() => reader.push(Buffer.from('x'))).to.throw(MultipartError, /больше/);
    expect(() => reader.end()).to.throw(MultipartError, /больше/);
    expect(seen).to.deep.equal(['part', 'data', 'end']);
  });

  it('hands on what the sink throws', () => {
    const full = new RangeError('no room');
    const reader = new MultipartReader('b', wide, {
      part: () => undefined,
      data: () => {
        throw full;
      },
      partEnd: () => undefined,
    });
    expect(() => reader.push(Buffer.from('--b\r\n\r\nxxx'))).to.throw(full);
    expect(() => reader.end()).to.throw(full);
  });

  it('copies no content that stands in one chunk', () => {
    const chunk = Buffer.from('--b\r\n\r\n1234\n5\r\n--b--');
    const seen: Uint8Array[] = [];
    const sink = {
      part: () => undefined,
      data: (data: Uint8Array) => seen.push(data),
      partEnd: () => undefined,
    };
    new MultipartReader('b', wide, sink).push(chunk);
    expect(seen).to.have.lengthOf(1);
    expect(seen[0]?.buffer).to.equal(chunk.buffer);
  });
});
