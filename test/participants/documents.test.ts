import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { admitDeclarations, SchemasRefused } from '../../src/participants/admit.ts';
import { DeclarationsInvalid, readDeclarations } from '../../src/participants/documents.ts';
import { checkout, temporaryFolder } from '../harness/node.ts';

describe('declarations', () => {
  let folder: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ path: folder, remove } = await temporaryFolder());
  });
  afterEach(() => remove());

  function read(text: string) {
    writeFileSync(join(folder, 'd.yaml'), text);
    return readDeclarations([join(folder, 'd.yaml')]);
  }

  function problems(text: string): string {
    try {
      read(text);
    } catch (error) {
      if (error instanceof DeclarationsInvalid) return error.message;
      throw error;
    }
    throw new Error('it was accepted');
  }

  const type = (route: string, schemas = 'a.xsd') => `
kind: messageType
id: t
name: Т
versions: [{namespace: 'urn:t', requestRoot: Ask, responseRoot: Tell, schemas: [${schemas}]}]
senders: [a]
providers: [b]
route: ${route}
`;
  const schema = (inner: string) =>
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">${inner}</xs:schema>`;

  it('of the sandbox are read whole, with certificates and schemas', () => {
    const loaded = readDeclarations([join(checkout, 'config', 'sandbox')]);
    expect(loaded.map(({ kind, id }) => `${kind} ${id}`)).to.deep.equal([
      'messageType birth-record',
      'messageType payment-status',
      'trustAnchor sandbox-ca',
      'trustAnchor sandbox-ca-ec',
      'trustAnchor sandbox-ca-gost',
      'trustAnchor sandbox-ca-gost512',
      'participant agency-a',
      'participant agency-b',
    ]);
  });

  it('of the sandbox have schemas that are admitted', async function () {
    this.timeout(30_000);
    await admitDeclarations(readDeclarations([join(checkout, 'config', 'sandbox')]));
  });

  it('tell everything that is wrong at once, with document and field', () => {
    const text = problems(`kind: participant
id: "не то"
name: x
systems: []
---
kind: trustAnchor
id: ca
certificate: none.pem
---
kind: folder
id: x
`);
    expect(text).to.match(/\(1\): id: /);
    expect(text).to.match(/\(1\): systems: /);
    expect(text).to.match(/\(2\): .*none\.pem/);
    expect(text).to.match(/\(3\): kind: /);
  });

  it('refuse an unknown field, and a route that lacks what its kind needs or has what it does not know', () => {
    expect(problems('{kind: trustAnchor, id: x, certificate: y, sertificate: z}')).to.include(
      'sertificate',
    );
    writeFileSync(join(folder, 'a.xsd'), schema(''));
    for (const [kind, lacks] of [
      ['soap', 'wsdl'],
      ['rest', 'url'],
      ['smev', 'trust'],
      ['directory', 'folder'],
    ]) {
      expect(problems(type(`{kind: ${kind}}`)), kind).to.include(`route.${lacks}: `);
    }
    for (const route of [
      "{kind: rest, url: 'file:///x'}",
      "{kind: rest, url: 'http://x', rate: {max: 0, perMs: 1}}",
      "{kind: rest, url: 'http://x', rejections: {'500': NO_DATA}}",
      "{kind: rest, url: 'http://x', uri: 'http://y'}",
      "{kind: directory, folder: f, lane: 'не то'}",
    ]) {
      expect(problems(type(route)), route).to.match(/route/);
    }
    expect(problems(type('{kind: pigeon}'))).to.match(/route/);
    expect(problems(type('{kind: simulator, rejectShare: 2, answer: <a/>}'))).to.include(
      'rejectShare',
    );
  });

  it('name schema files as the imports of the main one do', () => {
    mkdirSync(join(folder, 'x', 'common'), { recursive: true });
    mkdirSync(join(folder, 'shared'), { recursive: true });
    for (const name of ['x/main.xsd', 'x/common/a.xsd', 'shared/b.xsd']) {
      writeFileSync(join(folder, name), schema(''));
    }
    const [loaded] = read(type('{kind: queue}', 'x/main.xsd, x/common/a.xsd, shared/b.xsd'));
    if (loaded?.kind !== 'messageType') throw new Error('no message type');
    expect(loaded.versions[0]?.schemas.map(({ name }) => name)).to.deep.equal([
      'x/main.xsd',
      'x/common/a.xsd',
      'shared/b.xsd',
    ]);
  });

  it('with a schema that does not compile, or lacks the roots, are refused', async function () {
    this.timeout(30_000);
    const refused = async (text: string) => {
      writeFileSync(join(folder, 'a.xsd'), text);
      try {
        await admitDeclarations(read(type('{kind: queue}')));
      } catch (error) {
        if (error instanceof SchemasRefused) return error.message;
        throw error;
      }
      throw new Error('it was admitted');
    };
    expect(await refused(schema('<xs:element name="Ask" type="none"/>'))).to.include('urn:t');
    expect(await refused(schema('<xs:element name="Ask"/>'))).to.include('Tell');
  });
});
