import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { statuses, statusesBefore, statusFor, transitions } from '../../src/exchange/status.ts';
import { smevNamespaces, versions } from '../../src/smev/namespaces.ts';
import { withXml } from '../../src/xml/document.ts';
import { everyElement } from '../../src/xml/navigate.ts';

/** The values that the project's own schema of this version allows. */
function allowed(version: string): string[] {
  const path = new URL(`../../schemas/smev/${version}/basic.xsd`, import.meta.url);
  return withXml(readFileSync(path), (document) => {
    const values: string[] = [];
    for (const element of everyElement(document)) {
      if (element.attr('name')?.value !== 'InteractionStatusType') continue;
      for (const inner of everyElement(document)) {
        const type = inner.parent?.parent;
        if (inner.name === 'enumeration' && type?.isSameNode(element)) {
          values.push(inner.attr('value')?.value ?? '');
        }
      }
    }
    return values;
  });
}

describe('the statuses of an exchange', () => {
  it('are those of SMEV 1.3', () => {
    expect([...statuses].sort()).to.deep.equal(allowed('1.3').sort());
  });

  for (const version of versions) {
    it(`have each a value in ${smevNamespaces[version].basic}`, () => {
      const values = allowed(version);
      expect(values.length).to.be.greaterThan(7);
      for (const status of statuses) expect(values).to.include(statusFor(version, status));
    });
  }

  it('keep their name in every version that has it', () => {
    for (const version of versions) {
      const values = allowed(version);
      for (const status of statuses) {
        if (values.includes(status)) expect(statusFor(version, status)).to.equal(status);
      }
    }
  });

  it('are reached by one transition each, and never lead back', () => {
    const reached = transitions.map(({ to }) => to);
    expect(new Set(reached).size).to.equal(reached.length);
    const order = ['requestIsQueued', ...reached];
    for (const { from, to } of transitions) {
      expect(statusesBefore(to)).to.deep.equal(from);
      for (const before of from) {
        expect(order.indexOf(before)).to.be.within(0, order.indexOf(to) - 1);
      }
    }
  });
});
