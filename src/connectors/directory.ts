import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import { carriesOf, type DirectoryRoute } from '../participants/routes.ts';
import type { FileDesk } from './arriving-files.ts';
import type { AgencyRequest, Connector, Waiting } from './connector.ts';
import { collectAnswers } from './directory-answers.ts';
import { putFiles, toldFiles } from './directory-request-files.ts';
import { sweepFolder } from './directory-sweep.ts';
import { ExchangeFolder, exists, failureOf, mark, syncFolder, unless } from './exchange-folder.ts';
import { ConnectorFailure } from './failure.ts';

const sweepEveryMs = 3_600_000;

/**
 * An agency that reads requests from a folder and writes its answers there; docs/connectors.md
 * says how. One folder serves one message type.
 */
export function directory(
  route: DirectoryRoute,
  desk: FileDesk,
  clock: Clock = systemClock,
): Connector {
  const folder = new ExchangeFolder(route.folder);
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      await folder.prepare();
      return await work();
    } catch (error) {
      throw failureOf(error, route.folder);
    }
  };
  let sweptAt = Number.NEGATIVE_INFINITY;
  return {
    carries: carriesOf(route),
    deliver: (request, signal) =>
      guard(async () => {
        if (signal.aborted) throw new ConnectorFailure('STOPPED', request.messageId);
        await send(folder, request);
        return handedOver(route);
      }),
    ask: async ({ messageId }) => {
      throw new ConnectorFailure('NO_ANSWER', messageId);
    },
    collecting: {
      everyMs: route.pollMs,
      collect: (inbox, signal) =>
        guard(async () => {
          await collectAnswers({ folder, bytesMax: route.answerBytesMax, desk }, inbox, signal);
          if (clock.now() - sweptAt < sweepEveryMs) return;
          await sweepFolder(folder, clock.now(), route.answerWithinMs);
          sweptAt = clock.now();
        }),
    },
    probe: () => guard(() => folder.tryWriting()),
    close: async () => undefined,
  };
}

function handedOver({ answerWithinMs }: DirectoryRoute): Waiting {
  return { kind: 'waiting', ticket: '', askAfterMs: answerWithinMs };
}

/**
 * Lets the request appear in out/ once, whole, with its files and its sidecar before it. A mark is set between
 * writing and renaming: from it and the hidden file, an attempt after a crash knows how far the one
 * before came, also when the agency has taken the file away.
 */
async function send(folder: ExchangeFolder, request: AgencyRequest): Promise<void> {
  const { messageId } = request;
  const marks = await folder.dayFolder('.sent', messageId);
  const [hidden, name] = [`.${messageId}.tmp`, `${messageId}.xml`];
  if (!(await exists(join(marks, messageId)))) {
    if (!(await isThere(folder, messageId))) {
      await putFiles(folder, request);
      await folder.put('out', `${messageId}.json`, sidecar(request));
      await folder.put('out', hidden, request.content);
    }
    await mark(marks, messageId);
  }
  const renamed = await rename(folder.path('out', hidden), folder.path('out', name)).then(
    () => true,
    unless('ENOENT'),
  );
  if (renamed === true) await syncFolder(folder.path('out'));
}

/** Sent before the marks were lost or swept. */
async function isThere(folder: ExchangeFolder, messageId: string): Promise<boolean> {
  const archive = await folder.dayFolder('archive', messageId);
  return (
    (await exists(folder.path('out', `${messageId}.xml`))) ||
    (await exists(join(archive, `${messageId}.request.xml`)))
  );
}

/** What the agency may want to know beside the business content. */
function sidecar(request: AgencyRequest): Uint8Array {
  const { messageId, messageType, sender, exchangeId, test, eol } = request;
  const until = eol === undefined ? null : new Date(eol).toISOString();
  const told = toldFiles(request);
  const files = told.length === 0 ? {} : { files: told };
  const members = { messageId, messageType, sender, exchangeId, test, eol: until, ...files };
  return Buffer.from(`${JSON.stringify(members, null, 2)}\n`);
}
