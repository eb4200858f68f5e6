import { expect } from 'chai';
import { type FaultCode, faultRows } from '../../src/fault/codes.ts';
import { Fault, type FaultDetail } from '../../src/fault/fault.ts';
import { judgeEnvelope } from '../../src/schema/smev.ts';
import { describeFault, faultBody } from '../../src/smev/faults.ts';
import { smevNamespaces, versions } from '../../src/smev/namespaces.ts';
import { withXml } from '../../src/xml/document.ts';
import { childElements } from '../../src/xml/navigate.ts';
import { testRules } from '../harness/rules.ts';

const journalId = '01J0000000000000000000TEST';
const nasty = '<&>"\'\r\n\t]]> 😀';
const detail: FaultDetail = {
  public: nasty,
  private: 'СЕКРЕТ',
  values: { local: nasty, namespace: nasty, destination: nasty, address: nasty },
  findings: [
    { path: '/a/b', line: 3, rule: 'cvc-pattern-valid', text: nasty },
    { path: '', line: 0, rule: 'schema-valid', text: '' },
  ],
};

/** The text of a path of local names below the fault. */
function at(text: string, ...path: string[]): string | undefined {
  return withXml(Buffer.from(text), (document) => {
    let element = document.root;
    for (const name of path) {
      const found = childElements(element).find((each) => each.name === name);
      if (found === undefined) return undefined;
      element = found;
    }
    return element.content;
  });
}

describe('the fault of a refusal', () => {
  const codes = Object.keys(faultRows) as FaultCode[];

  for (const version of versions) {
    it(`is valid by the fault schema of ${version}, whatever the code and what it quotes`, () => {
      for (const code of codes) {
        for (const given of [detail, {}]) {
          const fault = new Fault(code, given);
          withXml(Buffer.from(faultBody(fault, version, journalId)), (document) => {
            const [faultcode, faultstring, holder, ...others] = childElements(document.root);
            expect(faultcode?.content, code).to.equal(`soap:${fault.row.faultcode}`);
            expect(faultstring?.content).to.equal(describeFault(fault, journalId));
            expect(others).to.deep.equal([]);
            const element = holder && childElements(holder)[0];
            expect(element?.name ?? '').to.equal(fault.row.element);
            if (element === undefined) return;
            expect(element.namespaceUri).to.equal(smevNamespaces[version].faults);
            const judged = judgeEnvelope(testRules().smev, version, element);
            expect(judged, code).to.deep.equal({ valid: true, findings: [], tolerated: [] });
            expect(document.root.content).not.to.include('СЕКРЕТ');
          });
        }
      }
    });
  }

  it('says number, code, what, where, what to do and the journal id', () => {
    const fault = new Fault('CONTENT_INVALID', {
      public: 'что',
      findings: [{ path: '/a', line: 7, rule: 'r', text: 't' }],
    });
    const [what, todo] = faultRows.CONTENT_INVALID.ru;
    expect(describeFault(fault, journalId)).to.equal(
      `SMEV-403: CONTENT_INVALID: ${what} (что) [/a, строка 7]. Что делать: ${todo}. Запись журнала: ${journalId}`,
    );
    const plain = describeFault(new Fault('ACCESS_DENIED'), journalId);
    expect(plain).to.match(/^ACCESS_DENIED: [^([]+\. Что делать: /);
  });

  it('carries what its element has a place for', () => {
    const values = { local: 'Root', namespace: 'urn:x', destination: 'q', address: 'n' };
    const text = (code: FaultCode) => faultBody(new Fault(code, { values }), '1.1', journalId);
    const unknown = text('CONTENT_TYPE_UNKNOWN');
    const type = ['detail', 'BusinessDataTypeIsNotSupported'] as const;
    expect(at(unknown, ...type, 'RootElementLocalName')).to.equal('Root');
    expect(at(unknown, ...type, 'RootElementNamespaceURI')).to.equal('urn:x');
    const full = text('QUEUE_FULL');
    expect(at(full, 'detail', 'DestinationOverflow', 'DestinationName')).to.equal('q');
    expect(at(full, 'detail', 'DestinationOverflow', 'MessageBrokerAddress')).to.equal('n');
    const name = 'SignatureVerificationFault';
    for (const code of codes) {
      const { row } = new Fault(code);
      if (row.element !== name) continue;
      expect(at(text(code), 'detail', name, name), code).to.equal(row.signature);
    }
    expect(at(text('QUEUE_FULL'), 'detail', 'DestinationOverflow', 'Code')).to.equal('QUEUE_FULL');
  });
});

describe('the fault table', () => {
  it('has codes that fit the schema, and sentences in both languages for each', () => {
    for (const [code, { ru, en }] of Object.entries(faultRows)) {
      expect(code).to.match(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
      expect(code.length).to.be.at.most(50);
      for (const text of [...ru, ...en]) expect(text, code).to.match(/^\S.*[^\s.]$/);
      expect(ru.join(''), code).to.match(/[а-я]/);
      expect(en.join(''), code).not.to.match(/[а-яА-Я]/);
    }
  });
});
