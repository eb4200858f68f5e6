import { expect } from 'chai';
import fc from 'fast-check';
import { MultipartError } from '../../src/soap/multipart-error.ts';
import {
  type TransferEncoding,
  transferDecoder,
  transferEncoding,
} from '../../src/soap/transfer-decoding.ts';
import { seeded } from '../xml/random.ts';

/** Everything decoded, or the reason why not; by chunks of so many octets. */
function decoded(encoding: TransferEncoding, text: string | Uint8Array, chunk = 1 << 20): string {
  const bytes = Buffer.from(text as Uint8Array);
  const decoder = transferDecoder(encoding);
  const parts: Uint8Array[] = [];
  try {
    for (let at = 0; at < bytes.length; at += chunk) {
      parts.push(decoder.decode(bytes.subarray(at, at + chunk)));
    }
    parts.push(decoder.end());
  } catch (error) {
    if (error instanceof MultipartError) return `(${error.reason})`;
    throw error;
  }
  return Buffer.concat(parts).toString('latin1');
}

/** The same for every size of chunks. */
function check(encoding: TransferEncoding, text: string, expected: string): void {
  for (const chunk of [1, 2, 3, 5, 1000]) {
    expect(decoded(encoding, text, chunk), `${JSON.stringify(text)} by ${chunk}`).to.equal(
      expected,
    );
  }
}

describe('transferEncoding', () => {
  it('is 7bit without a header, and knows the others in any case', () => {
    expect(transferEncoding(undefined)).to.equal('7bit');
    expect(transferEncoding(' BASE64 ')).to.equal('base64');
    expect(transferEncoding('Quoted-Printable')).to.equal('quoted-printable');
  });

  it('refuses what it does not know', () => {
    for (const name of ['x-uuencode', 'gzip', '', 'constructor', 'base64 base64']) {
      expect(() => transferEncoding(name), name)
        .to.throw(MultipartError)
        .with.property('reason', 'transfer-encoding-unknown');
    }
  });
});

describe('transferDecoder', () => {
  it('passes 7bit, 8bit and binary through without a copy', () => {
    for (const encoding of ['7bit', '8bit', 'binary'] as const) {
      const chunk = Buffer.from('\0\r\nё=41');
      const decoder = transferDecoder(encoding);
      expect(decoder.decode(chunk)).to.equal(chunk);
      expect(decoder.end()).to.have.lengthOf(0);
    }
  });

  it('decodes base64, without its blanks', () => {
    check('base64', 'TWV6aHZlZA==', 'Mezhved');
    check('base64', ' TW\r\nV6\taHZ\nlZA\r=\r\n= \r\n', 'Mezhved');
    check('base64', 'TWV6', 'Mez');
    check('base64', 'TWV6aA==\r\n', 'Mezh');
    check('base64', '', '');
    check('base64', '\r\n', '');
  });

  it('refuses base64 with foreign characters, wrong padding or data after padding', () => {
    for (const text of [
      ...['TWV6-', 'TW_6', 'TWV6\0', 'TWV6ё', 'TWV6.'],
      ...['TWV6aA', 'TWV6aA=', 'TWV6a===', 'T===', '====', 'TW=6', '=', 'TW=', 'T'],
      ...['TWV6aA==TWV6', 'TWV6aA===', 'TWV6aA==\r\nA', 'aA==aA=='],
      // The last bits are not zero.
      ...['TWV6aB==', 'TWX='],
    ]) {
      check('base64', text, '(base64-malformed)');
    }
  });

  it('decodes any octets that base64 encoded, however the lines and the chunks are cut', () => {
    const any = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 90 }));
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 90 }), ([bytes, line], chunk) => {
        const lines = Buffer.from(bytes)
          .toString('base64')
          .match(new RegExp(`.{1,${line}}`, 'g'));
        const text = (lines ?? []).join('\r\n');
        expect(decoded('base64', text, chunk)).to.equal(Buffer.from(bytes).toString('latin1'));
      }),
      seeded(200),
    );
  });

  it('decodes quoted-printable: escapes, soft breaks, line ends as they came', () => {
    check('quoted-printable', 'a=3Db=D1=91', 'a=b\xd1\x91');
    check('quoted-printable', 'a=3db=fF', 'a=b\xff');
    check('quoted-printable', 'a=\r\nb=\nc= \t\r\nd', 'abcd');
    check('quoted-printable', 'a\r\nb\nc\rd', 'a\r\nb\nc\rd');
    check('quoted-printable', '=0D=0A=00', '\r\n\0');
    check('quoted-printable', 'a=\r\n', 'a');
    check('quoted-printable', '', '');
  });

  it('drops blanks at the ends of lines and of the part, which transports add', () => {
    check('quoted-printable', 'a \t\r\nb \nc d  ', 'a\r\nb\nc d');
    check('quoted-printable', 'a=20 \r\nb=41  \n', 'a \r\nbA\n');
    check('quoted-printable', ' \r\n \rx', '\r\n \rx');
    check('quoted-printable', 'a  \r', 'a  \r');
  });

  it('refuses wrong escapes in quoted-printable, and lines of blanks', () => {
    for (const text of ['=', 'a=4', '=G0', '=0G', '==41', '= a', '=\rb', '=\r', '=  ', '=4\r\n1']) {
      check('quoted-printable', text, '(quoted-printable-malformed)');
    }
    check('quoted-printable', `a${' '.repeat(1000)}b`, '(quoted-printable-malformed)');
    check('quoted-printable', `=${'\t'.repeat(1000)}`, '(quoted-printable-malformed)');
    check('quoted-printable', `a${' '.repeat(999)}b`, `a${' '.repeat(999)}b`);
  });

  it('gives the same for any text in any chunks', () => {
    const piece = fc.constantFrom('=', '4', 'A', ' ', '\t', '\r', '\n', '=41', '=\r\n', 'x', '==');
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    for (const encoding of ['quoted-printable', 'base64'] as const) {
      fc.assert(
        fc.property(text, fc.integer({ min: 1, max: 5 }), (any, chunk) => {
          expect(decoded(encoding, any, chunk)).to.equal(decoded(encoding, any));
        }),
        seeded(2000),
      );
    }
  });
});
