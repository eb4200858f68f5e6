import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { jsonOfXml } from '../../src/connectors/json-of-xml.ts';
import { type ElementShape, shapeOf } from '../../src/connectors/json-shape.ts';
import { Unmapped } from '../../src/connectors/unmapped.ts';
import { xmlOfJson } from '../../src/connectors/xml-of-json.ts';
import { compileSchemas } from '../../src/schema/compile.ts';
import type { SchemaFile } from '../../src/schema/set.ts';
import { validateElement } from '../../src/schema/validate.ts';
import { withXml } from '../../src/xml/document.ts';
import { escapeAttribute, escapeText } from '../../src/xml/escape.ts';
import type { QName } from '../../src/xml/navigate.ts';
import { checkout } from '../harness/node.ts';
import { richDocument, richRoot, richSchema, value } from './rich-schema.ts';
import { meaning } from './same-xml.ts';

const seed = 20_261_124;
const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

function shape(files: readonly SchemaFile[], root: QName): ElementShape {
  const found = shapeOf(files, root);
  if (found === undefined) throw new Error(`no ${root.local}`);
  return found;
}

function shipped(file: string): SchemaFile[] {
  const path = join(checkout, 'config/sandbox/schemas', file);
  return [{ name: file, bytes: readFileSync(path) }];
}

function unmapped(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Unmapped) return error.message;
    throw error;
  }
  return expect.fail('it was mapped');
}

describe('XML and JSON by the schema', () => {
  const rich = shape(richSchema, richRoot);

  function roundTrip(text: string, by: ElementShape) {
    const json = jsonOfXml(Buffer.from(text), by);
    const back = xmlOfJson(json, by);
    expect(meaning(back), json).to.equal(meaning(Buffer.from(text)));
    return { json, back };
  }

  it('loses nothing of documents of a rich schema, and gives back documents of it', () => {
    const compiled = compileSchemas(richSchema, 'rich.xsd');
    fc.assert(
      fc.property(richDocument, (text) => {
        const valid = (bytes: Uint8Array) =>
          withXml(bytes, ({ root }) => expect(validateElement(compiled, root)).to.deep.equal([]));
        valid(Buffer.from(text));
        valid(roundTrip(text, rich).back);
      }),
      { seed, numRuns: 300 },
    );
    compiled.dispose();
  });

  it('loses nothing of documents of the types that the sandbox has', () => {
    const birth = 'urn://mezhved.example/birth-record/1.0.0';
    const payment = 'urn://mezhved.example/payment-status/1.0.0';
    const birthShape = shape(shipped('birth-record-1.0.0.xsd'), {
      namespace: birth,
      local: 'BirthRecordRequest',
    });
    const paymentShape = shape(shipped('payment-status-1.0.0.xsd'), {
      namespace: payment,
      local: 'PaymentStatusResponse',
    });
    fc.assert(
      fc.property(value, value, fc.boolean(), (one, two, full) => {
        const record = full ? `<RecordNumber>${escapeText(two)}</RecordNumber>` : '';
        const id = full ? ` Id="${escapeAttribute(two)}"` : '';
        const name = `<FullName>${escapeText(one)}</FullName><BirthDate>1999-01-02</BirthDate>`;
        roundTrip(
          `<BirthRecordRequest xmlns="${birth}"${id}>${name}${record}</BirthRecordRequest>`,
          birthShape,
        );
        const paid = `<p:PaymentNumber>${escapeText(one)}</p:PaymentNumber><p:Status>paid</p:Status>`;
        roundTrip(
          `<p:PaymentStatusResponse xmlns:p="${payment}"${id}>${paid}</p:PaymentStatusResponse>`,
          paymentShape,
        );
      }),
      { seed, numRuns: 200 },
    );
  });

  const before = '<r:Number>007</r:Number><r:Person age="1"><r:Name>N</r:Name></r:Person>';
  const middle = '<r:Phone>1</r:Phone><r:Empty/>';
  const after = '<r:Day xsi:nil="true"/><r:Visit why="w" xsi:nil="true"/><r:Pair><r:A/></r:Pair>';
  const ask = (inner: string) =>
    `<r:Ask xmlns:r="urn:rich" xmlns:o="urn:other" ${xsi}>${inner}</r:Ask>`;
  const end = '<r:End>e</r:End>';

  it('makes arrays where the schema lets an element be repeated, and nowhere else', () => {
    const item = '<r:Item code="1"><r:Tag>t</r:Tag><r:Price currency="RUB">1.50</r:Price></r:Item>';
    const { json } = roundTrip(ask(before + item + middle + after + end), rich);
    expect(JSON.parse(json)).to.deep.equal({
      Ask: {
        Number: '007',
        Person: { '@age': '1', Name: 'N' },
        Item: [{ '@code': '1', Tag: ['t'], Price: { '@currency': 'RUB', '#text': '1.50' } }],
        Phone: '1',
        Empty: {},
        Day: null,
        Visit: { '@why': 'w', '#text': null },
        Pair: { A: '' },
        End: ['e'],
      },
    });
  });

  it('says as XML what JSON cannot say', () => {
    const note = '<r:Note>a<r:b>c</r:b></r:Note>';
    const { json } = roundTrip(ask(before + middle + after + note + end), rich);
    const [xml] = Object.values(JSON.parse(json).Ask.Note);
    expect(meaning(Buffer.from(String(xml)))).to.equal(
      meaning(Buffer.from(note.replace('<r:Note', '<r:Note xmlns:r="urn:rich"'))),
    );
  });

  it('puts elements into the order of the schema, and knows them by namespace', () => {
    const { json } = roundTrip(ask(before + middle + after + end), rich);
    const members = Object.entries(JSON.parse(json).Ask).reverse();
    const turned = JSON.stringify({ Ask: Object.fromEntries(members) });
    expect(meaning(xmlOfJson(turned, rich))).to.equal(meaning(xmlOfJson(json, rich)));
    const alien = ask(before + middle + after + end).replace(
      '<r:Phone>1</r:Phone>',
      '<o:Phone>1</o:Phone>',
    );
    expect(unmapped(() => jsonOfXml(Buffer.from(alien), rich))).to.equal(
      '/Ask/Phone: the schema has no such element',
    );
  });

  it('reads CDATA, comments and entities as XML does', () => {
    const text = ask(`<!-- c -->${before}${middle}${after}<r:End><![CDATA[<&>]]>&#65;</r:End>`);
    expect(JSON.parse(jsonOfXml(Buffer.from(text), rich)).Ask.End).to.deep.equal(['<&>A']);
  });

  it('names the path, and no value, of a document that does not map', () => {
    const bad = (inner: string) => unmapped(() => jsonOfXml(Buffer.from(ask(inner)), rich));
    expect(bad('<r:Secret>s</r:Secret>')).to.equal('/Ask/Secret: the schema has no such element');
    expect(bad('secret')).to.equal('/Ask: text between elements');
    expect(bad('<r:Number a="secret"/>')).to.include('/Ask/Number/@a: ');
    expect(bad('<r:Number/><r:Number/>')).to.equal('/Ask/Number: more than one');
    expect(bad('<r:Number><r:b/></r:Number>')).to.include('/Ask/Number/b: ');
    expect(bad('<constructor/>')).to.include('reserved');
    expect(bad('<r:__proto__/>')).to.be.a('string');
    expect(unmapped(() => jsonOfXml(Buffer.from('<Ask/>'), rich))).to.include('another root');
    expect(unmapped(() => jsonOfXml(Buffer.from('<Ask'), rich))).to.be.a('string');
  });

  const brokenJson: Record<string, [string, string]> = {
    'no JSON': ['{', '/: it is not JSON'],
    'another root': ['{"Else":{}}', '/: an object with the one member Ask'],
    'two roots': ['{"Ask":{},"b":{}}', '/: an object with the one member Ask'],
    'a list at the top': ['[]', '/: an object with the one member Ask'],
    'a number': ['{"Ask":{"Number":7}}', '/Ask/Number: a string is expected'],
    'a boolean': ['{"Ask":{"Number":true}}', '/Ask/Number: a string is expected'],
    'an object for text': ['{"Ask":{"Number":{"a":"1"}}}', '/Ask/Number/a: the schema has text'],
    'text for an object': ['{"Ask":{"Person":"x"}}', '/Ask/Person: an object is expected'],
    'a list for one': ['{"Ask":{"Number":["1"]}}', '/Ask/Number: no array is expected'],
    'one for a list': ['{"Ask":{"End":"1"}}', '/Ask/End: an array is expected'],
    'null where nothing is nillable': ['{"Ask":{"Number":null}}', '/Ask/Number: null where'],
    'null and members': ['{"Ask":{"Visit":{"#text":null,"At":"1"}}}', '/Ask/Visit: null and'],
    'an unknown member': ['{"Ask":{"Secret":"1"}}', '/Ask/Secret: the schema has no such'],
    'a member that is no name': ['{"Ask":{"a b<c>":"1"}}', '/Ask/?: the schema has no such'],
    'a prototype': ['{"Ask":{"__proto__":{"a":"1"}}}', '/Ask/__proto__: the schema has no such'],
    'an unknown attribute': ['{"Ask":{"@x":"1"}}', '/Ask/@x: the schema has no such attribute'],
    'xsi:type': ['{"Ask":{"@xsi:type":"a"}}', '/Ask/@xsi:type: the schema has no such attribute'],
    'text beside elements': ['{"Ask":{"#text":"1"}}', '/Ask/#text: the schema has no such'],
    'no character of XML': ['{"Ask":{"Number":"\\u0001"}}', '/Ask: a value is not what XML'],
    'half a character': ['{"Ask":{"Number":"\\ud83d"}}', '/Ask/Number: half of a surrogate'],
    'an object for raw': ['{"Ask":{"Note":{"b":["1"]}}}', '/Ask/Note: the XML of the element'],
    'raw that is not XML': ['{"Ask":{"Note":{"#xml":"<a"}}}', '/Ask: a value is not what XML'],
    'raw of another name': ['{"Ask":{"Note":{"#xml":"<Note/>"}}}', '/Ask/Note: another element'],
    'raw with entities': [
      '{"Ask":{"Note":{"#xml":"<!DOCTYPE a [<!ENTITY b SYSTEM \\"file:///etc/passwd\\">]><a>&b;</a>"}}}',
      '/Ask: a value is not what XML',
    ],
    'members beside raw': ['{"Ask":{"Note":{"#xml":"<a/>","b":"1"}}}', '/Ask/Note: members beside'],
  };
  for (const [name, [json, words]] of Object.entries(brokenJson)) {
    it(`refuses in JSON: ${name}`, () => {
      expect(unmapped(() => xmlOfJson(json, rich))).to.include(words);
    });
  }

  it('refuses JSON nested without end', () => {
    let nested = '{}';
    for (let at = 0; at < 400; at += 1) nested = `{"Tree":[${nested}]}`;
    const json = `{"Ask":{"Item":[{"@code":"1","Tree":${nested}}]}}`;
    expect(unmapped(() => xmlOfJson(json, rich))).to.include('nested deeper than');
  });
});
