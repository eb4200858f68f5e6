import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { checkout } from '../checkout.ts';
import { systemClock } from '../clock.ts';
import { signTemplate } from '../compute/sign-template.ts';
import { loadConfig } from '../config/load.ts';
import { verifyJournal } from '../journal/reader.ts';
import { startNode } from '../server/node.ts';
import { type Signer, signerFromPem } from '../signature/signer.ts';
import { ackCall, pollCall, sendRequestCall, sendResponseCall } from '../smev/calls.ts';
import { newMessageId } from '../smev/message-id.ts';
import { type OperationName, operations } from '../smev/operations.ts';
import type { Template } from '../smev/template.ts';
import { openDatabase } from '../store/database.ts';
import { withXml } from '../xml/document.ts';
import { everyElement } from '../xml/navigate.ts';
import { type ExitCode, run } from './run.ts';

/** `demo`: one whole exchange over real HTTP with a node of its own. */
export function register(program: Command): void {
  program
    .command('demo')
    .description('показать один обмен целиком / carry one whole exchange')
    .action(() => run(demo));
}

const version = '1.2';
const namespace = 'urn://mezhved.example/birth-record/1.0.0';

async function demo(): Promise<ExitCode> {
  const folder = mkdtempSync(join(tmpdir(), 'mezhved-demo-'));
  const env = {
    MEZHVED_DATA: folder,
    MEZHVED_LISTEN: '127.0.0.1:0',
    MEZHVED_ADMIN_LISTEN: '127.0.0.1:0',
  };
  const config = { ...loadConfig(env, process.cwd()), log: { level: 'warn' as const } };
  try {
    const started = performance.now();
    const node = await startNode(config);
    tell('узел запущен / node up', started, node.soapUrl);
    try {
      await exchange(`${node.soapUrl}/smev/v${version}/ws`);
    } finally {
      await node.stop();
    }
    return await checkJournal(config.database.url);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An agency asks, another answers, both acknowledge. */
async function exchange(url: string): Promise<void> {
  const sender = party(url, 'agency-a');
  const provider = party(url, 'agency-b');
  const messageId = freshId();
  await sender('SendRequest', sendRequestCall(version, { messageId, content: question }));
  const now = () => systemClock.now();
  const asked = await provider('GetRequest', pollCall('GetRequest', version, { at: now() }));
  const replyTo = textOf(asked, 'ReplyTo');
  const answer = sendResponseCall(version, freshId(), replyTo, { content: reply });
  await provider('SendResponse', answer);
  await provider('Ack', ackCall(version, messageId));
  const got = await sender('GetResponse', pollCall('GetResponse', version, { at: now() }));
  const office = textOf(got, 'Office');
  if (office === '') throw new Error('ответ не дошёл / the answer did not arrive');
  await sender('Ack', ackCall(version, textOf(got, 'MessageID')));
}

const question =
  `<z:BirthRecordRequest xmlns:z="${namespace}"><z:FullName>Пример Примерович Примеров</z:FullName>` +
  '<z:BirthDate>2001-02-03</z:BirthDate></z:BirthRecordRequest>';
const reply =
  `<z:BirthRecordResponse xmlns:z="${namespace}"><z:FullName>Пример Примерович Примеров</z:FullName>` +
  '<z:BirthDate>2001-02-03</z:BirthDate><z:RecordNumber>100000000000000000001</z:RecordNumber>' +
  '<z:Office>Отдел для примера</z:Office></z:BirthRecordResponse>';

type Call = (operation: OperationName, template: Template) => Promise<string>;

/** An information system of the sandbox: it signs, sends, and tells how it went. */
function party(url: string, name: 'agency-a' | 'agency-b'): Call {
  const signer = sandboxSigner(name);
  return async (operation, template) => {
    const started = performance.now();
    const response = await fetch(url, {
      method: 'POST',
      body: signTemplate(template, signer),
      headers: {
        'Content-Type': 'text/xml; charset=utf-8',
        SOAPAction: `"${operations[operation].soapAction}"`,
      },
    });
    const text = await response.text();
    tell(`${name} ${operation}`, started, `HTTP ${response.status}`);
    if (response.status !== 200) throw new Error(textOf(text, 'faultstring'));
    return text;
  };
}

function sandboxSigner(name: string): Signer {
  const read = (file: string) => readFileSync(new URL(`certs.example/${file}`, checkout), 'utf8');
  return signerFromPem(read(`${name}.key.pem`), read(`${name}.crt.pem`));
}

function freshId(): string {
  return newMessageId(systemClock.now(), randomBytes(8));
}

/** The text of the first element with this local name; '' where there is none. */
function textOf(xml: string, local: string): string {
  return withXml(Buffer.from(xml), (document) => {
    for (const element of everyElement(document))
      if (element.name === local) return element.content;
    return '';
  });
}

async function checkJournal(url: string): Promise<ExitCode> {
  const started = performance.now();
  const database = openDatabase(url);
  const { ok, entries, problems } = await verifyJournal(database.kysely);
  await database.close();
  tell('журнал проверен / journal verified', started, `${entries} записей / entries`);
  if (!ok) process.stdout.write(`${JSON.stringify(problems)}\n`);
  process.stdout.write(ok ? 'Готово / done\n' : 'Журнал нарушен / the journal is damaged\n');
  return ok ? 0 : 1;
}

function tell(step: string, started: number, what: string): void {
  const ms = (performance.now() - started).toFixed(0);
  process.stdout.write(`${step.padEnd(42)} ${ms.padStart(6)} ms   ${what}\n`);
}
