import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { capturedXml } from '../../src/cli/captured.ts';
import { Fault } from '../../src/fault/fault.ts';
import { smevTransform } from '../../src/signature/smev-transform.ts';
import { canonicalize } from '../../src/xml/canonicalize.ts';
import { withXml } from '../../src/xml/document.ts';
import { elementsWithId } from '../../src/xml/ids.ts';
import { mezhved } from '../harness/node.ts';
import { needReference } from './schema-reference.ts';

interface Vector {
  readonly name: string;
  readonly input: string;
  /** Begins with ERR where the reference refuses. */
  readonly transform_after_c14n: string;
}

const rules = { processingInstructions: 'allow' } as const;

function octetsOf(xml: Uint8Array, id?: string): Buffer {
  return withXml(
    xml,
    (document) => {
      const element = id === undefined ? document.root : elementsWithId(document, id)[0];
      if (element === undefined) throw new Error(`no element ${id}`);
      return smevTransform(canonicalize(element));
    },
    rules,
  );
}

describe('the SMEV transform against the published vectors', () => {
  let reference = '';
  before(function () {
    reference = needReference(this);
  });

  for (const file of ['edge-cases.json', 'random.json']) {
    it(`gives every octet of ${file}, and refuses what the reference refuses`, () => {
      const path = join(reference, 'vectors', file);
      const vectors: Vector[] = JSON.parse(readFileSync(path, 'utf8'));
      expect(vectors.length).to.be.greaterThan(0);
      for (const { name, input, transform_after_c14n: expected } of vectors) {
        if (expected.startsWith('ERR')) {
          expect(() => octetsOf(Buffer.from(input)), name).to.throw(Fault, /TRANSFORM_REFUSED/);
        } else
          expect(octetsOf(Buffer.from(input)).equals(Buffer.from(expected)), name).to.equal(true);
      }
    });
  }

  it('gives the octets that captured messages were signed over', () => {
    const vectors = join(reference, 'vectors', 'signed-octets');
    const samples = sampleFiles(reference);
    let checked = 0;
    for (const file of readdirSync(vectors)) {
      const [, sample, id] = /^(.*)\.(\w+)\.transformed\.xml$/.exec(file) ?? [];
      const path = samples.get(sample ?? '');
      if (path === undefined) continue;
      const { xml } = capturedXml(readFileSync(path));
      const same = octetsOf(xml, id).equals(readFileSync(join(vectors, file)));
      expect(same, file).to.equal(true);
      checked += 1;
    }
    expect(checked).to.be.greaterThan(30);
  });

  it('is what the command transform writes', async () => {
    const vectors = join(reference, 'vectors', 'signed-octets');
    const file = readdirSync(vectors).find((name) => name.startsWith('AckRequest.xml.')) ?? '';
    const sample = sampleFiles(reference).get('AckRequest.xml') ?? '';
    const id = /\.(\w+)\.transformed/.exec(file)?.[1] ?? '';
    const { code, stdout } = await mezhved(['transform', sample, '--id', id]);
    expect(code).to.equal(0);
    expect(stdout === readFileSync(join(vectors, file), 'utf8')).to.equal(true);
  });
});

/** The samples by name; of two with one name the etalon comes first. */
function sampleFiles(reference: string): Map<string, string> {
  const root = join(reference, 'samples');
  const files = new Map<string, string>();
  for (const folder of ['etalon-EBBS', 'signed-real', 'signed-ws-normalized', 'Smev3Sharp']) {
    for (const name of readdirSync(join(root, folder))) {
      if (!files.has(name)) files.set(name, join(root, folder, name));
    }
  }
  return files;
}
