import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readDeclarations } from '../../src/participants/documents.ts';
import { routeSchema } from '../../src/participants/routes.ts';
import { compileSchemas } from '../../src/schema/compile.ts';
import { declaresElement } from '../../src/schema/roots.ts';
import { checkout } from '../harness/node.ts';

const folder = join(checkout, 'examples', 'routes');

describe('the examples of routes', () => {
  const types = readDeclarations([folder]).flatMap((each) =>
    each.kind === 'messageType' ? [each] : [],
  );
  const kinds = types.map(({ route }) => route.kind).sort();

  it('have one of each connector, by its name', () => {
    const connectors = routeSchema.options
      .map(({ shape }) => shape.kind.value)
      .filter((kind) => kind !== 'queue');
    expect(kinds).to.deep.equal([...connectors].sort());
    const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    expect(files.map((name) => name.replace('.yaml', '')).sort()).to.deep.equal(kinds);
  });

  it('have schemas that compile and declare their roots', () => {
    for (const { namespace, requestRoot, responseRoot, schemas } of types.flatMap(
      ({ versions }) => versions,
    )) {
      compileSchemas(schemas, schemas[0]?.name ?? '').dispose();
      for (const local of [requestRoot, responseRoot])
        expect(declaresElement(schemas, { namespace, local }), local).to.equal(true);
    }
  });
});
