import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { admissionLimits, admitSchemas } from '../../src/schema/admission/admission.ts';
import { schema } from './schemas.ts';

const list = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join('');

const root = (inner: string) =>
  `<xs:element name="R"><xs:complexType>${inner}</xs:complexType></xs:element>`;

/** Groups that hold each other twice: 2^40 elements when written out. */
const doubling = list(40, (i) => {
  const inner = `<xs:group ref="t:g${i + 1}"/>`;
  const last = '<xs:element name="x" type="xs:string"/>';
  return `<xs:group name="g${i}"><xs:sequence>${i < 39 ? inner + inner : last}</xs:sequence></xs:group>`;
});

describe('admitting a set of schemas', function () {
  this.timeout(20_000);

  it('admits a set that is whole, in folders', async () => {
    const files = [
      schema(
        'a.xsd',
        '<xs:include schemaLocation="commons/b.xsd"/><xs:element name="R" type="t:T"/>',
      ),
      schema('commons/b.xsd', '<xs:complexType name="T"/>'),
    ];
    expect(await admitSchemas(files, 'a.xsd')).deep.equal([]);
  });

  it('names file and line of what does not compile', async () => {
    const files = [
      schema('a.xsd', '<xs:include schemaLocation="commons/b.xsd"/>'),
      schema('commons/b.xsd', '\n<xs:element name="R" type="t:None"/>'),
    ];
    const [finding] = await admitSchemas(files, 'a.xsd');
    expect(finding).include({ path: 'commons/b.xsd', line: 2 });
  });

  const bomb = `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(1000)}">\
${list(9, (i) => `<!ENTITY c${i} "${list(10, () => (i === 0 ? '&b;' : `&c${i - 1};`))}">`)}]><a>&c8;</a>`;
  const poisoned: Record<
    string,
    readonly [files: Parameters<typeof admitSchemas>[0], rule: string]
  > = {
    'a missing import': [[schema('a.xsd', '<xs:include schemaLocation="b.xsd"/>')], 'src-import'],
    'an import from the network': [
      [schema('a.xsd', '<xs:import namespace="urn:b" schemaLocation="http://127.0.0.1:1/b.xsd"/>')],
      'src-import',
    ],
    'what is not XML': [[{ name: 'a.xsd', bytes: Buffer.from('PK\x03\x04') }], 'xml-malformed'],
    'an entity bomb': [[{ name: 'a.xsd', bytes: Buffer.from(bomb) }], 'xml-doctype'],
    'too many bytes': [[schema('a.xsd', `<!--${'x'.repeat(17 * 1024 * 1024)}-->`)], 'set-size'],
    'too many files': [
      Array.from({ length: 300 }, (_, i) =>
        schema(i === 0 ? 'a.xsd' : `f${i}.xsd`, `<xs:include schemaLocation="f${i + 1}.xsd"/>`),
      ),
      'set-files',
    ],
    'a group in itself': [
      [
        schema(
          'a.xsd',
          `<xs:group name="g"><xs:sequence><xs:group ref="t:g"/></xs:sequence></xs:group>`,
        ),
      ],
      'schema-representation',
    ],
    'groups that double forty times': [
      [schema('a.xsd', doubling + root('<xs:group ref="t:g0"/>'))],
      'set-limits',
    ],
    'too deep nesting': [
      [schema('a.xsd', root('<xs:sequence>'.repeat(5000) + '</xs:sequence>'.repeat(5000)))],
      'xml-depth',
    ],
  };

  for (const [what, [files, rule]] of Object.entries(poisoned)) {
    it(`refuses within five seconds: ${what}`, async () => {
      const began = performance.now();
      const findings = await admitSchemas(files, 'a.xsd');
      expect(findings[0]?.rule).equal(rule);
      expect(performance.now() - began).lessThan(5000);
    });
  }

  it('keeps to its memory', async () => {
    const many = list(30_000, (i) => root('<xs:sequence/>').replace('"R"', `"e${i}"`));
    const limits = { ...admissionLimits, memoryMiB: 17 };
    const findings = await admitSchemas([schema('a.xsd', many)], 'a.xsd', limits);
    expect(findings).not.deep.equal([]);
  });

  it('leaves no thread at work', async () => {
    const limits = { ...admissionLimits, timeMs: 300 };
    const files = [schema('a.xsd', doubling + root('<xs:group ref="t:g0"/>'))];
    const [finding] = await admitSchemas(files, 'a.xsd', limits);
    expect(finding?.rule).equal('set-limits');
    const before = process.cpuUsage();
    await setTimeout(1000);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).lessThan(500_000);
  });

  it('holds up nothing else meanwhile', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 10);
    const limits = { ...admissionLimits, timeMs: 500 };
    await admitSchemas(
      [schema('a.xsd', doubling + root('<xs:group ref="t:g0"/>'))],
      'a.xsd',
      limits,
    );
    clearInterval(timer);
    expect(turns).greaterThan(10);
  });
});
