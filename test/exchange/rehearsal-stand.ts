import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import { verifyFiles } from '../../src/compute/claimed-files.ts';
import { compose } from '../../src/compute/compose.ts';
import { judge } from '../../src/compute/judge.ts';
import { signTemplate } from '../../src/compute/sign-template.ts';
import type { ExchangeContext } from '../../src/exchange/context.ts';
import { Pressure } from '../../src/exchange/pressure.ts';
import { receive } from '../../src/exchange/receive.ts';
import { recordedMessages } from '../../src/exchange/recorded.ts';
import { type Rehearsal, rehearse } from '../../src/exchange/rehearse.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { ApplyContext } from '../../src/participants/apply.ts';
import {
  type Registry,
  readRegistry,
  type TrustSettings,
} from '../../src/participants/registry.ts';
import { seedSandbox } from '../../src/participants/seed.ts';
import { tryOut } from '../../src/participants/trial.ts';
import { loadSmevSchemas } from '../../src/schema/files.ts';
import { buildContentRegistry } from '../../src/schema/registry.ts';
import { signatureOver } from '../../src/signature/sign.ts';
import type { Signer } from '../../src/signature/signer.ts';
import * as calls from '../../src/smev/calls.ts';
import { operations } from '../../src/smev/operations.ts';
import type { Template } from '../../src/smev/template.ts';
import { withXml } from '../../src/xml/document.ts';
import { freshMessageId, sandboxSigner } from '../harness/client.ts';
import { birthRequest, birthResponse, paymentRequest } from '../harness/content.ts';
import type { TestDatabase } from '../harness/databases.ts';
import { attached } from '../harness/files.ts';
import { checkout, temporaryFolder } from '../harness/node.ts';
import { acceptedProfiles } from '../harness/rules.ts';
import { digestHere } from './file-stand.ts';

const version = '1.3';
const smev = loadSmevSchemas();
const limits = {
  ...{ messageIdAgeMaxMs: 86_400_000, clockSkewMaxMs: 60_000, queueItemsMax: 100_000 },
  ...{ waitingMax: 100_000, diskFreeMin: 0, refusedBytesKeptMax: 0, faultFindingsMax: 10 },
} as ExchangeContext['limits'];
export const partsMax = 3;

/** A change, as a command makes it. */
export type Change = (context: ApplyContext) => Promise<unknown>;

/** A message that can be sent any number of times, each time anew. */
export interface Traffic {
  readonly name: string;
  readonly system: string;
  readonly signer: Signer;
  readonly messageType: string;
  template(stand: ReceivingStand): Promise<Template>;
}

/** The sandbox without HTTP and threads, on a real database: what is sent to it takes the way of every message. */
export class ReceivingStand {
  readonly database: TestDatabase;
  readonly journal: JournalWriter;
  readonly close: () => Promise<void>;
  /** The time of the node, ms UTC. */
  now = Date.now();
  trusting: TrustSettings = { revocation: 'soft' };
  #registry: Registry;
  #rules: Parameters<typeof judge>[1];
  readonly #context: ExchangeContext;

  private constructor(database: TestDatabase, folder: Awaited<ReturnType<typeof temporaryFolder>>) {
    this.database = database;
    this.close = () => folder.remove();
    this.journal = new JournalWriter(database, 'node-1');
    this.#registry = undefined as unknown as Registry;
    this.#rules = undefined as unknown as Parameters<typeof judge>[1];
    const signers = [sandboxSigner('node'), sandboxSigner('node', 'gost')];
    const old = { gost2001: false };
    this.#context = {
      limits,
      attachments: { partsMax, totalBytesMax: 1_000_000, storedBytesMax: 0 },
      nodeId: 'node-1',
      self: { mnemonic: 'NODE', name: 'Узел' },
      clock: { now: () => this.now },
      random: randomBytes,
      compute: {
        judge: async (posted: Parameters<typeof judge>[0]) => judge(posted, this.#rules),
        compose: async (order: Parameters<typeof compose>[0]) => compose(order, signers),
        verifyFiles: async (files: Parameters<typeof verifyFiles>[0]) => verifyFiles(files, old),
      },
      database,
      files: new LocalFiles(folder.path, randomBytes),
      digester: { begin: digestHere },
      checkFile: undefined,
      journal: this.journal,
      registry: () => this.#registry,
      queue: { enqueue: () => undefined },
      pressure: new Pressure(limits),
      log: { error: () => undefined, warn: () => undefined, info: () => undefined },
      metrics: createMetrics(),
    } as unknown as ExchangeContext;
  }

  static async open(database: TestDatabase): Promise<ReceivingStand> {
    const stand = new ReceivingStand(database, await temporaryFolder());
    await seedSandbox(stand.declaring);
    await stand.takeUp();
    return stand;
  }

  get declaring(): ApplyContext {
    const { database, journal } = this;
    return { database, journal, who: 'operator', now: () => this.now, random: randomBytes };
  }

  /** What the node does when the revision has changed. */
  async takeUp(): Promise<void> {
    this.#registry = await readRegistry(this.database, this.trusting);
    const content = buildContentRegistry(this.#registry.messageTypes);
    this.#rules = { smev, content, profiles: acceptedProfiles };
  }

  async change(change: Change): Promise<void> {
    await change(this.declaring);
    await this.takeUp();
  }

  /** Sends a message anew. @returns the code of the refusal, or 'accepted' */
  async send(traffic: Traffic): Promise<string> {
    const template = await traffic.template(this);
    const bytes = Buffer.from(signTemplate(template, traffic.signer));
    const operation = bytes.includes('SendResponseRequest') ? 'SendResponse' : 'SendRequest';
    const { soapAction } = operations[operation];
    const reply = await receive(this.#context, {
      ...{ endpoint: version, method: 'POST', contentType: 'text/xml', soapAction, peer: '::1' },
      body: async () => ({ bytes, parts: [] }),
    });
    if (reply.status === 200) return 'accepted';
    return /<b:Code>(\w+)<\/b:Code>/.exec(Buffer.from(reply.bytes).toString())?.[1] ?? 'unknown';
  }

  async rehearse(change: Change, last = 1000): Promise<Rehearsal> {
    const { before, after } = await tryOut(this.journal, this.trusting, (journal) =>
      change({ ...this.declaring, journal }),
    );
    const messages = recordedMessages(this.database.kysely, last);
    return rehearse(messages, before, after, { now: this.now, partsMax });
  }

  /** Everything that a change could leave behind. */
  async dump(): Promise<string> {
    const { kysely } = this.database;
    const declared = ['revision', 'participant', 'information_system', 'certificate'] as const;
    const others = ['message_type', 'message_type_version', 'trust_anchor'] as const;
    const rest = ['intermediate', 'revocation_list', 'journal_chain', 'journal_entry'] as const;
    const tables = [];
    for (const table of [...declared, ...others, ...rest]) {
      const rows = await kysely.selectFrom(table).selectAll().execute();
      tables.push(rows.map((row) => JSON.stringify(row)).sort());
    }
    const content = await kysely.selectFrom('content').select('hash').orderBy('hash').execute();
    return JSON.stringify([tables, content]);
  }

  /** ReplyTo of an exchange of a type that waits for its answer. */
  async openReplyTo(messageType: string): Promise<string> {
    const { reply_to } = await this.database.kysely
      .selectFrom('exchange')
      .select('reply_to')
      .where('message_type', '=', messageType)
      .where('answered', '=', 0)
      .orderBy('received_at')
      .orderBy('id')
      .executeTakeFirstOrThrow();
    return reply_to;
  }
}

function request(
  name: string,
  signer: Signer,
  messageType: string,
  more: Omit<calls.RequestCall, 'messageId'>,
): Traffic {
  return {
    ...{ name, system: 'agency-a', signer, messageType },
    template: async ({ now }) =>
      calls.sendRequestCall(version, { messageId: freshMessageId(now), ...more }),
  };
}

function answer(name: string, signer: Signer, content: calls.ResponseContent): Traffic {
  const messageType = 'birth-record';
  return {
    ...{ name, system: 'agency-b', signer, messageType },
    template: async (stand) => {
      const to = await stand.openReplyTo(messageType);
      return calls.sendResponseCall(version, freshMessageId(stand.now), to, content);
    },
  };
}

const marked = birthRequest('Лично').replace('<z:BirthRecordRequest', '$& Id="PERSONAL"');

/** What the two agencies of the sandbox say to each other: each kind of message that depends on other declarations. */
export const traffic: readonly Traffic[] = [
  request('rsa', sandboxSigner('agency-a'), 'birth-record', { content: birthRequest('Тест') }),
  request('rsa, again', sandboxSigner('agency-a'), 'birth-record', {
    content: birthRequest('Тест'),
  }),
  request('ec', sandboxSigner('agency-a', 'ec'), 'birth-record', {
    content: birthRequest('Кто-то с очень длинным именем'),
  }),
  request('gost', sandboxSigner('agency-a', 'gost'), 'birth-record', {
    content: birthRequest('Тест'),
  }),
  request('payment', sandboxSigner('agency-a', 'ec'), 'payment-status', {
    content: paymentRequest(),
  }),
  request('a file', sandboxSigner('agency-a'), 'birth-record', {
    content: birthRequest('Тест'),
    files: { attached: [attached('scan', Buffer.from('x'), 'agency-b', 'ec')] },
  }),
  request('a person', sandboxSigner('agency-a'), 'birth-record', {
    content: marked,
    personalSignature: withXml(Buffer.from(marked), ({ root }) =>
      signatureOver(root, sandboxSigner('agency-b', 'gost512'), 'PERSONAL'),
    ),
  }),
  answer('answer', sandboxSigner('agency-b'), { content: birthResponse('Тест') }),
  answer('status', sandboxSigner('agency-b'), { status: { code: 1, description: 'Ждите' } }),
  answer('rejection', sandboxSigner('agency-b', 'ec'), {
    rejected: { code: 'NO_DATA', description: 'Нет' },
  }),
];

export function pemOf(stem: string): string {
  return readFileSync(join(checkout, 'certs.example', `${stem}.crt.pem`), 'utf8');
}
