import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Rehearsal } from '../../src/exchange/rehearse.ts';
import type { Group } from '../../src/exchange/tally.ts';
import { ApplyRefused, apply } from '../../src/participants/apply.ts';
import { retireCertificate, rotateCertificate } from '../../src/participants/certificates.ts';
import { readDeclarations } from '../../src/participants/documents.ts';
import { readRegistry } from '../../src/participants/registry.ts';
import { importRevocationList } from '../../src/participants/revocation-lists.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { type IssuingKey, newGostKey, newKey } from '../../src/pki/issuing-key.ts';
import { full } from '../fault/full.ts';
import { sandboxSigner } from '../harness/client.ts';
import { forEachDatabase, type OpenTestDatabase } from '../harness/databases.ts';
import { checkout } from '../harness/node.ts';
import { type ListWish, listOf } from '../pki/crl-stand.ts';
import { type Change, pemOf, ReceivingStand, type Traffic, traffic } from './rehearsal-stand.ts';

const hour = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'mezhved-'));
const now = Date.now();

function declared(text: string): Change {
  const file = join(folder, 'declared.yaml');
  writeFileSync(file, text);
  const loaded = readDeclarations([file]);
  return (context) => apply(context, loaded);
}

function issued(key: IssuingKey, ca = false) {
  const wish = { commonName: 'Новый', organization: 'Тест', ca };
  const valid = { notBefore: now - hour, notAfter: now + 48 * hour };
  return issueCertificate(key, { ...wish, ...valid }).certificate;
}

function rotation(key: IssuingKey): Change {
  const certificate = readCertificate(issued(key));
  const when = { at: now + hour, overlapMs: 2 * hour };
  return (context) => rotateCertificate(context, { system: 'agency-a', certificate, ...when });
}

function retirement(at: number): Change {
  const { fingerprint } = sandboxSigner('agency-a', 'ec').certificate;
  return (context) => retireCertificate(context, fingerprint, at);
}

/** A list by the EC authority of the sandbox. */
function list(revoked: Parameters<typeof listOf>[1], wish: ListWish = {}): Change {
  const key = createPrivateKey(readFileSync(join(checkout, 'certs.example', 'ca-ec.key.pem')));
  const certificate = readCertificate(pemOf('ca-ec'));
  const issuer = { issuer: { key, commonName: '', organization: '' }, certificate };
  const der = listOf(issuer, revoked, {
    ...{ thisUpdate: now - hour, nextUpdate: now + 24 * hour },
    ...wish,
  });
  return async (context) => {
    const { anchors } = (await readRegistry(context.database)).trustAt(now);
    return importRevocationList(context, der, anchors);
  };
}

const sandbox = join(checkout, 'config', 'sandbox');
const schema = readFileSync(join(sandbox, 'schemas', 'birth-record-1.0.0.xsd'), 'utf8');

function birthRecord(change: Record<string, string>, xsd = schema): Change {
  writeFileSync(join(folder, 'birth.xsd'), xsd);
  const members = {
    senders: '[agency-a]',
    providers: '[agency-b]',
    route: '{ kind: queue }',
    ...change,
  };
  const lines = Object.entries(members).map(([name, value]) => `${name}: ${value}\n`);
  return declared(
    `kind: messageType\nid: birth-record\nname: Рождение\nversions:\n` +
      '  - namespace: urn://mezhved.example/birth-record/1.0.0\n    requestRoot: BirthRecordRequest\n' +
      `    responseRoot: BirthRecordResponse\n    schemas: [birth.xsd]\n${lines.join('')}`,
  );
}

function agency(id: string, system: string, ...stems: string[]): string {
  const files = stems.map((stem) => join(checkout, 'certs.example', `${stem}.crt.pem`));
  const certificates = files.map((file) => `      - ${file}\n`).join('');
  return `kind: participant\nid: ${id}\nname: ${id}\nsystems:\n  - id: ${system}\n    certificates:\n${certificates}`;
}

function file(name: string, pem: string): string {
  writeFileSync(join(folder, name), pem);
  return name;
}

interface Scenario {
  readonly change: () => Change;
  /** What is refused: code, and names of messages. */
  readonly refused: Readonly<Record<string, readonly string[]>>;
  readonly moments?: readonly number[];
  readonly hard?: true;
  /** On PostgreSQL too in the quick run. */
  readonly both?: true;
  /** What was changed before. */
  readonly prior?: () => Change;
  readonly admitted?: number;
}

const rsa = ['rsa', 'rsa, again', 'a file', 'a person'];
const scenarios: Readonly<Record<string, Scenario>> = {
  'a certificate rotated that is in use, RSA': {
    both: true,
    change: () => rotation(newKey('rsa')),
    refused: { CERTIFICATE_REPLACED: rsa },
    moments: [now + hour, now + 3 * hour],
  },
  'a certificate rotated that is in use, GOST': {
    both: true,
    change: () => rotation(newGostKey('gost2012-256')),
    refused: { CERTIFICATE_REPLACED: ['gost'] },
    moments: [now + hour, now + 3 * hour],
  },
  'a certificate rotated of a kind that nobody signs with': {
    change: () => rotation(newGostKey('gost2012-512')),
    refused: {},
    moments: [now + hour, now + 3 * hour],
  },
  'a certificate retired that is in use': {
    change: () => retirement(now),
    refused: { CERTIFICATE_REPLACED: ['ec', 'payment'] },
  },
  'an anchor in place of another': {
    change: () => {
      const pem = file('ca.pem', issued(newKey('ec'), true));
      return declared(`kind: trustAnchor\nid: sandbox-ca-ec\ncertificate: ${pem}\n`);
    },
    refused: { CERTIFICATE_UNTRUSTED: ['ec', 'payment', 'a file', 'rejection'] },
    moments: [now + 48 * hour],
  },
  'an anchor that ends': {
    change: () =>
      declared(
        `kind: trustAnchor\nid: sandbox-ca-gost512\ncertificate: ${file('ca512.pem', pemOf('ca-gost512'))}\nuntil: '${new Date(now + hour).toISOString()}'\n`,
      ),
    refused: { CERTIFICATE_UNTRUSTED: ['a person'] },
    moments: [now + hour],
  },
  'a list that revokes': {
    change: () => list([sandboxSigner('agency-a', 'ec').certificate]),
    refused: { CERTIFICATE_REVOKED: ['ec', 'payment'] },
  },
  'the first list where lists are demanded': {
    change: () => list([]),
    hard: true,
    refused: {},
    admitted: 2 + 1,
  },
  'a list that is sooner out of date where lists are demanded': {
    prior: () => list([]),
    change: () => list([], { thisUpdate: now - 1000, nextUpdate: now + hour }),
    hard: true,
    refused: { CERTIFICATE_STATUS_UNKNOWN: ['ec', 'payment', 'rejection'] },
    moments: [now + hour, now + 24 * hour],
  },
  'a schema that refuses what passed': {
    change: () => birthRecord({}, schema.replace('maxLength value="500"', 'maxLength value="20"')),
    refused: { CONTENT_INVALID: ['ec'] },
    moments: [],
  },
  'a right taken away': {
    change: () => birthRecord({ senders: '[agency-b]' }),
    refused: { ACCESS_DENIED: [...rsa, 'ec', 'gost'] },
    moments: [],
  },
  'another provider: who was asked before may still answer': {
    both: true,
    change: () => birthRecord({ providers: '[agency-a]' }),
    refused: {},
    moments: [],
  },
  'files of other types': {
    change: () => birthRecord({ attachments: '{ types: [image/png] }' }),
    refused: { ATTACHMENT_TYPE: ['a file'] },
    moments: [],
  },
  'a system taken away': {
    change: () => declared(agency('agency-a', 'other', 'agency-a-gost512')),
    refused: { SENDER_UNKNOWN: [...rsa, 'ec', 'gost', 'payment'] },
    moments: [],
  },
  'a certificate given to a system of another': {
    change: () =>
      declared(
        `${agency('agency-a', 'agency-a', 'agency-a', 'agency-a-gost')}---\n` +
          agency('agency-b', 'agency-b', 'agency-b', 'agency-b-ec', 'agency-a-ec'),
      ),
    refused: { ACCESS_DENIED: ['ec', 'payment'] },
    moments: [],
  },
};

describe('rehearsing a change over recorded messages', function () {
  this.timeout(60_000);
  after(() => rmSync(folder, { recursive: true, force: true }));

  forEachDatabase((kind, open) => {
    let stand: ReceivingStand;
    beforeEach(async () => {
      stand = await recordedStand(open);
    });
    afterEach(() => stand.close());

    for (const [name, scenario] of Object.entries(scenarios)) {
      if (kind === 'postgres' && !full && !scenario.both) continue;
      it(`${name}: tells what then happens, and leaves nothing`, async () => {
        if (scenario.hard) stand.trusting = { revocation: 'hard' };
        if (scenario.prior) await stand.change(scenario.prior());
        const change = scenario.change();
        const before = await stand.dump();
        const rehearsal = await stand.rehearse(change);
        expect(await stand.dump()).to.equal(before);
        expect(rehearsal).to.include({ judged: traffic.length, unread: 0, momentsLeftOut: 0 });
        expect(linesOf(rehearsal.refused)).to.deep.equal(wantedLines(scenario));
        if (scenario.admitted !== undefined) {
          const admitted = rehearsal.admitted.reduce((sum, { count }) => sum + count, 0);
          expect(admitted).to.equal(scenario.admitted);
        }
        if (scenario.moments !== undefined) {
          const told = rehearsal.moments.map((at) => Math.round((at - now) / 60_000));
          const wanted = scenario.moments.map((at) => Math.round((at - now) / 60_000));
          expect(told).to.deep.equal([0, ...wanted]);
        }
        expect(await happens(stand, change, rehearsal.moments)).to.deep.equal(foretold(rehearsal));
      });
    }

    it('counts apart what is refused whatever changes', async () => {
      await stand.change(retirement(now));
      const rehearsal = await stand.rehearse(birthRecord({ senders: '[agency-b]' }));
      expect(linesOf(rehearsal.refused).map((line) => line.split(' ')[0])).to.include(
        'ACCESS_DENIED',
      );
      expect(linesOf(rehearsal.already)).to.deep.equal([
        'CERTIFICATE_REPLACED agency-a birth-record 1',
        'CERTIFICATE_REPLACED agency-a payment-status 1',
      ]);
      const allowed = await stand.rehearse(declared(agency('agency-a', 'agency-a', 'agency-a-ec')));
      expect(linesOf(allowed.admitted)).to.have.lengthOf(2);
    });

    it('takes the last so many, the first and last of them told', async () => {
      const rehearsal = await stand.rehearse(declared(agency('agency-a', 'other', 'node')), 4);
      expect(rehearsal.judged).to.equal(4);
      expect([...rehearsal.systems]).to.deep.equal([
        ['agency-b', 3],
        ['agency-a', 1],
      ]);
      const [group] = rehearsal.refused;
      expect(group?.first).to.deep.equal(rehearsal.first);
      expect(rehearsal.last?.acceptedAt).to.be.greaterThan(rehearsal.first?.acceptedAt ?? 0);
      expect((await stand.rehearse(retirement(now), 0)).judged).to.equal(0);
    });

    it('what contradicts is refused as it would be, and an envelope that is gone is counted', async () => {
      const before = await stand.dump();
      const wrong = declared(agency('agency-c', 'agency-a', 'node'));
      const error = await stand.rehearse(wrong).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ApplyRefused);
      expect(await stand.dump()).to.equal(before);
      const { kysely } = stand.database;
      await kysely.updateTable('message').set({ envelope_hash: 'gone' }).execute();
      expect(await stand.rehearse(retirement(now))).to.include({ judged: 0, unread: 10 });
    });
  });
});

/** The sandbox after one message of each kind; a second between them. */
async function recordedStand(open: OpenTestDatabase): Promise<ReceivingStand> {
  const stand = await ReceivingStand.open(await open());
  for (const [index, each] of traffic.entries()) {
    stand.now = now - (traffic.length - index) * 1000;
    expect(await stand.send(each), each.name).to.equal('accepted');
  }
  stand.now = now;
  return stand;
}

function linesOf(groups: readonly Group[]): string[] {
  return groups
    .map(({ code, system, messageType, count }) => `${code} ${system} ${messageType} ${count}`)
    .sort();
}

function wantedLines({ refused }: Scenario): string[] {
  const counts = new Map<string, number>();
  for (const [code, names] of Object.entries(refused)) {
    for (const { system, signer, messageType } of traffic.filter(({ name }) =>
      names.includes(name),
    )) {
      const key = `${code} ${system} ${messageType} ${signer.certificate.fingerprint}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts].map(([key, count]) => `${key.replace(/ \w+$/, '')} ${count}`).sort();
}

/** Kind, moment, code, system, certificate, type, and how many. */
type Told = Record<string, number>;

function foretold({ refused, admitted, already }: Rehearsal): Told {
  const told: Told = {};
  for (const [kind, groups] of Object.entries({ refused, admitted, already })) {
    for (const { moment, code, system, certificate, messageType, count } of groups) {
      told[[kind, moment, code, system, certificate, messageType].join(' ')] = count;
    }
  }
  return told;
}

/** Sends everything anew at each moment, before the change is made and after it was. */
async function happens(
  stand: ReceivingStand,
  change: Change,
  moments: readonly number[],
): Promise<Told> {
  const codes = async () => {
    const all: string[][] = [];
    for (const moment of moments) {
      stand.now = moment;
      const sent: string[] = [];
      for (const each of traffic) sent.push(await stand.send(each));
      all.push(sent);
    }
    stand.now = now;
    return all;
  };
  await stand.takeUp();
  const before = await codes();
  await stand.change(change);
  const after = await codes();
  const told: Told = {};
  for (const [index, each] of traffic.entries()) {
    const fate = moments.map((moment, at) => ({
      moment,
      was: before[at]?.[index] ?? '',
      is: after[at]?.[index] ?? '',
    }));
    const key = keyOf(each, fate);
    if (key !== undefined) told[key] = (told[key] ?? 0) + 1;
  }
  return told;
}

type Fate = { readonly moment: number; readonly was: string; readonly is: string };

function keyOf(
  { system, signer, messageType }: Traffic,
  fates: readonly Fate[],
): string | undefined {
  const whose = `${system} ${signer.certificate.fingerprint} ${messageType}`;
  const taken = (code: string) => code === 'accepted';
  const refused = fates.find(({ was, is }) => taken(was) && !taken(is));
  if (refused) return `refused ${refused.moment} ${refused.is} ${whose}`;
  const admitted = fates.find(({ was, is }) => !taken(was) && taken(is));
  if (admitted) return `admitted ${admitted.moment} ${admitted.was} ${whose}`;
  const [first] = fates;
  return first === undefined || taken(first.is)
    ? undefined
    : `already ${first.moment} ${first.is} ${whose}`;
}
