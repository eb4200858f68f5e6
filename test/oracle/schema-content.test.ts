import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { capturedXml } from '../../src/cli/captured.ts';
import { mainSchemaFor, readSchemaFolder } from '../../src/cli/schema-folder.ts';
import { admitSchemas } from '../../src/schema/admission/admission.ts';
import { compileSchemas, SchemaRefused } from '../../src/schema/compile.ts';
import { buildContentRegistry, judgeContent } from '../../src/schema/registry.ts';
import type { SchemaFile } from '../../src/schema/set.ts';
import { smevNamespaces } from '../../src/smev/namespaces.ts';
import { withXml } from '../../src/xml/document.ts';
import { childElements, everyElement, isNamed, qname } from '../../src/xml/navigate.ts';
import { needReference, samples } from './schema-reference.ts';

describe('schemas of real message types', function () {
  this.timeout(60_000);
  let folder: string;

  before(function () {
    folder = needReference(this);
  });

  const types = [
    {
      id: 'esia-find',
      folder: 'xsd/vs/esia-smev3/FIND',
      main: 'esia_rg_find_account.xsd',
      documents: ['xsd/vs/esia-smev3/FIND/Request0.xml', 'xsd/vs/esia-smev3/FIND/Response0.xml'],
    },
    {
      id: 'biometrics',
      folder: 'samples/nbp-ebs',
      main: 'nbp-register-biometric.xsd',
      documents: ['samples/nbp-ebs/Request0.xml', 'samples/nbp-ebs/Response0.xml'],
    },
  ];

  for (const type of types) {
    it(`${type.id}: admits the schemas and finds their own samples valid`, async () => {
      const files = readSchemaFolder(join(folder, type.folder));
      expect(await admitSchemas(files, type.main)).deep.equal([]);
      for (const name of type.documents) {
        const { xml } = capturedXml(readFileSync(join(folder, name)));
        withXml(xml, ({ root }) => {
          const registry = buildContentRegistry([registered(type.id, root, files, type.main)]);
          const judged = judgeContent(registry, root);
          expect(judged?.messageType).equal(type.id);
          expect(judged?.versions[0]?.findings, name).deep.equal([]);
          registry.dispose();
        });
      }
    });
  }

  it('judges the ESIA request inside its captured envelope', () => {
    const files = readSchemaFolder(join(folder, 'xsd/vs/esia-smev3/FIND'));
    const found = samples(folder).filter(({ name }) =>
      name.includes('SendRequestRequest-ESIAFind'),
    );
    expect(found).length(1);
    for (const { name, xml } of found) {
      withXml(xml, (document) => {
        for (const element of everyElement(document)) {
          if (!isNamed(element, smevNamespaces['1.1'].basic, 'MessagePrimaryContent')) continue;
          const content = childElements(element)[0] ?? element;
          const main = mainSchemaFor(qname(content), files) ?? '';
          const registry = buildContentRegistry([registered('find', content, files, main)]);
          expect(judgeContent(registry, content)?.versions[0]?.findings, name).deep.equal([]);
          registry.dispose();
          return;
        }
        expect.fail('no business content');
      });
    }
  });

  it('compiles every set that is whole', () => {
    const files = readSchemaFolder(join(folder, 'xsd/vs'));
    const refused = new Set<string>();
    let compiled = 0;
    for (const { name } of files) {
      try {
        compileSchemas(files, name).dispose();
        compiled += 1;
      } catch (error) {
        if (!(error instanceof SchemaRefused)) throw error;
        for (const { rule } of error.findings) refused.add(rule);
      }
    }
    expect(compiled).greaterThan(50);
    // What does not compile lacks a file, or has a name that must be changed.
    expect([...refused].filter((rule) => !['src-import', 'set-name'].includes(rule))).deep.equal(
      [],
    );
  });
});

function registered(
  id: string,
  root: Parameters<typeof qname>[0],
  files: readonly SchemaFile[],
  main: string,
) {
  const { namespace, local } = qname(root);
  const first = files.filter(({ name }) => name === main);
  const schemas = [...first, ...files.filter(({ name }) => name !== main)];
  const roots = { requestRoot: local, responseRoot: local };
  return { id, versions: [{ version: '1', namespace, ...roots, schemas }] };
}
