import { expect } from 'chai';
import { Fault } from '../../src/fault/fault.ts';
import {
  answerVersions,
  countingVersions,
  type Sending,
  type TypeVersion,
  type Versioned,
  versionFor,
  versionNameOf,
} from '../../src/participants/type-versions.ts';
import type { Window } from '../../src/pki/window.ts';
import type { JudgedVersion } from '../../src/schema/registry.ts';

const finding = { path: '/Ask', line: 1, rule: 'cvc-type', text: 'no' };

function version(name: string, window: Window | undefined): TypeVersion {
  const roots = { requestRoot: 'Ask', responseRoot: 'Tell' };
  return {
    ...{ version: name, namespace: `urn:t/${name}`, ...roots, schemas: [] },
    ...{ window, rollback: undefined },
  };
}

const from = (at: number, until: number | null = null): Window => ({ from: at, until });

function type(versions: readonly TypeVersion[], pins: Record<string, string> = {}): Versioned {
  return { versions, pins };
}

const fits = (name: string): JudgedVersion => ({ version: name, findings: [] });
const not = (name: string): JudgedVersion => ({ version: name, findings: [finding] });

function outcome(of: Versioned, judged: readonly JudgedVersion[], sending: Sending): string {
  try {
    return versionFor(of, judged, sending);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [error.code, error.detail.public].filter((each) => each !== undefined).join(' ');
  }
}

describe('the version of a message type that content counts by', () => {
  const old = version('1', { from: null, until: 200 });
  const fresh = version('2', from(100));
  const both = type([old, fresh]);
  const at = (moment: number, asked?: string): Sending => ({ system: 's', at: moment, asked });

  it('is the one whose time it is: before, in the overlap, after', () => {
    expect(outcome(both, [fits('1')], at(99))).to.equal('1');
    expect(outcome(both, [fits('2')], at(99))).to.match(
      /^CONTENT_VERSION_NOT_ACTIVE 2, с \/ from /,
    );
    expect(outcome(both, [fits('1')], at(100))).to.equal('1');
    expect(outcome(both, [fits('2')], at(100))).to.equal('2');
    expect(outcome(both, [fits('1')], at(199))).to.equal('1');
    expect(outcome(both, [fits('1')], at(200))).to.match(
      /^CONTENT_VERSION_ENDED 1, до \/ until .*; действует \/ counts: 2 \(urn:t\/2\)$/,
    );
    expect(outcome(both, [fits('2')], at(200))).to.equal('2');
  });

  it('is of several with one root the newest that it fits', () => {
    expect(outcome(both, [fits('1'), fits('2')], at(150))).to.equal('2');
    expect(outcome(both, [fits('1'), not('2')], at(150))).to.equal('1');
    expect(outcome(both, [not('1'), not('2')], at(150))).to.equal('CONTENT_INVALID');
    expect(outcome(both, [fits('1'), not('2')], at(200))).to.equal('CONTENT_INVALID');
  });

  it('is the one that is pinned, and no other, after its end too', () => {
    const pinned = type([old, fresh], { s: '1' });
    expect(outcome(pinned, [fits('1')], at(500))).to.equal('1');
    expect(outcome(pinned, [fits('2')], at(500))).to.equal('CONTENT_VERSION_PINNED 1');
    expect(outcome(pinned, [fits('1')], { ...at(500), system: 'other' })).to.contain('ENDED');
  });

  it('is of an answer also the one that was asked in, whatever became of it since', () => {
    expect(outcome(both, [fits('1')], at(500, '1'))).to.equal('1');
    const taken = type([version('1', from(0)), version('2', from(100, 300))]);
    expect(outcome(taken, [fits('2')], at(400, '2'))).to.equal('2');
    expect(outcome(taken, [fits('2')], at(400))).to.contain('ENDED');
    expect(answerVersions(taken, '2', 400)).to.deep.equal(['2', '1']);
    expect(answerVersions(taken, null, 150)).to.deep.equal(['2', '1']);
  });

  it('is none that was admitted and never told to count', () => {
    const waiting = type([version('1', from(0)), version('2', undefined)]);
    expect(outcome(waiting, [fits('2')], at(50))).to.equal('CONTENT_VERSION_NOT_ACTIVE 2');
    expect(countingVersions(waiting, 50).map((each) => each.version)).to.deep.equal(['1']);
  });

  it('is named by its namespace where nobody named it', () => {
    expect(versionNameOf('urn://x-artefacts/fns/1.0.2')).to.equal('1.0.2');
    expect(versionNameOf('http://example.org/birth/v2/')).to.equal('v2');
    expect(versionNameOf('urn:birth')).to.equal('urn:birth');
  });
});
