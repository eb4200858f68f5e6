import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { capturedXml } from '../../src/cli/captured.ts';
import { targetOf } from '../../src/signature/examine.ts';
import { findSignatures } from '../../src/signature/find.ts';
import { fileProfiles, profiles } from '../../src/signature/profiles.ts';
import { secondOpinion, signatureSource } from '../../src/signature/second-opinion.ts';
import { readStructure } from '../../src/signature/structure.ts';
import { certificateOf, verifySignature } from '../../src/signature/verify.ts';
import { withXml } from '../../src/xml/document.ts';
import { needReference } from './schema-reference.ts';

const allowed = fileProfiles.map((name) => profiles[name]);

describe('second opinions on captured messages', function () {
  this.timeout(60_000);
  let folder = '';
  before(function () {
    folder = join(needReference(this), 'samples', 'signed-real');
  });

  it('agree with the first on every signature, nested ones too', () => {
    let judged = 0;
    for (const file of readdirSync(folder)) {
      const { xml } = capturedXml(readFileSync(join(folder, file)));
      const text = Buffer.from(xml).toString('utf8');
      withXml(xml, (document) => {
        for (const { signature } of findSignatures(document)) {
          const target = targetOf(document, readStructure(signature, allowed));
          const first = verifySignature(document, signature, target, allowed, certificateOf);
          const second = secondOpinion(text, signatureSource(document, text, signature));
          expect(second.verdict, file).to.equal('good');
          expect(second.octets?.equals(first.octets), file).to.equal(true);
          expect(second.fingerprint, file).to.equal(first.fingerprint);
          judged += 1;
        }
      });
    }
    expect(judged).to.be.at.least(12);
  });
});
