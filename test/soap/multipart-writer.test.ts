import { expect } from 'chai';
import fc from 'fast-check';
import { parseMediaType } from '../../src/soap/media-type.ts';
import { MultipartError } from '../../src/soap/multipart-error.ts';
import { multipartHead, rootContentId } from '../../src/soap/multipart-writer.ts';
import { full } from '../fault/full.ts';
import { seeded } from '../xml/random.ts';
import { read, sent } from './multipart.ts';

const root = Buffer.from('<soap:Envelope/>');
const jpeg = {
  contentId: 'a@x',
  mimeType: 'image/jpeg',
  size: 3,
  data: Buffer.from('\xff\xd8\n', 'latin1'),
};

describe('multipartHead', () => {
  it('writes the message that SOAP 1.1 over MTOM asks for', () => {
    const head = multipartHead('b-1', root, [jpeg]);
    expect(head.contentType).to.equal(
      'multipart/related; type="application/xop+xml"; start="<root@mezhved>"; start-info="text/xml"; boundary="b-1"',
    );
    const text = [
      '--b-1',
      'Content-Type: application/xop+xml; charset=UTF-8; type="text/xml"',
      'Content-Transfer-Encoding: binary',
      'Content-ID: <root@mezhved>',
      '',
      '<soap:Envelope/>',
      '--b-1',
      'Content-Type: image/jpeg',
      'Content-Transfer-Encoding: binary',
      'Content-ID: <a@x>',
      '',
      '\xff\xd8\n',
      '--b-1--',
      '',
    ].join('\r\n');
    expect(sent(head.body).toString('latin1')).to.equal(text);
    expect(head.contentLength).to.equal(text.length);
  });

  it('leaves root and parts where they are, for the caller to send', () => {
    const { body } = multipartHead('b', root, [jpeg]);
    expect(body.includes(root)).to.equal(true);
    expect(body.includes(jpeg)).to.equal(true);
  });

  it('writes a message without attachments', () => {
    const { body, contentLength } = multipartHead('b', root, []);
    const { parts } = read('b', sent(body));
    expect(parts.map(({ data }) => data)).to.eql(['<soap:Envelope/>']);
    expect(contentLength).to.equal(sent(body).length);
  });

  it('says no length where the size of a part is not known', () => {
    const unknown = { contentId: 'c', mimeType: 'image/jpeg' };
    expect(multipartHead('b', root, [jpeg, unknown]).contentLength).to.equal(undefined);
  });

  it('refuses what would not be read', () => {
    const reason = (boundary: string, ...parts: { contentId: string; mimeType: string }[]) => {
      try {
        return typeof multipartHead(boundary, root, parts);
      } catch (error) {
        return error instanceof MultipartError && error.reason;
      }
    };
    const mimeType = 'a/b';
    expect(reason('b"')).to.equal('boundary-malformed');
    for (const contentId of ['', 'a\r\nX: 1', 'a>', '<a', 'a\0', ' a', '\ud800']) {
      expect(reason('b', { contentId, mimeType }), contentId).to.equal('content-id-malformed');
    }
    for (const wrong of ['', 'jpeg', 'a/b\r\nX: 1', 'a/b; c="']) {
      const part = { contentId: 'a', mimeType: wrong };
      expect(reason('b', part), wrong).to.equal('media-type-malformed');
    }
    const twice = { contentId: 'a', mimeType };
    expect(reason('b', twice, twice)).to.equal('content-id-repeated');
    expect(reason('b', { contentId: rootContentId, mimeType })).to.equal('content-id-repeated');
  });

  it('writes what the reader reads back, whatever the parts hold and however chunks are cut', () => {
    const boundary = fc
      .stringMatching(/^[0-9A-Za-z'()+_,./:=?-]{1,70}$/)
      .map((text) => text || 'b');
    const nasty = boundary.chain((b) => {
      // Look-alikes in plenty, but for the boundary's own line, which the caller's chance keeps out.
      const piece = fc.oneof(
        fc.constantFrom(
          '\r',
          '\n',
          '\r\n',
          '-',
          '--',
          `--${b}X`,
          `\r\n--${b}-`,
          `\n--${b}\r`,
          '\0',
        ),
        fc.constantFrom(b, `--${b}`, `\r\n--${b.slice(0, -1)}`, ' ', `\r\n--${b} x`),
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      );
      const line = new RegExp(`(?:^|\n)--${b.replace(/\W/g, '\\$&')}(?:--)?[ \t]*\r?(?:\n|$)`);
      const data = fc
        .array(piece, { maxLength: 12 })
        .map((pieces) => pieces.join(''))
        .filter((text) => !line.test(text))
        .map((text) => Buffer.from(text, 'latin1'));
      const part = fc.record({
        contentId: fc.constantFrom('a', 'файл', 'a b', '1@x', `--${b}`),
        mimeType: fc.constantFrom('image/jpeg', 'a/b; c="\\"d"', 'text/plain; charset=utf-8'),
        data,
      });
      return fc.record({
        boundary: fc.constant(b),
        root: data,
        parts: fc.uniqueArray(part, { maxLength: 5, selector: ({ contentId }) => contentId }),
        sizes: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }),
      });
    });
    fc.assert(
      fc.property(nasty, ({ boundary, root, parts, sizes }) => {
        const sized = parts.map((part) => ({ ...part, size: part.data.length }));
        const { body, contentType, contentLength } = multipartHead(boundary, root, sized);
        const bytes = sent(body);
        expect(contentLength).to.equal(bytes.length);
        const media = parseMediaType(contentType);
        expect(media?.parameters.get('start')).to.equal(`<${rootContentId}>`);
        let turn = 0;
        const cut = () => sizes[turn++ % sizes.length] ?? 1;
        const back = read(media?.parameters.get('boundary'), bytes, cut);
        expect(back.reason).to.equal(undefined);
        expect(
          back.parts.map(({ headers, data }) => [headers.contentId, headers.contentType, data]),
        ).to.deep.equal([
          [
            rootContentId,
            'application/xop+xml; charset=UTF-8; type="text/xml"',
            root.toString('latin1'),
          ],
          ...parts.map((part) => [part.contentId, part.mimeType, part.data.toString('latin1')]),
        ]);
      }),
      seeded(full ? 20_000 : 500),
    );
  });
});
