import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseMediaType } from '../../src/soap/media-type.ts';
import { needReference } from '../oracle/schema-reference.ts';
import { read } from './multipart.ts';

// Names and sizes only: the file was written by others and holds people's data.
describe('a captured MTOM message', () => {
  function captured(context: Mocha.Context): { boundary: string | undefined; body: Buffer } {
    const folder = join(needReference(context), 'samples', 'etalon-EBBS');
    const bytes = readFileSync(join(folder, 'SendRequestRequestAttachMTOM.txt'));
    const text = bytes.toString('latin1');
    const head = /^[\s\S]*?\r?\n\r?\n/.exec(text)?.[0] ?? '';
    const contentType = /^content-type:[ \t]*(.*?)\r?$/im.exec(head)?.[1] ?? '';
    return {
      boundary: parseMediaType(contentType)?.parameters.get('boundary'),
      body: bytes.subarray(head.length),
    };
  }

  for (const lineEnd of ['\r\n', '\n']) {
    it(`is read in any chunks, its lines ended by ${JSON.stringify(lineEnd)}`, function () {
      const { boundary, body } = captured(this);
      // The capture stops in the headers of the attachment; the rest of them and some octets stand in.
      const lines = body.toString('latin1').replace(/\r?\n/g, lineEnd);
      const rest = [lines, '', 'x'.repeat(5000), `--${boundary}--`, ''].join(lineEnd);
      expect(read(boundary, Buffer.from(lines, 'latin1')).reason).to.equal('part-unfinished');
      for (const size of [1, 7, 4096, 1 << 20]) {
        const { parts, reason } = read(boundary, Buffer.from(rest, 'latin1'), () => size);
        expect(reason).to.equal(undefined);
        expect(parts.map(({ headers }) => headers.contentId)).to.eql([
          'rootpart@soapui.org',
          'attach5MB.jpg',
        ]);
        const sizes = parts.map(({ data }) => data.length);
        expect(sizes[0]).to.be.within(4000, 6000);
        expect(sizes[1]).to.equal(5000);
      }
    });
  }
});
