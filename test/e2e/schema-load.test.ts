import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { ListedVersion } from '../../src/cli/schema-list.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { full } from '../fault/full.ts';
import { Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { freshPostgres } from '../harness/postgres.ts';

const type = 'birth-record';
/** Within which every node of a database has a change. */
const takenUpMs = 2000;
const overlapMs = full ? 5000 : 2000;
const gapMs = full ? 5000 : 1000;

const namespaceOf = (version: string) => `urn://mezhved.example/birth-record/${version}`;

/** A version of the sandbox's type: the request has a purpose, optional or not. */
function schemaOf(namespace: string, purpose: 'optional' | 'required'): string {
  const least = purpose === 'optional' ? ' minOccurs="0"' : '';
  return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="${namespace}"
  targetNamespace="${namespace}" elementFormDefault="qualified">
  <xs:element name="BirthRecordRequest"><xs:complexType><xs:sequence>
    <xs:element name="FullName" type="xs:string"/>
    <xs:element name="BirthDate" type="xs:date"/>
    <xs:element name="Purpose" type="xs:string"${least}/>
  </xs:sequence><xs:attribute name="Id" type="xs:ID"/></xs:complexType></xs:element>
  <xs:element name="BirthRecordResponse"><xs:complexType><xs:sequence>
    <xs:element name="FullName" type="xs:string"/>
  </xs:sequence><xs:attribute name="Id" type="xs:ID"/></xs:complexType></xs:element>
</xs:schema>`;
}

function request(version: string, purpose = false): string {
  const last = purpose ? '<z:Purpose>Тест</z:Purpose>' : '';
  return `<z:BirthRecordRequest xmlns:z="${namespaceOf(version)}"><z:FullName>Тест</z:FullName><z:BirthDate>2001-02-03</z:BirthDate>${last}</z:BirthRecordRequest>`;
}

/** What is sent all the time. */
const streams = {
  old: request('1.0.0'),
  plain: request('1.1.0'),
  purposed: request('1.1.0', true),
  doomed: request('3.0.0'),
};
type Stream = keyof typeof streams;

/** Times are ms UTC of the sender. */
interface Sent {
  readonly stream: Stream;
  readonly node: number;
  readonly began: number;
  readonly ended: number;
  /** 'accepted', or the code of the refusal. */
  readonly code: string;
}

describe('versions of a message type that change under load, on two nodes', function () {
  this.timeout(240_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let drop: (() => Promise<void>) | undefined;
  const nodes: NodeProcess[] = [];
  const sent: Sent[] = [];

  before(async function () {
    const database = await freshPostgres();
    if (database === undefined) {
      process.stdout.write('SKIPPED: PostgreSQL: install the Debian package postgresql\n');
      return this.skip();
    }
    drop = database.drop;
    folder = await temporaryFolder();
    const config = join(folder.path, 'config.yaml');
    await writeFile(config, stringify({ compute: { threads: 1 } }));
    for (const id of ['one', 'two']) {
      const settings = { MEZHVED_CONFIG: config, MEZHVED_DATABASE_URL: database.url };
      nodes.push(await startNode(join(folder.path, id), { ...settings, MEZHVED_NODE_ID: id }));
    }
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await drop?.();
    await folder?.remove();
  });

  async function command(...words: string[]) {
    const { code, stdout, stderr } = await mezhved(['schema', ...words, '--json'], nodes[0]?.env);
    expect(code, stderr + stdout).to.equal(0);
    return JSON.parse(stdout);
  }

  async function admit(version: string, text: string): Promise<void> {
    const path = join(folder.path, version);
    await mkdir(path);
    await writeFile(join(path, `${version}.xsd`), text);
    await command('admit', path, '--type', type, '--version', version);
  }

  async function send(stream: Stream, node: number): Promise<void> {
    const content = streams[stream];
    const client = new Client(nodes[node]?.url ?? '', '1.3', sandboxSigner('agency-a'));
    const call = sendRequestCall('1.3', { messageId: freshMessageId(), content });
    const signed = client.sign(call);
    const began = Date.now();
    const answer = await client.post(signed, 'SendRequest');
    const code = answer.code ?? (answer.status === 200 ? 'accepted' : `HTTP ${answer.status}`);
    sent.push({ stream, node, began, ended: Date.now(), code });
  }

  const listed = async (version: string): Promise<ListedVersion> => {
    const all = (await command('list', '--type', type)) as ListedVersion[];
    return all.find((each) => each.version === version) ?? expect.fail(version);
  };

  it('every verdict is the right one: a version with an overlap, a breaking one taken back, one that takes itself back', async () => {
    await admit('1.1.0', schemaOf(namespaceOf('1.1.0'), 'optional'));
    await admit('1.2.0', schemaOf(namespaceOf('1.1.0'), 'required'));
    await admit('3.0.0', schemaOf(namespaceOf('3.0.0'), 'required'));
    await wait(takenUpMs);
    let over = false;
    const load = async (stream: Stream, node: number) => {
      while (!over) {
        await send(stream, node);
        // The machine has to have time for the tests beside this.
        await wait(100);
      }
    };
    const names = Object.keys(streams) as Stream[];
    const loads = names.flatMap((stream) => [load(stream, 0), load(stream, 1)]);
    const iso = (at: number) => new Date(at).toISOString();
    /** Far enough ahead for a command on a machine of any speed. */
    const ahead = async (version: string, overlap: number, ...more: string[]) => {
      const before = Date.now();
      await listed(version);
      const at = Date.now() + 4000 + 5 * (Date.now() - before);
      const timing = ['--at', iso(at), '--overlap', `${overlap / 1000}s`];
      await command('activate', type, version, ...timing, ...more);
      expect(Date.now() + takenUpMs, 'it was told before it begins').to.be.below(at);
      return at;
    };
    const compatible = await ahead('1.1.0', overlapMs);
    await wait(compatible + overlapMs + gapMs - Date.now());

    const breaking = await ahead('1.2.0', overlapMs);
    await wait(breaking + overlapMs + gapMs - Date.now());
    const backFrom = Date.now();
    await command('rollback', type);
    const backTo = Date.now() + takenUpMs;
    await wait(takenUpMs + gapMs);

    const doomed = await ahead('3.0.0', 0, '--rollback-share', '30%', '--rollback-least', '20');
    await wait(doomed - Date.now());
    const deadline = Date.now() + 60_000;
    while ((await listed('3.0.0')).state !== 'ended' && Date.now() < deadline) await wait(200);
    const saved = Date.now() + takenUpMs;
    await wait(takenUpMs + gapMs);
    over = true;
    await Promise.all(loads);
    process.stdout.write(
      full ? secondBySecond(sent, compatible) : `      ${sent.length} messages\n`,
    );

    const { state, verdicts, until } = await listed('3.0.0');
    expect(state).to.equal('ended');
    expect(verdicts?.taken).to.equal(0);
    expect(verdicts?.refused).to.be.at.least(6);
    const fell = Date.parse(until ?? '');
    const rules: Record<Stream, readonly Rule[]> = {
      old: [
        { code: 'accepted', until: compatible + overlapMs },
        { code: 'CONTENT_VERSION_ENDED', from: compatible + overlapMs },
      ],
      plain: [
        { code: 'CONTENT_VERSION_NOT_ACTIVE', until: compatible },
        { code: 'accepted', from: compatible, until: breaking + overlapMs },
        { code: 'CONTENT_INVALID', from: breaking + overlapMs, until: backFrom },
        { code: 'accepted', from: backTo, until: doomed },
        { code: 'accepted', from: saved },
      ],
      purposed: [
        { code: 'CONTENT_VERSION_NOT_ACTIVE', until: compatible },
        { code: 'accepted', from: compatible, until: doomed },
        { code: 'CONTENT_VERSION_ENDED', from: doomed, until: fell },
        { code: 'accepted', from: saved },
      ],
      doomed: [
        { code: 'CONTENT_VERSION_NOT_ACTIVE', until: doomed },
        { code: 'CONTENT_INVALID', from: doomed, until: fell },
        { code: 'CONTENT_VERSION_ENDED', from: saved },
      ],
    };
    for (const [stream, wanted] of Object.entries(rules)) {
      for (const number of [0, 1]) {
        const own = sent.filter((each) => each.stream === stream && each.node === number);
        for (const rule of wanted) expectRule(own, rule, `${stream}, node ${number + 1}`);
      }
    }
  });
});

/** What becomes of every message of a stream in a time. */
interface Rule {
  readonly code: string;
  readonly from?: number;
  readonly until?: number;
}

function expectRule(all: readonly Sent[], rule: Rule, name: string): void {
  const { code: wanted, from = 0, until = Number.MAX_SAFE_INTEGER } = rule;
  // What was under way at the bounds is either.
  const judged = all.filter(({ began, ended }) => began >= from && ended < until);
  expect(judged, `${name}: messages to judge, ${wanted}`).not.to.have.lengthOf(0);
  for (const { code, began } of judged) {
    expect(code, `${name} at ${new Date(began).toISOString()}`).to.equal(wanted);
  }
}

/** What each stream got in each second, counted from the first switch. */
function secondBySecond(all: readonly Sent[], since: number): string {
  const rows = new Map<string, number>();
  for (const { stream, began, code } of all.toSorted((a, b) => a.began - b.began)) {
    const row = `${String(Math.floor((began - since) / 1000)).padStart(4)} s  ${stream}: ${code}`;
    rows.set(row, (rows.get(row) ?? 0) + 1);
  }
  return [...rows].map(([row, count]) => `      ${row} ${count}\n`).join('');
}
