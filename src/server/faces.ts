import { adminApp } from '../admin/app.ts';
import type { Config } from '../config/table.ts';
import { takeCallback } from '../exchange/collect.ts';
import { receive } from '../exchange/receive.ts';
import { BodyMeter } from '../http/body.ts';
import type { Health } from '../http/health.ts';
import { createHttpServer, listen, stop } from '../http/server.ts';
import { type CallbackReply, soapApp } from '../http/soap.ts';
import { renewTls } from '../http/tls.ts';
import { publishedWsdl, publishedXsd } from '../schema/files.ts';
import { publishWsdl, publishXsd } from '../smev/publish.ts';
import type { Composed } from './composed.ts';
import type { ServedTls } from './tls.ts';
import { typePages } from './type-pages.ts';

/** An open HTTP port. */
export interface Face {
  /** Such as http://127.0.0.1:8080, or with https */
  readonly url: string;
  /** Takes no more calls, and finishes those that are under way. */
  close(): Promise<void>;
}

const stopWithinMs = 10_000;

/** The port where information systems and agencies call. */
export async function openSoapFace(
  config: Config,
  context: Composed,
  tls?: ServedTls,
): Promise<Face> {
  const { attachments, limits } = config;
  const at = splitAddress(config.listen);
  const meter = new BodyMeter(limits.bytesInFlightMax);
  const app = soapApp({
    limits: {
      bytesMax: limits.bodyBytesMax,
      timeoutMs: limits.bodyTimeoutMs,
      meter,
      partsMax: attachments.partsMax,
      headerBytesMax: attachments.partHeaderBytesMax,
      attachmentBytesMax: attachments.totalBytesMax,
    },
    files: context.files,
    newBoundary: () => `mezhved-${context.random(18).toString('hex')}`,
    address: {
      publicUrl: config.publicUrl,
      trustedProxies: config.trustedProxies,
      fallback: urlHost(at),
    },
    health: healthOf(context, config),
    answer: (call) => receive(context, call),
    callback: (replyTo, posted) => answerCallback(context, replyTo, posted),
    types: typePages(context),
    publishWsdl: (version, url) => publishWsdl(publishedWsdl(version), url),
    publishXsd: (version, name, url) => {
      const text = publishedXsd(version, name);
      return text === undefined ? undefined : publishXsd(text, url);
    },
  });
  return open(app, at, { limits, tls, withinMs: stopWithinMs });
}

/** The port for operators: health and metrics. */
export async function openAdminFace(
  config: Config,
  context: Composed,
  health: Health,
  tls?: ServedTls,
): Promise<Face> {
  const { metrics } = context;
  const app = adminApp({
    health,
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
  });
  return open(app, splitAddress(config.adminListen), {
    limits: config.limits,
    tls,
    withinMs: 1000,
  });
}

async function answerCallback(
  context: Composed,
  replyTo: string,
  posted: Parameters<typeof takeCallback>[3],
): Promise<CallbackReply> {
  const { connectors, log, registry } = context;
  try {
    const connectorOf = (messageType: string) => connectors.of(registry(), messageType);
    const { outcome, why } = await takeCallback(context, connectorOf, replyTo, posted);
    if (outcome === 'taken') return { status: 200, text: 'принято / taken' };
    if (outcome === 'unknown') return { status: 404, text: 'нет такого запроса / no such request' };
    return { status: 422, text: `ответ не годится / the answer will not do: ${why}` };
  } catch (error) {
    log.error({ why: String(error) }, 'callback');
    return { status: 503, text: 'повторите позже / try again later' };
  }
}

interface FaceParts {
  readonly limits: Config['limits'];
  readonly tls: ServedTls | undefined;
  readonly withinMs: number;
}

async function open(
  app: Parameters<typeof createHttpServer>[0],
  at: HostPort,
  { limits, tls, withinMs }: FaceParts,
): Promise<Face> {
  const server = createHttpServer(app, serverLimits(limits), tls);
  tls?.whenChanged((pair) => renewTls(server, pair));
  const port = await listen(server, at.host, at.port);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${urlHost({ host: at.host, port })}`,
    close: () => stop(server, withinMs),
  };
}

interface HostPort {
  /** An IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Host and port of an address of the configuration. */
export function splitAddress(address: string): HostPort {
  const at = address.lastIndexOf(':');
  return {
    host: address.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(at + 1)),
  };
}

/** Host and port as a URL has them: an IPv6 address in brackets. */
function urlHost({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function serverLimits({ connectionsMax, headersTimeoutMs, bodyTimeoutMs }: Config['limits']) {
  return { connectionsMax, headersTimeoutMs, requestTimeoutMs: headersTimeoutMs + bodyTimeoutMs };
}

/** What a node needs to take a message; without its engine it takes messages and delivers them later. */
export function healthOf(context: Composed, { limits }: Config): Health {
  const { compute, pressure, queue } = context;
  return {
    check: async () => ({
      database: await answers(context),
      compute: compute.waiting < limits.requestsInFlightMax,
      room: pressure.full === undefined,
      ...tokenHealth(context),
    }),
    remarks: async () => ({
      delivery: await queue.isUp(),
      waiting: pressure.waiting,
      ...context.watched,
    }),
  };
}

/** What a worker needs to deliver. */
export function workerHealth(context: Composed): Health {
  return {
    check: async () => ({
      database: await answers(context),
      delivery: await context.queue.isUp(),
      ...tokenHealth(context),
    }),
  };
}

/** Without its token a node can sign no answer. */
function tokenHealth({ token }: Composed): { token?: boolean } {
  return token === undefined ? {} : { token: token.isUp };
}

function answers({ database }: Composed): Promise<boolean> {
  return database.kysely
    .selectFrom('revision')
    .select('revision')
    .executeTakeFirst()
    .then((row) => row !== undefined)
    .catch(() => false);
}
