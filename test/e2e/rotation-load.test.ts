import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { readUpstreamAnswer } from '../../src/compute/upstream-answer.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { issuingKeyFromPem, newKey } from '../../src/pki/issuing-key.ts';
import { type Signer, signerFromPem } from '../../src/signature/signer.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { full } from '../fault/full.ts';
import { issueSigners } from '../harness/certificates.ts';
import { Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';
import { freshPostgres } from '../harness/postgres.ts';
import { listOf, pemOfList } from '../pki/crl-stand.ts';

const version = '1.3';
const day = 86_400_000;
/** Within which every node of a database has a change. */
const takenUpMs = 2000;
const overlapMs = full ? 5000 : 2000;
const gapMs = full ? 5000 : 500;

/** A message that was sent, and what became of it; times are ms UTC of the sender. */
interface Sent {
  readonly stream: string;
  readonly node: number;
  readonly began: number;
  readonly ended: number;
  /** 'accepted', or the code of the refusal. */
  readonly code: string;
  readonly text: string;
  /** Fingerprint of the certificate that signed the answer, whose signature is right. */
  readonly signer: string | undefined;
}

describe('certificates and keys that change under load, on two nodes', function () {
  this.timeout(240_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let drop: (() => Promise<void>) | undefined;
  const nodes: NodeProcess[] = [];

  before(async function () {
    const database = await freshPostgres();
    if (database === undefined) {
      process.stdout.write('SKIPPED: PostgreSQL: install the Debian package postgresql\n');
      return this.skip();
    }
    drop = database.drop;
    folder = await temporaryFolder();
    await file('passphrase', 'ключи узла\n');
    const config = await file(
      'config.yaml',
      stringify({ compute: { threads: 1 }, node: { passphraseFile: 'passphrase' } }),
    );
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

  async function file(name: string, text: string): Promise<string> {
    const path = join(folder.path, name);
    await writeFile(path, text);
    return path;
  }

  const pemOf = ({ certificate }: Signer) => certificate.x509.toString();

  async function command(...words: string[]) {
    const { code, stdout, stderr } = await mezhved([...words, '--json'], nodes[0]?.env);
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  }

  /** @param own fingerprints of the certificates that the node may sign with */
  async function send(
    [stream, signer]: readonly [string, Signer],
    node: number,
    own: readonly string[],
  ): Promise<Sent> {
    const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
    const client = new Client(nodes[node]?.url ?? '', version, signer);
    const signed = client.sign(sendRequestCall(version, call));
    const began = Date.now();
    const answer = await client.post(signed, 'SendRequest');
    const ended = Date.now();
    const found = own.find((fingerprint) => isSignedBy(answer.text, fingerprint));
    const code = answer.code ?? (answer.status === 200 ? 'accepted' : `HTTP ${answer.status}`);
    return { stream, node, began, ended, code, text: answer.text, signer: found };
  }

  function isSignedBy(answer: string, fingerprint: string): boolean {
    try {
      const belief = { version, trusted: new Set([fingerprint]) } as const;
      const read = readUpstreamAnswer(Buffer.from(answer), belief);
      return read.kind === 'accepted' || (read.kind === 'fault' && read.isSigned);
    } catch {
      return false;
    }
  }

  /** A system's certificate of an authority that is new too. */
  async function ofNewAuthority(): Promise<{ signer: Signer; anchor: string }> {
    const name = { commonName: 'Новый УЦ', organization: 'Тест' };
    const times = { notBefore: Date.now() - day, notAfter: Date.now() + day };
    const key = newKey('ec');
    const { certificate } = issueCertificate(key, { ...name, ...times, ca: true });
    const wish = { ...name, ...times, commonName: 'ИС' };
    const leaf = issueCertificate(newKey('ec'), wish, { key, ...name });
    const signer = signerFromPem(leaf.key, leaf.certificate);
    return { signer, anchor: await file('anchor.pem', certificate) };
  }

  it('no message is refused that should not be, none accepted that should not be', async () => {
    const { good: fresh } = issueSigners(Date.now());
    const other = await ofNewAuthority();
    const gost = sandboxSigner('agency-a', 'gost');
    const oldKey = sandboxSigner('node').certificate.fingerprint;
    const next = issueCertificate(newKey('rsa'), {
      ...{ commonName: 'Узел', organization: 'Тест' },
      ...{ notBefore: Date.now() - day, notAfter: Date.now() + day },
    });
    const nodeKeys = [oldKey, readCertificate(next.certificate).fingerprint];
    const streams = {
      'rsa, old': sandboxSigner('agency-a'),
      'rsa, new': fresh,
      'ec, old anchor': sandboxSigner('agency-a', 'ec'),
      'ec, new anchor': other.signer,
      gost,
    };
    const importing = ['--system', 'agency-a'];
    await command('cert', 'import', await file('ec.pem', pemOf(other.signer)), ...importing);
    const known = Date.now() + takenUpMs;

    const sent: Sent[] = [];
    let over = false;
    const load = async (stream: readonly [string, Signer], node: number) => {
      while (!over) {
        sent.push(await send(stream, node, nodeKeys));
        // The machine has to have time for the tests beside this.
        await wait(100);
      }
    };
    const loads = Object.entries(streams).flatMap((stream) => [load(stream, 0), load(stream, 1)]);

    // Everything is told ahead, on a machine of any speed.
    const before = Date.now();
    const keyFile = await file('node.key.pem', next.key);
    const certificateFile = await file('node.crt.pem', next.certificate);
    await command('cert', 'import', certificateFile, '--node', '--key', keyFile);
    const lead = 4000 + 5 * (Date.now() - before);
    const system = Date.now() + lead;
    const node = system + overlapMs + gapMs;
    const anchor = node + overlapMs + gapMs;
    const iso = (at: number) => new Date(at).toISOString();
    const overlap = ['--overlap', `${overlapMs / 1000}s`];
    const freshFile = await file('fresh.pem', pemOf(fresh));
    await command('cert', 'rotate', freshFile, ...importing, '--at', iso(system), ...overlap);
    const named = nodeKeys[1]?.slice(0, 16) ?? '';
    await command('cert', 'rotate', named, '--node', '--at', iso(node), ...overlap);
    const oldAnchor = join(checkout, 'certs.example', 'ca-ec.crt.pem');
    const declared = [
      { kind: 'trustAnchor', id: 'new', certificate: other.anchor, from: iso(anchor) },
      {
        ...{ kind: 'trustAnchor', id: 'sandbox-ca-ec', certificate: oldAnchor },
        until: iso(anchor + overlapMs),
      },
    ];
    await command(
      'apply',
      await file('anchors.yaml', declared.map((each) => stringify(each)).join('---\n')),
    );
    const told = Date.now() + takenUpMs;
    expect(told, 'all was told before it begins').to.be.below(system);

    // A list counts when it is loaded.
    await wait(anchor + overlapMs + gapMs - Date.now());
    const gostAuthority = readFileSync(join(checkout, 'certs.example', 'ca-gost.crt.pem'), 'utf8');
    const listing = {
      issuer: {
        ...{ commonName: '', organization: '' },
        key: issuingKeyFromPem(
          readFileSync(join(checkout, 'certs.example', 'ca-gost.key.pem'), 'utf8'),
          readCertificate(gostAuthority),
        ),
      },
      certificate: readCertificate(gostAuthority),
    };
    const dates = { thisUpdate: Date.now() - 1000, nextUpdate: Date.now() + day };
    const list = pemOfList(listOf(listing, [gost.certificate], dates));
    const loading = Date.now();
    await command('cert', 'crl', await file('list.pem', list));
    const loaded = Date.now() + takenUpMs;
    await wait(takenUpMs + 1000 + gapMs);
    over = true;
    await Promise.all(loads);
    process.stdout.write(full ? secondBySecond(sent, system) : `      ${sent.length} messages\n`);

    const end = system + overlapMs;
    const rules: Record<keyof typeof streams, readonly Rule[]> = {
      'rsa, old': [
        { code: 'accepted', until: end },
        { code: 'CERTIFICATE_REPLACED', from: end },
      ],
      'rsa, new': [
        // Nobody knows it before the command, and who it is from then on.
        { code: ['SENDER_UNKNOWN', 'CERTIFICATE_NOT_ACTIVE'], until: told },
        { code: 'CERTIFICATE_NOT_ACTIVE', from: told, until: system },
        { code: 'accepted', from: system },
      ],
      'ec, old anchor': [
        { code: 'accepted', until: anchor + overlapMs },
        { code: 'CERTIFICATE_UNTRUSTED', from: anchor + overlapMs },
      ],
      'ec, new anchor': [
        { code: 'CERTIFICATE_UNTRUSTED', from: known, until: anchor },
        { code: 'accepted', from: anchor },
      ],
      gost: [
        { code: 'accepted', until: loading },
        { code: 'CERTIFICATE_REVOKED', from: loaded },
      ],
    };
    for (const [stream, wanted] of Object.entries(rules)) {
      for (const number of [0, 1]) {
        const own = sent.filter((each) => each.stream === stream && each.node === number);
        for (const rule of wanted) expectRule(own, rule, `${stream}, node ${number + 1}`);
      }
    }
    const rsa = sent.filter(({ stream, code }) => stream.startsWith('rsa') && code === 'accepted');
    for (const number of [0, 1]) {
      const own = rsa.filter((each) => each.node === number);
      const signers = (from: number, until: number) => [
        ...new Set(within(own, { from, until }).map(({ signer }) => signer)),
      ];
      expect(signers(0, node), 'the key before').to.deep.equal([nodeKeys[0]]);
      expect(signers(node, Number.MAX_SAFE_INTEGER), 'the next key').to.deep.equal([nodeKeys[1]]);
    }
    const replaced = sent.find(({ code }) => code === 'CERTIFICATE_REPLACED')?.text;
    expect(replaced, 'names the new one').to.include(fresh.certificate.serial);
    expect(replaced, 'and its date').to.include(iso(system).slice(0, 16));
  });
});

/** What becomes of every message of a stream in a time. */
interface Rule {
  readonly code: string | readonly string[];
  readonly from?: number;
  readonly until?: number;
}

/** Messages that were sent and answered in that time: what was under way at its bounds is either. */
function within(
  sent: readonly Sent[],
  { from = 0, until = Number.MAX_SAFE_INTEGER }: Pick<Rule, 'from' | 'until'>,
): readonly Sent[] {
  return sent.filter(({ began, ended }) => began >= from && ended < until);
}

function expectRule(sent: readonly Sent[], rule: Rule, name: string): void {
  const judged = within(sent, rule);
  expect(judged, `${name}: messages to judge`).not.to.have.lengthOf(0);
  for (const { code, began } of judged) {
    expect(code, `${name} at ${new Date(began).toISOString()}`).to.be.oneOf([rule.code].flat());
  }
}

/** What each stream got in each second, counted from the first switch. */
function secondBySecond(sent: readonly Sent[], since: number): string {
  const rows = new Map<string, number>();
  for (const { stream, began, code } of sent.toSorted((a, b) => a.began - b.began)) {
    const row = `${String(Math.floor((began - since) / 1000)).padStart(4)} s  ${stream}: ${code}`;
    rows.set(row, (rows.get(row) ?? 0) + 1);
  }
  return [...rows].map(([row, count]) => `      ${row} ${count}\n`).join('');
}
