import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { capturedXml } from '../../src/cli/captured.ts';
import { Fault } from '../../src/fault/fault.ts';
import { type Curve, curves } from '../../src/gost/curves.ts';
import type { GostKeyKind } from '../../src/pki/gost-key.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { newGostKey } from '../../src/pki/issuing-key.ts';
import { examine } from '../../src/signature/examine.ts';
import { findSignatures } from '../../src/signature/find.ts';
import { signText } from '../../src/signature/insert.ts';
import { fileProfiles, profiles } from '../../src/signature/profiles.ts';
import { type Signer, signerFromPem } from '../../src/signature/signer.ts';
import { smevTransform } from '../../src/signature/smev-transform.ts';
import { canonicalize } from '../../src/xml/canonicalize.ts';
import { withXml } from '../../src/xml/document.ts';
import { GostOpenssl, needGostEngine } from '../harness/gost-engine.ts';
import { needSantuario, Santuario } from '../harness/santuario.ts';
import { sendRequest, signerOf, types } from '../signature/documents.ts';
import { randomElement, seeded } from '../xml/random.ts';
import { needReference } from './schema-reference.ts';
import { borderDocument, transformDocument } from './transform-documents.ts';

const full = process.env['MEZHVED_FULL'] === '1';
const cp = 'urn:ietf:params:xml:ns:cpxmlsec:algorithms:';
const more = 'http://www.w3.org/2001/04/xmldsig-more#';

const by256 = [`${cp}gostr34102012-gostr34112012-256`, `${cp}gostr34112012-256`] as const;
const by512 = [`${cp}gostr34102012-gostr34112012-512`, `${cp}gostr34112012-512`] as const;
const methods: readonly (readonly [string, string, string, string])[] = [
  ...['A', 'B', 'C', 'TCA', 'TCB', 'TCC', 'TCD'].map(
    (set) => ['gost2012_256', set, ...by256] as const,
  ),
  ...['A', 'B', 'C'].map((set) => ['gost2012_512', set, ...by512] as const),
  ['gost2001', 'A', `${more}gostr34102001-gostr3411`, `${more}gostr3411`],
  ['gost2001', 'B', `${cp}gostr34102001-gostr3411`, `${cp}gostr3411`],
];

/** A key and its own certificate, made by OpenSSL. */
function pairOf(engine: string, kind: string, paramset: string) {
  const openssl = new GostOpenssl(engine);
  try {
    openssl.run(
      ...[
        'req',
        '-x509',
        '-config',
        'req.cnf',
        '-newkey',
        kind,
        '-pkeyopt',
        `paramset:${paramset}`,
      ],
      ...['-nodes', '-days', '1', '-subj', '/CN=test', '-keyout', 'key.pem', '-out', 'crt.pem'],
    );
    return {
      key: openssl.read('key.pem').toString(),
      certificate: openssl.read('crt.pem').toString(),
    };
  } finally {
    openssl.end();
  }
}

/** What `verify` says of a file's signatures, as the oracle puts it. */
function examined(text: string): { id: string; digest: string; signature: string }[] {
  const allowed = fileProfiles.map((name) => profiles[name]);
  return withXml(Buffer.from(text), (document) =>
    findSignatures(document).map((found) => {
      const { id, digest, signature } = examine(document, found, allowed);
      return { id, digest, signature };
    }),
  );
}

function gostSigner(kind: GostKeyKind, curve: Curve): Signer {
  const wish = { commonName: curve.name, organization: 'Тест', notBefore: 0, notAfter: 4e12 };
  const pair = issueCertificate(newGostKey(kind, curve), wish);
  return signerFromPem(pair.key, pair.certificate);
}

const gostSigners = curves
  .filter(({ name }) => !name.endsWith('-Test'))
  .flatMap((curve): [string, () => Signer][] =>
    curve.bytes === 64
      ? [[`GOST 2012 of 512 bits on ${curve.name}`, () => gostSigner('gost2012-512', curve)]]
      : [
          [`GOST 2012 of 256 bits on ${curve.name}`, () => gostSigner('gost2012-256', curve)],
          [`GOST 2001 on ${curve.name}`, () => gostSigner('gost2001', curve)],
        ],
  );

const signers: Readonly<Record<string, () => Signer>> = {
  ...Object.fromEntries(gostSigners),
  'RSA and SHA-256': () => signerOf('rsa'),
  'ECDSA P-256 and SHA-384': () => signerOf('ec', 'sha384'),
  'ECDSA P-384 and SHA-512': () => signerOf('ec', 'sha512', 'secp384r1'),
};

function isTransformed(content: string): boolean {
  try {
    withXml(Buffer.from(content), ({ root }) => smevTransform(canonicalize(root)));
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

describe('Apache Santuario', function () {
  this.timeout(full ? 1_800_000 : 120_000);
  let santuario: Santuario;

  before(function () {
    needSantuario(this);
    santuario = new Santuario();
  });

  after(() => santuario?.close());

  it('judges captured messages as what they are', async function () {
    const reference = needReference(this);
    let good = 0;
    let bad = 0;
    for (const folder of ['signed-real', 'signed-ws-normalized']) {
      for (const name of readdirSync(join(reference, 'samples', folder))) {
        const { xml } = capturedXml(readFileSync(join(reference, 'samples', folder, name)));
        const digest = name.startsWith('NEGATIVE-digest') ? 'bad' : 'good';
        const verdicts = await santuario.verify(xml);
        expect(verdicts.length, name).to.be.greaterThan(0);
        for (const { id, ...verdict } of verdicts) {
          expect(verdict, `${name} ${id}`).to.deep.equal({ digest, signature: 'good' });
        }
        if (digest === 'good') good += verdicts.length;
        else bad += verdicts.length;
      }
    }
    expect([good, bad]).to.deep.equal([27, 4]);
  });

  for (const [kind, paramset, signatureMethod, digestMethod] of methods) {
    it(`signs by ${signatureMethod} with ${kind} ${paramset}, and sees what was changed`, async function () {
      const keys = pairOf(needGostEngine(this), kind, paramset);
      const container = 'CallerInformationSystemSignature';
      const xml = sendRequest('<x:Q xmlns:x="urn:x">ё &gt;<y xmlns="urn:y"/></x:Q>')
        .replace('<t:SenderProvidedRequestData>', '<t:SenderProvidedRequestData Id="S">')
        .replace('</t:SendRequestRequest>', `<t:${container}/></t:SendRequestRequest>`);
      const job = { xml, id: 'S', namespace: types, container, signatureMethod, digestMethod };
      const signed = (await santuario.sign({ ...job, ...keys })).toString();
      const [, signature = ''] = /<ds:Signature (.*)<\/ds:Signature>/s.exec(signed) ?? [];
      expect(signature).to.not.match(/\s</);
      expect(signature.match(/ds:Transform /g)).to.have.lengthOf(2);
      const good = { id: 'S', digest: 'good', signature: 'good' };
      expect(await santuario.verify(signed)).to.deep.equal([good]);
      expect(examined(signed)).to.deep.equal([good]);
      const changed = await santuario.verify(signed.replace('ё', 'е'));
      expect(changed).to.deep.equal([{ ...good, digest: 'bad' }]);
      const info = signed.replace('<ds:Reference ', '<ds:Reference Id="R" ');
      expect(await santuario.verify(info)).to.deep.equal([{ ...good, signature: 'bad' }]);
    });
  }

  for (const [name, made] of Object.entries(signers)) {
    it(`finds what is signed with ${name} good, over random documents`, async () => {
      const signer = made();
      const gost = signer.profile !== 'xmldsig';
      await fc.assert(
        fc.asyncProperty(randomElement, async (random) => {
          const content = `<x:Q xmlns:x="urn:x" xmlns="urn:y">${random}</x:Q>`;
          // The SMEV transform refuses some documents; Santuario's signature needs no namespace.
          fc.pre(!gost || isTransformed(content));
          const signed = signText(sendRequest(content), 'caller', signer);
          const good = { id: 'SIGNED_BY_CALLER', digest: 'good', signature: 'good' };
          expect(await santuario.verify(signed)).to.deep.equal([good]);
        }),
        seeded(full ? 1000 : 20),
      );
    });
  }

  it('says what is wrong with a document, and goes on', async () => {
    expect(await failureOf(santuario.verify('<a xmlns="urn:a"'))).to.match(/SAXParseException/);
    const twice = signText(sendRequest(), 'caller', signerOf('rsa')).replace(
      '<soap:Body>',
      '<soap:Header><a Id="SIGNED_BY_CALLER"/></soap:Header><soap:Body>',
    );
    expect(await failureOf(santuario.verify(twice))).to.include('SIGNED_BY_CALLER');
    expect(await santuario.verify('<a xmlns="urn:a"/>')).to.deep.equal([]);
  });
});

describe('the SMEV transform and Woodstox', function () {
  this.timeout(full ? 1_800_000 : 120_000);
  let santuario: Santuario;

  before(function () {
    needSantuario(this);
    santuario = new Santuario();
  });

  after(() => santuario?.close());

  for (const file of ['edge-cases.json', 'random.json']) {
    it(`Woodstox gives what ${file} expects`, async function () {
      const path = join(needReference(this), 'vectors', file);
      const vectors: { name: string; input: string; transform_after_c14n: string }[] = JSON.parse(
        readFileSync(path, 'utf8'),
      );
      for (const { name, input, transform_after_c14n: expected } of vectors) {
        if (expected.startsWith('ERR')) {
          expect(await failureOf(santuario.transform(input)), name).to.match(/XMLStreamException/);
        } else {
          const same = (await santuario.transform(input)).equals(Buffer.from(expected));
          expect(same, name).to.equal(true);
        }
      }
    });
  }

  const kinds = {
    'random documents, refusals included': transformDocument,
    'text at the borders of blocks': borderDocument,
  };
  for (const [name, documents] of Object.entries(kinds)) {
    it(`agree over ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(documents, async (xml) => {
          const theirs = await outcome(santuario.transform(xml));
          expect(ours(xml)).to.equal(theirs);
        }),
        seeded(full ? 10_000 : 300),
      );
    });
  }
});

const refused = 'refused';

function ours(xml: string): string {
  try {
    return withXml(
      Buffer.from(xml),
      (document) => smevTransform(canonicalize(document.root)).toString(),
      { processingInstructions: 'allow' },
    );
  } catch (error) {
    if (error instanceof Fault && error.code === 'TRANSFORM_REFUSED') return refused;
    throw error;
  }
}

async function outcome(octets: Promise<Buffer>): Promise<string> {
  try {
    return (await octets).toString();
  } catch (error) {
    // The writer's refusals are the transform's; those of the parser would be the generator's.
    if (/XMLStreamException/.test(String(error))) return refused;
    throw error;
  }
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return String(error);
  }
}
