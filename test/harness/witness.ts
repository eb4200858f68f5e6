import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type FaultCode, faultRow } from '../../src/fault/codes.ts';
import { loadSmevSchemas } from '../../src/schema/files.ts';
import { judgeEnvelope, schemaFileNames } from '../../src/schema/smev.ts';
import { profiles } from '../../src/signature/profiles.ts';
import { verifyBody } from '../../src/signature/wsse.ts';
import { smevNamespaces, soapNamespace, type Version } from '../../src/smev/namespaces.ts';
import type { OperationName } from '../../src/smev/operations.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { carried } from '../../src/xml/canonicalize.ts';
import { withXml, type XmlElement } from '../../src/xml/document.ts';
import { childElements } from '../../src/xml/navigate.ts';
import {
  type Agency,
  type Answer,
  bodyOf,
  Client,
  post,
  type SandboxKind,
  sandboxSigner,
  textAt,
} from './client.ts';
import { checkout, type NodeProcess } from './node.ts';
import { acceptedProfiles } from './rules.ts';
import { xmlsec1Verifies } from './xmlsec1.ts';

/** What no answer may hold: stacks, paths of this machine, SQL. */
const internals = [
  /\n\s+at /,
  /node_modules/,
  /\.[tj]s:\d/,
  /\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\b/i,
  /sqlite|kysely|libxml/i,
];

/** Which of the sandbox's keys of the node is of a kind. */
const sandboxKindOf: Readonly<Record<string, SandboxKind>> = {
  ec: 'ec',
  'gost2012-256': 'gost',
  'gost2012-512': 'gost512',
};

let schemas: ReturnType<typeof loadSmevSchemas> | undefined;

/** Watches what a node on SQLite answers, and looks into its journal. Close it. */
export class Witness {
  readonly #node: NodeProcess;
  readonly #database: Database;
  readonly #xmlsec1: boolean;
  readonly #payloads: { version: Version; text: string }[] = [];

  /** @param xmlsec1 whether it verifies each refusal too, where it is installed */
  constructor(node: NodeProcess, { xmlsec1 = true } = {}) {
    this.#node = node;
    this.#xmlsec1 = xmlsec1 && spawnSync('xmlsec1', ['--version']).status === 0;
    this.#database = openDatabase(`sqlite:${join(node.data, 'mezhved.db')}`);
  }

  get kysely(): Database['kysely'] {
    return this.#database.kysely;
  }

  /** A client each of whose answers is judged by the schema of its version. */
  client(agency: Agency | Client['signer'], version: Version, kind: 'rsa' | 'ec' = 'rsa'): Client {
    const signer = typeof agency === 'string' ? sandboxSigner(agency, kind) : agency;
    return new WatchedClient(this.#node.url, version, signer, (answer) =>
      this.see(answer, version),
    );
  }

  /** Posts bytes as they are. */
  async post(
    body: string | Uint8Array,
    version: Version = '1.2',
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await post(`${this.#node.url}/smev/v${version}/ws`, body, headers);
    this.see(answer, version);
    return answer;
  }

  /** Every answer is XML of its version's published schema and tells nothing of the inside. */
  see(answer: Answer, version: Version): void {
    for (const trace of internals) expect(answer.text).not.to.match(trace);
    expect(answer.text).not.to.include(checkout);
    expect(answer.text).not.to.include(this.#node.data);
    expect(answer.headers.get('content-type')).to.equal('text/xml; charset=utf-8');
    withXml(Buffer.from(answer.text), (document) => {
      const payload = bodyOf(document);
      const element = payload.name === 'Fault' ? smevElement(payload) : payload;
      if (element === undefined) return;
      schemas ??= loadSmevSchemas();
      const judged = judgeEnvelope(schemas, version, element);
      expect(judged, answer.text).to.deep.equal({ valid: true, findings: [], tolerated: [] });
      this.#payloads.push({ version, text: carried(element).toString() });
    });
  }

  /** How many exchanges the node holds. */
  async exchanges(): Promise<number> {
    const row = await this.kysely
      .selectFrom('exchange')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return row.count;
  }

  /** The status of the exchange that this request began. */
  async statusOf(messageId: string): Promise<string> {
    const row = await this.kysely
      .selectFrom('exchange')
      .select('status')
      .where('message_id', '=', messageId)
      .executeTakeFirstOrThrow();
    return row.status;
  }

  /**
   * A whole refusal: the row of the table, the public text, the journal entry it names, the signature
   * over its Body. Returns the entry.
   */
  async refused(answer: Answer, version: Version, code: FaultCode, sent?: string | Uint8Array) {
    const row = faultRow(code);
    const said = textAt(answer.text, 'faultstring') ?? '';
    expect(answer, said).to.include({
      code,
      status: row.http,
      faultcode: row.faultcode,
      element: row.element === '' ? undefined : row.element,
    });
    const journalId = journalIdIn(answer.text);
    for (const text of row.ru) expect(said).to.include(text);
    expect(said.startsWith(row.smev === undefined ? code : `${row.smev}: ${code}`)).to.equal(true);
    this.#verifyFault(answer.text);
    const entry = await this.kysely
      .selectFrom('journal_entry')
      .selectAll()
      .where('id', '=', journalId)
      .executeTakeFirst();
    expect(entry).to.include({ kind: 'refusal', verdict: code, version });
    if (sent !== undefined) expect(entry?.content_hash).to.equal(sha256(sent));
    expect(await this.#answered(answer.text), 'the answer stands in the journal').to.equal(true);
    return entry;
  }

  async #answered(text: string): Promise<boolean> {
    const entry = await this.kysely
      .selectFrom('journal_entry')
      .select('id')
      .where('kind', '=', 'answer')
      .where('content_hash', '=', sha256(text))
      .executeTakeFirst();
    return entry !== undefined;
  }

  #verifyFault(text: string): void {
    const { certificate } = withXml(Buffer.from(text), (document) =>
      verifyBody(document, [...acceptedProfiles, profiles['gost-body']]),
    );
    const kind = sandboxKindOf[certificate.keyKind] ?? 'rsa';
    expect(certificate.fingerprint).to.equal(sandboxSigner('node', kind).certificate.fingerprint);
    if (!this.#xmlsec1 || (kind !== 'rsa' && kind !== 'ec')) return;
    const pem = join(checkout, 'certs.example', kind === 'ec' ? 'node-ec.crt.pem' : 'node.crt.pem');
    const { good, said } = xmlsec1Verifies(
      text,
      "/*/*[local-name()='Header']/*/*[local-name()='Signature']",
      pem,
      [{ namespace: soapNamespace, element: 'Body' }],
    );
    expect(good, said).to.equal(true);
  }

  /** Lets xmllint judge everything that was seen; tells what it said of what is invalid. */
  xmllint(context: Mocha.Context): string {
    if (spawnSync('xmllint', ['--version']).status !== 0) {
      process.stdout.write('SKIPPED: xmllint: install the Debian package libxml2-utils\n');
      context.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), 'mezhved-xmllint-'));
    try {
      return [...new Set(this.#payloads.map(({ version }) => version))]
        .map((version) => this.#xmllint(folder, version))
        .join('');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #xmllint(folder: string, version: Version): string {
    const own = join(folder, version);
    mkdirSync(own);
    for (const name of schemaFileNames(version)) {
      const source = join(checkout, 'schemas', 'smev', version, name);
      writeFileSync(join(own, name), readFileSync(source));
    }
    const { types, faults } = smevNamespaces[version];
    const schema = join(own, 'all.xsd');
    writeFileSync(
      schema,
      `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
        <xs:import namespace="${types}" schemaLocation="types.xsd"/>
        <xs:import namespace="${faults}" schemaLocation="faults.xsd"/></xs:schema>`,
    );
    const files = this.#payloads
      .filter((payload) => payload.version === version)
      .map(({ text }, index) => {
        const file = join(own, `${index}.xml`);
        writeFileSync(file, text);
        return file;
      });
    const run = spawnSync('xmllint', ['--noout', '--nonet', '--schema', schema, ...files], {
      encoding: 'utf8',
    });
    return run.status === 0 ? '' : run.stderr.replace(/^.* validates\n/gm, '');
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

class WatchedClient extends Client {
  readonly #see: (answer: Answer) => void;

  constructor(
    url: string,
    version: Version,
    signer: Client['signer'],
    see: (answer: Answer) => void,
  ) {
    super(url, version, signer);
    this.#see = see;
  }

  override async post(body: string, operation: OperationName): Promise<Answer> {
    const answer = await super.post(body, operation);
    this.#see(answer);
    return answer;
  }
}

/** The id of the journal entry that a refusal quotes. */
export function journalIdIn(text: string): string {
  const id = /Запись журнала: ([0-9A-HJKMNP-TV-Z]{26})/.exec(text)?.[1];
  if (id === undefined) throw new Error(`no journal id in ${text}`);
  return id;
}

function smevElement(fault: XmlElement): XmlElement | undefined {
  const detail = childElements(fault).find((each) => each.name === 'detail');
  return detail && childElements(detail)[0];
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
