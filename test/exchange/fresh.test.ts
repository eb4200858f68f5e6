import { expect } from 'chai';
import type { Config } from '../../src/config/table.ts';
import { type Call, checkContentType, checkMethod } from '../../src/exchange/call.ts';
import { checkEndOfLife, checkMessageId, checkTimestamp } from '../../src/exchange/fresh.ts';
import { Fault } from '../../src/fault/fault.ts';
import { newMessageId } from '../../src/smev/message-id.ts';

function codeOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return 'good';
}

const limits = {
  messageIdAgeMaxMs: 1000,
  timestampAgeMaxMs: 500,
  clockSkewMaxMs: 100,
} as Config['limits'];
const now = Date.UTC(2026, 0, 1);

describe('freshness', () => {
  it('of a MessageID: to the last millisecond, both ways', () => {
    const rows = {
      [-1001]: 'MESSAGE_ID_STALE',
      [-1000]: 'good',
      0: 'good',
      100: 'good',
      101: 'MESSAGE_ID_STALE',
    };
    for (const [offset, code] of Object.entries(rows)) {
      const id = newMessageId(now + Number(offset), Buffer.alloc(8));
      expect(
        codeOf(() => checkMessageId(id, now, limits)),
        offset,
      ).to.equal(code);
    }
  });

  it('of what is no version 1 UUID is not asked', () => {
    const good = newMessageId(now, Buffer.alloc(8));
    for (const id of ['', good.toUpperCase(), good.replace('-1', '-4'), `${good}0`, ` ${good}`]) {
      expect(
        codeOf(() => checkMessageId(id, now, limits)),
        id,
      ).to.equal('MESSAGE_ID_FORMAT');
    }
  });

  it('of a Timestamp, and of an end of life', () => {
    for (const [offset, code] of [
      [-501, 'TIMESTAMP_STALE'],
      [-500, 'good'],
      [100, 'good'],
      [101, 'TIMESTAMP_STALE'],
    ] as const) {
      expect(codeOf(() => checkTimestamp(now + offset, now, limits))).to.equal(code);
    }
    expect(codeOf(() => checkEndOfLife(now, now))).to.equal('END_OF_LIFE');
    expect(codeOf(() => checkEndOfLife(now + 1, now))).to.equal('good');
    expect(codeOf(() => checkEndOfLife(undefined, now))).to.equal('good');
  });
});

describe('the head of a call', () => {
  const call = (more: Partial<Call>): Call => ({
    endpoint: '1.2',
    method: 'POST',
    contentType: 'text/xml',
    soapAction: undefined,
    peer: '',
    body: async () => ({ bytes: new Uint8Array(), parts: [] }),
    ...more,
  });

  it('is POST alone', () => {
    expect(codeOf(() => checkMethod(call({})))).to.equal('good');
    for (const method of ['PUT', 'DELETE', 'post', 'OPTIONS']) {
      expect(codeOf(() => checkMethod(call({ method })))).to.equal('METHOD_NOT_ALLOWED');
    }
  });

  it('is text/xml in UTF-8; SOAP 1.2 and MTOM are named', () => {
    const rows: Record<string, string> = {
      'text/xml': 'good',
      'Text/XML; Charset="UTF-8"': 'good',
      'text/xml;charset=utf-8; action="urn:Ack"': 'good',
      'text/xml; charset=windows-1251': 'CONTENT_TYPE_UNSUPPORTED',
      'text/xmlx': 'CONTENT_TYPE_UNSUPPORTED',
      '': 'CONTENT_TYPE_UNSUPPORTED',
      'application/xml': 'CONTENT_TYPE_UNSUPPORTED',
      'application/soap+xml; charset=utf-8': 'SOAP_VERSION',
      'multipart/related; boundary=x': 'good',
    };
    for (const [contentType, code] of Object.entries(rows)) {
      expect(
        codeOf(() => checkContentType(call({ contentType }))),
        contentType,
      ).to.equal(code);
    }
    expect(codeOf(() => checkContentType(call({ contentType: undefined })))).to.equal(
      'CONTENT_TYPE_UNSUPPORTED',
    );
  });
});
