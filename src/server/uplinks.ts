import type { Config } from '../config/table.ts';
import type { UplinkSettings } from '../config/uplinks.ts';
import type { ConnectorFailure } from '../connectors/failure.ts';
import { startUplink, type Uplink } from '../connectors/uplink.ts';
import type { NodeFiles } from '../connectors/uplink-node.ts';
import { receive } from '../exchange/receive.ts';
import { hasTaken, storedFiles } from '../exchange/uplink-files.ts';
import { forgetReplies, uplinkReplies } from '../exchange/uplink-replies.ts';
import type { Composed } from './composed.ts';
import { hasRoom } from './kept-files.ts';
import { type Repeating, startRepeating } from './repeating.ts';

/**
 * Starts the bridges to upstream SMEVs that the configuration names. Each speaks to this node as an
 * information system of its own, through the same story as everybody's messages.
 *
 * @throws ConnectorFailure NOT_SENT when a file cannot be used
 */
export function startUplinks(context: Composed, config: Config): Repeating {
  const { uplinks } = config;
  const store = uplinkReplies(context.database.kysely, context.clock);
  const files = filesFor(context, config);
  const running: Uplink[] = [];
  const stopAll = async () => void (await Promise.all(running.map((each) => each.stop())));
  const start = (settings: UplinkSettings) =>
    startUplink(settings, {
      post: (bytes, parts) =>
        receive(context, {
          endpoint: settings.localVersion,
          method: 'POST',
          contentType: parts.length > 0 ? 'multipart/related' : 'text/xml; charset=utf-8',
          soapAction: undefined,
          peer: `uplink ${settings.id}`,
          body: async () => ({ bytes, parts }),
        }),
      files,
      trusted: context.ownCertificates,
      store,
      failed: ({ code, message }: ConnectorFailure) =>
        context.log.warn({ uplink: settings.id, failure: code, why: message }, 'uplink'),
    });
  try {
    for (const settings of uplinks) running.push(start(settings));
  } catch (error) {
    void stopAll();
    throw error;
  }
  const forget = startRepeating('forgetting', forgetEveryMs, forgetOld(context), context.log);
  return {
    stop: async () => {
      await Promise.all([stopAll(), forget.stop()]);
    },
  };
}

function filesFor(context: Composed, config: Config): NodeFiles {
  const { partsMax, storedBytesMax, totalBytesMax } = config.attachments;
  return {
    desk: { store: context.files, filesMax: partsMax, bytesMax: totalBytesMax },
    uploads: context.uploads,
    storedBytesMax,
    hasRoom: () => hasRoom(config),
    systemOf: (fingerprint) => context.registry().systemOfCertificate(fingerprint)?.system.id,
    hasTaken: (system, messageId) => hasTaken(context, system, messageId),
    storedFiles: (messageId) => storedFiles(context, messageId),
  };
}

const forgetEveryMs = 3_600_000;
// Longer than any request of the real SMEV lives.
const keptMs = 180 * 86_400_000;

function forgetOld({ database, clock }: Composed): () => Promise<void> {
  return () => forgetReplies(database.kysely, clock.now() - keptMs);
}
