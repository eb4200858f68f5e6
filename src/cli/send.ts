import type { Command } from 'commander';
import { Agent, request } from 'undici';
import { soapNamespace } from '../smev/namespaces.ts';
import { envelopeText, openEnvelope } from '../soap/envelope.ts';
import { withXml } from '../xml/document.ts';
import { isNamed } from '../xml/navigate.ts';
import { type Post, readAnswer } from './answer.ts';
import { clientTls, type TlsWords, withTlsWords } from './client-tls.ts';
import { type ExitCode, print, run, UnreachableError, UsageError } from './run.ts';
import { loadSigner, signFile } from './sign.ts';
import { awaitResponse } from './wait-response.ts';

interface SendOptions extends TlsWords {
  readonly to: string;
  readonly key: string;
  readonly cert: string;
  readonly waitResponse?: true;
  readonly timeout: string;
  readonly json?: true;
}

export function register(program: Command): void {
  const command = program
    .command('send')
    .description('подписать заново, отправить, показать ответ / sign anew, post, show the answer')
    .argument('<file>', 'a SOAP envelope, or its Body child alone')
    .requiredOption(
      '--to <url>',
      'address of the service, such as http://127.0.0.1:8080/smev/v1.2/ws',
    )
    .requiredOption('--key <file>', 'private key, PEM')
    .requiredOption('--cert <file>', 'its certificate, PEM');
  withTlsWords(command)
    .option('--wait-response', 'ask for the answer of the agency, acknowledge it and show it')
    .option('--timeout <seconds>', 'how long to wait for an answer', '60')
    .option('--json', 'print JSON')
    .action((file: string, options: SendOptions) => run(() => send(file, options)));
}

async function send(file: string, options: SendOptions): Promise<ExitCode> {
  const timeoutMs = secondsOf(options.timeout) * 1000;
  const url = urlOf(options.to);
  const signer = loadSigner(options);
  const tls = clientTls(options);
  tell(`подписываю / signing: ${file}`);
  const envelope = signedEnvelope(file, options);
  const agent = new Agent({ connect: { ...tls, timeout: 10_000 } });
  try {
    const post = poster(url, agent, timeoutMs);
    const answer = await post(envelope, 'запрос / request');
    const response =
      options.waitResponse === true && answer.operation === 'SendRequestResponse'
        ? await awaitResponse({ answer, signer, post, timeoutMs, tell })
        : undefined;
    const last = response ?? answer;
    print(
      options.json,
      { answer, ...(response === undefined ? {} : { response }) },
      () => last.xml,
    );
    return last.fault === undefined ? 0 : 1;
  } finally {
    await agent.close();
  }
}

/** A line a step, on standard error: what is printed stays the answer alone. */
function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) throw new UsageError('--timeout: 1 … 86400');
  return seconds;
}

function urlOf(text: string): URL {
  if (!URL.canParse(text)) throw new UsageError(`--to: не адрес / not a URL: ${text}`);
  const url = new URL(text);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new UsageError(`--to: http:// … https:// …: ${text}`);
}

/** The file signed anew with a new MessageID and Timestamp, as an envelope. */
function signedEnvelope(file: string, { key, cert }: SendOptions): string {
  const signed = signFile(file, 'caller', { key, cert, fresh: true });
  const enveloped = withXml(Buffer.from(signed), ({ root }) =>
    isNamed(root, soapNamespace, 'Envelope'),
  );
  return enveloped ? signed : envelopeText(signed.replace(/^\s*<\?xml[^>]*\?>/, ''));
}

function poster(url: URL, dispatcher: Agent, timeoutMs: number): Post {
  return async (envelope, step) => {
    const started = performance.now();
    tell(`отправляю, жду ответа / sending, waiting: ${step} → ${url.href}`);
    const { status, bytes } = await exchangeBytes(url, envelope, dispatcher, timeoutMs);
    const answer = readAnswer(status, bytes);
    const ms = Math.round(performance.now() - started);
    const verdict = answer.fault?.code ?? answer.operation ?? 'ответ не SOAP / not SOAP';
    tell(`ответ / answer: HTTP ${status}, ${verdict}, ${ms} ms`);
    if (answer.fault !== undefined) tell(`  ${answer.fault.text}`);
    return answer;
  };
}

async function exchangeBytes(url: URL, body: string, dispatcher: Agent, timeoutMs: number) {
  try {
    const { statusCode, body: answered } = await request(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: soapAction(body) },
      dispatcher,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    return { status: statusCode, bytes: Buffer.from(await answered.arrayBuffer()) };
  } catch (error) {
    throw new UnreachableError(`узел не отвечает / no answer from ${url.href}: ${reasonOf(error)}`);
  }
}

/** Of the operation in the Body. */
function soapAction(envelope: string): string {
  const request = withXml(Buffer.from(envelope), (document) => openEnvelope(document).name);
  return `"urn:${request.replace(/Request$/, '')}"`;
}

/** A failure to connect to each of several addresses has its reasons inside. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
