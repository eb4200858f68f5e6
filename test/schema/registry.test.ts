import { expect } from 'chai';
import { SchemaRefused } from '../../src/schema/compile.ts';
import { buildContentRegistry, judgeContent } from '../../src/schema/registry.ts';
import { withXml } from '../../src/xml/document.ts';
import { schema } from './schemas.ts';

describe('schemas of business content', () => {
  const roots =
    '<xs:element name="Ask" type="xs:int"/><xs:element name="Answer" type="xs:string"/>';
  const version = (requestRoot: string, responseRoot: string, text = roots) => ({
    version: '1',
    namespace: 'urn:t',
    requestRoot,
    responseRoot,
    schemas: [schema('a.xsd', text)],
  });
  const judge = (registry: ReturnType<typeof buildContentRegistry>, xml: string) =>
    withXml(Buffer.from(xml), ({ root }) => judgeContent(registry, root));

  it('finds the type by the name of the root, and the side', () => {
    const registry = buildContentRegistry([{ id: 'type', versions: [version('Ask', 'Answer')] }]);
    const asked = judge(registry, '<Ask xmlns="urn:t">1</Ask>');
    expect(asked).deep.equal({
      messageType: 'type',
      role: 'request',
      versions: [{ version: '1', findings: [] }],
    });
    expect(judge(registry, '<Answer xmlns="urn:t"/>')?.role).equal('response');
    expect(judge(registry, '<Ask xmlns="urn:t">x</Ask>')?.versions[0]?.findings[0]).include({
      path: '/Ask',
      rule: 'cvc-datatype-valid.1.2.1',
    });
    registry.dispose();
  });

  it('knows nothing of other roots and namespaces', () => {
    const registry = buildContentRegistry([{ id: 'type', versions: [version('Ask', 'Ask')] }]);
    expect(judge(registry, '<Answer xmlns="urn:t"/>')).equal(undefined);
    expect(judge(registry, '<Ask xmlns="urn:other"/>')).equal(undefined);
    expect(judge(registry, '<Ask/>')).equal(undefined);
    expect(judge(registry, '<Ask xmlns="urn:t">1</Ask>')?.role).equal('both');
    registry.dispose();
  });

  it('compiles a type when it is first asked for, and once', () => {
    const broken = version('Ask', 'Answer', '<xs:element name="Ask" type="t:None"/>');
    const registry = buildContentRegistry([
      { id: 'broken', versions: [{ ...broken, namespace: 'urn:broken' }] },
      { id: 'type', versions: [version('Ask', 'Answer')] },
    ]);
    expect(judge(registry, '<Ask xmlns="urn:t">1</Ask>')?.versions[0]?.findings).deep.equal([]);
    expect(registry.find('urn:t', 'Ask')?.versions[0]?.schema()).equal(
      registry.find('urn:t', 'Answer')?.versions[0]?.schema(),
    );
    expect(() => judge(registry, '<Ask xmlns="urn:broken"/>')).throws(SchemaRefused);
    expect(() => registry.compileAll()).throws(SchemaRefused);
    registry.dispose();
  });
});
