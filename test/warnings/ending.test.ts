import { expect } from 'chai';
import type { Registration } from '../../src/participants/registration.ts';
import type { RevocationList } from '../../src/pki/crl.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import { always, type Window } from '../../src/pki/window.ts';
import { endingsOf } from '../../src/warnings/ending.ts';
import { fileEndings, keyEndings } from '../../src/warnings/own-ending.ts';
import { day, made, registryOf, start } from './made.ts';

const until = (days: number): Window => ({ from: null, until: start + days * day });
const from = (days: number): Window => ({ from: start + days * day, until: null });

describe('what ends of what operators declared', () => {
  const systems = (...all: readonly Registration[]) =>
    endingsOf(
      registryOf({ certificates: all.map((each) => ({ system: 'one', ...each })) }),
      start,
    ).map(({ endsAt, replacedBy }) => [(endsAt - start) / day, replacedBy]);

  it('is a certificate of a system, or its time here where that is shorter', () => {
    const certificate = made(-10, 50);
    expect(systems({ certificate, window: always })).to.deep.equal([[50, undefined]]);
    expect(systems({ certificate, window: until(20) })).to.deep.equal([[20, undefined]]);
  });

  it('is no matter where a newer certificate of the same kind of key is there by then', () => {
    const [old, fresh] = [made(-10, 50), made(40, 400)];
    expect(
      systems({ certificate: old, window: always }, { certificate: fresh, window: always }),
    ).to.deep.equal([
      [50, fresh.fingerprint],
      [400, undefined],
    ]);
    const late = made(51, 400);
    expect(
      systems({ certificate: old, window: always }, { certificate: late, window: always })[0],
    ).to.deep.equal([50, undefined]);
    const rsa = made(40, 400, { key: newKey('rsa') });
    expect(
      systems({ certificate: old, window: always }, { certificate: rsa, window: always })[0],
    ).to.deep.equal([50, undefined]);
  });

  it('is not what was retired, nor what ended before its time came', () => {
    expect(systems({ certificate: made(-10, 50), window: until(-1) })).to.deep.equal([]);
    expect(systems({ certificate: made(-10, 50), window: from(60) })).to.deep.equal([]);
  });

  it('is long past where the gap before its successor is over', () => {
    const [old, fresh] = [made(-100, -50), made(-40, 400)];
    expect(
      systems({ certificate: old, window: always }, { certificate: fresh, window: always })[0],
    ).to.deep.equal([-50, fresh.fingerprint]);
    expect(systems({ certificate: old, window: always })).to.deep.equal([[-50, undefined]]);
  });

  it('is an authority, until it is renewed with its name and key', () => {
    const key = newKey('ec');
    const old = { id: 'old', certificate: made(-10, 50, { key }), window: always };
    const renewed = { id: 'new', certificate: made(0, 900, { key }), window: always };
    const other = { id: 'other', certificate: made(0, 900, { key: newKey('ec') }), window: always };
    const first = (...anchors: (typeof old)[]) =>
      endingsOf(registryOf({ anchors }), start).find(({ owner }) => owner === 'old');
    expect(first(old, other)?.replacedBy).to.equal(undefined);
    expect(first(old, renewed)?.replacedBy).to.equal(renewed.certificate.fingerprint);
    expect(first(old)?.what).to.equal('trustAnchor');
  });

  it('is a list of revoked certificates whose issuer is declared', () => {
    const certificate = made(-10, 500);
    const list = (issuerName: Buffer): RevocationList => ({
      ...{ issuerName, authorityKeyId: undefined, revoked: new Map(), signatureOid: '' },
      ...{ algorithmsAgree: true, signed: Buffer.alloc(0), signature: issuerName },
      ...{ thisUpdate: start - day, nextUpdate: start + 6 * day },
    });
    const lists = [list(certificate.parts.subjectName), list(Buffer.from('30', 'hex'))];
    const registry = registryOf({
      anchors: [{ id: 'root', certificate, window: always }],
      revocation: { mode: 'soft', lists, answers: new Map() },
    });
    const found = endingsOf(registry, start).filter(({ what }) => what === 'revocationList');
    expect(found.map(({ owner, endsAt }) => [owner, endsAt])).to.deep.equal([
      ['root', start + 6 * day],
    ]);
  });
});

describe("what ends of a node's own", () => {
  const key = (owner: string, certificate: ReturnType<typeof made>, window = always) => ({
    ...{ owner, purpose: 'messages' as const, certificate, window },
  });
  const ends = (...keys: Parameters<typeof keyEndings>[0]) =>
    keyEndings(keys, start).map(({ owner, replacedBy }) => [owner, replacedBy]);

  it('is a key of a file until one of the database signs in its place', () => {
    const file = key('file', made(-10, 50));
    const stored = key('stored', made(-10, 400), from(-1));
    expect(ends(file)).to.deep.equal([['file', undefined]]);
    expect(ends(file, stored)).to.deep.equal([
      ['file', stored.certificate.fingerprint],
      ['stored', undefined],
    ]);
  });

  it('is the key that the node would choose, though another of its kind is still valid', () => {
    const stored = key('stored', made(-10, 50), from(-1));
    const file = key('file', made(-10, 400));
    expect(ends(file, stored)).to.deep.equal([
      ['file', undefined],
      ['stored', undefined],
    ]);
  });

  it('is a key that is next, and not one that has retired or is followed in time', () => {
    const old = key('old', made(-10, 50), { from: start - day, until: start + 10 * day });
    const next = key('next', made(-10, 70), from(5));
    const retired = key('retired', made(-10, 50), until(-1));
    expect(ends(old, next, retired)).to.deep.equal([
      ['old', next.certificate.fingerprint],
      ['next', undefined],
    ]);
  });

  it('is the first certificate of a port, and each by which another SMEV is known', () => {
    const [leaf, issuer] = [made(-10, 50), made(-10, 900, { name: 'УЦ' })];
    const of = (what: 'tls' | 'peer', ...all: (typeof leaf)[]) =>
      fileEndings(what, [['place', all]]).map(({ id, replacedBy }) => [id, replacedBy]);
    expect(of('tls', leaf, issuer)).to.deep.equal([[leaf.fingerprint, undefined]]);
    const renewed = made(0, 400);
    expect(of('peer', leaf, issuer, renewed)).to.deep.equal([
      [leaf.fingerprint, renewed.fingerprint],
      [issuer.fingerprint, undefined],
      [renewed.fingerprint, undefined],
    ]);
  });
});
