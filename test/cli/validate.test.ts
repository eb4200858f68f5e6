import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Command } from 'commander';
import { register, type Validation } from '../../src/cli/validate.ts';
import { smevNamespaces, type Version } from '../../src/smev/namespaces.ts';

const id = 'a1b2c3d4-0000-11ea-8000-0123456789ab';

function ack(version: Version, attributes = 'Id="A" accepted="true"', value = id): string {
  const { types, basic } = smevNamespaces[version];
  return `<AckRequest xmlns="${types}"><b:AckTargetMessage xmlns:b="${basic}" ${attributes}>${value}\
</b:AckTargetMessage></AckRequest>`;
}

function soap(body: string): string {
  return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">\n<s:Body>${body}</s:Body>\
</s:Envelope>`;
}

describe('mezhved validate', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mezhved-validate-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the command in this process and catches what it prints. */
  async function run(...args: string[]) {
    const written = { out: '', err: '' };
    const { write: out } = process.stdout;
    const { write: err } = process.stderr;
    const previous = process.exitCode;
    process.stdout.write = (chunk: string | Uint8Array) => {
      written.out += chunk;
      return true;
    };
    process.stderr.write = (chunk: string | Uint8Array) => {
      written.err += chunk;
      return true;
    };
    try {
      const program = new Command();
      register(program);
      await program.parseAsync(['node', 'mezhved', 'validate', ...args]);
      return { ...written, code: process.exitCode ?? 0 };
    } finally {
      process.stdout.write = out;
      process.stderr.write = err;
      process.exitCode = previous;
    }
  }

  async function json(text: string | Uint8Array, ...args: string[]) {
    const file = join(folder, 'message.xml');
    writeFileSync(file, text);
    const { out, err, code } = await run(file, '--json', ...args);
    return { code, err, file, result: out === '' ? undefined : (JSON.parse(out) as Validation) };
  }

  it('exits 0 on what is valid, in an envelope or bare', async () => {
    for (const text of [soap(ack('1.1')), ack('1.3'), `\uFEFF${soap(ack('1.2'))}`]) {
      const { code, file, result } = await json(text);
      expect(code).equal(0);
      expect(result).deep.equal({
        file,
        version: result?.version,
        valid: true,
        problems: [],
        tolerated: [],
      });
    }
  });

  it('exits 1 on what is not, with path, line, rule and text', async () => {
    const { code, result } = await json(soap(`\n${ack('1.1', 'Id="A"', 'x')}`));
    expect(code).equal(1);
    expect(result).include({ version: '1.1', valid: false });
    expect(result?.problems.map(({ rule }) => rule)).deep.equal([
      'cvc-complex-type.4',
      'cvc-pattern-valid',
    ]);
    const [problem] = result?.problems ?? [];
    expect(problem).include({ path: '/Envelope/Body/AckRequest/AckTargetMessage', line: 3 });
    expect(Object.keys(problem ?? {}).sort()).deep.equal(['line', 'path', 'rule', 'text']);
  });

  it('exits 0 on a tolerated deviation of 1.2 and names it', async () => {
    const { code, result } = await json(soap(ack('1.2', 'Id="A"')));
    expect(code).equal(0);
    expect(result?.valid).equal(true);
    expect(result?.tolerated).deep.equal(['AckTargetMessage/@accepted:absent']);
  });

  it('exits 2 on what is not SMEV 3, not XML, or not there', async () => {
    const fault = '<s:Fault><faultcode>s:Server</faultcode><faultstring>x</faultstring></s:Fault>';
    for (const text of [
      '<a/>',
      soap('<a/>'),
      soap(''),
      soap(fault),
      'text',
      '<a>',
      '',
      `${ack('1.1')}x`,
    ]) {
      const { code, err, result } = await json(text);
      expect(code, text).equal(2);
      expect(result).equal(undefined);
      expect(err).match(/^mezhved: .*message\.xml/);
    }
    expect((await run(join(folder, 'none.xml'))).code).equal(2);
    expect((await run(folder)).code).equal(2);
  });

  it('judges the root part of a captured multipart message, lines counted from the top', async () => {
    const dump = [
      'POST /ws HTTP/1.1',
      'Content-Type: multipart/related; boundary="----=_Part_1"',
      '',
      '------=_Part_1',
      'Content-Type: application/xop+xml;',
      '\tcharset=UTF-8',
      '',
      soap(ack('1.1', 'Id="A"')),
      '------=_Part_1',
      'Content-Type: application/octet-stream',
      '',
      '<not xml',
      '------=_Part_1--',
    ].join('\r\n');
    const { code, result } = await json(dump);
    expect(code).equal(1);
    expect(result?.problems).length(1);
    expect(result?.problems[0]?.line).equal(9);
  });

  describe('with --schemas', () => {
    const content = (value: string) => {
      const { types, basic } = smevNamespaces['1.1'];
      return soap(`<SendRequestRequest xmlns="${types}"><SenderProvidedRequestData><MessageID>${id}\
</MessageID><MessagePrimaryContent xmlns="${basic}"><R xmlns="urn:t">${value}</R>\
</MessagePrimaryContent></SenderProvidedRequestData></SendRequestRequest>`);
    };
    let schemas: string;
    beforeEach(() => {
      schemas = join(folder, 'xsd');
      mkdirSync(join(schemas, 'deep', 'commons'), { recursive: true });
      const wrap = (inner: string) =>
        `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" \
targetNamespace="urn:t">${inner}</xs:schema>`;
      writeFileSync(
        join(schemas, 'deep', 'main.xsd'),
        wrap('<xs:include schemaLocation="commons/t.xsd"/><xs:element name="R" type="t:T"/>'),
      );
      const type = '<xs:simpleType name="T"><xs:restriction base="xs:int"/></xs:simpleType>';
      writeFileSync(join(schemas, 'deep', 'commons', 't.xsd'), wrap(type));
      writeFileSync(join(schemas, 'not-a-schema.xsd'), 'nonsense');
    });

    it('judges the business content too', async () => {
      expect((await json(content('1'), '--schemas', schemas)).code).equal(0);
      const { code, result } = await json(content('x'), '--schemas', schemas);
      expect(code).equal(1);
      expect(result?.problems[0]).include({ rule: 'cvc-datatype-valid.1.2.1' });
      expect(result?.problems[0]?.path).match(/\/MessagePrimaryContent\/R$/);
      expect((await json(content('x'))).code).equal(0);
    });

    it('says of a root of that namespace that no schema declares', async () => {
      const other = content('1').replaceAll('R xmlns', 'Q xmlns').replace('</R>', '</Q>');
      const { code, result } = await json(other, '--schemas', schemas);
      expect(code).equal(1);
      expect(result?.problems[0]?.rule).equal('cvc-elt.1');
    });

    it('exits 2 where the folder is not there or its schema does not compile', async () => {
      expect((await json(content('1'), '--schemas', join(folder, 'none'))).code).equal(2);
      rmSync(join(schemas, 'deep', 'commons', 't.xsd'));
      const { code, err } = await json(content('1'), '--schemas', schemas);
      expect(code).equal(2);
      expect(err).include('deep/main.xsd');
    });
  });

  it('prints for people without --json', async () => {
    const file = join(folder, 'message.xml');
    writeFileSync(file, soap(ack('1.2', 'Id="A"')));
    const { out } = await run(file);
    expect(out).include('СМЭВ 1.2').include('AckTargetMessage/@accepted:absent');
  });
});
