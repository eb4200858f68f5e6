import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { admitDeclarations } from '../../src/participants/admit.ts';
import { readDeclarations } from '../../src/participants/documents.ts';
import { routeSchema } from '../../src/participants/routes.ts';
import { checkout } from '../harness/node.ts';

const folder = join(checkout, 'examples', 'routes');

describe('the examples of routes', () => {
  const declared = readDeclarations([folder]);
  const kinds = declared.map((each) => (each.kind === 'messageType' ? each.route.kind : each.kind));

  it('have one of each connector, by its name', () => {
    const connectors = routeSchema.options
      .map(({ shape }) => shape.kind.value)
      .filter((kind) => kind !== 'queue');
    expect([...kinds].sort()).to.deep.equal([...connectors].sort());
    const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    expect(files.map((name) => name.replace('.yaml', '')).sort()).to.deep.equal([...kinds].sort());
  });

  it('have schemas that are admitted', async function () {
    this.timeout(30_000);
    await admitDeclarations(declared);
  });
});
