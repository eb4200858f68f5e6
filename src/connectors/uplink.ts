import { setTimeout as wait } from 'node:timers/promises';
import type { UplinkSettings } from '../config/uplinks.ts';
import { ConnectorFailure } from './failure.ts';
import { placeOf } from './http-call.ts';
import type { SmevClient } from './smev-client.ts';
import { readIdentity, readSigner } from './smev-identity.ts';
import { smevPost } from './smev-post.ts';
import { Tries } from './tries.ts';
import { passAnswers } from './uplink-answers.ts';
import { type LocalNode, localNode, type NodeFiles, type NodePost } from './uplink-node.ts';
import { takeRequests } from './uplink-requests.ts';

/** Where an uplink keeps what it needs to answer upstream after a restart. On disk when resolved. */
export interface UplinkStore {
  /** ReplyTo of a request of this uplink, before the request is sent on; a repeat overwrites it. */
  remember(uplink: string, messageId: string, replyTo: string): Promise<void>;
  recall(uplink: string, messageId: string): Promise<string | undefined>;
  /** The files of an answer are in the upstream's store: once it has the answer they are not put there again. */
  noteUploaded(uplink: string, answerId: string): Promise<void>;
  isUploaded(uplink: string, answerId: string): Promise<boolean>;
  forgetUploaded(uplink: string, answerId: string): Promise<void>;
}

/** What the node gives to an uplink. */
export interface UplinkPorts {
  /** To the SOAP service of `localVersion`. */
  readonly post: NodePost;
  readonly files: NodeFiles;
  /** Fingerprints of the certificates that this node signs with. */
  readonly trusted: ReadonlySet<string>;
  readonly store: UplinkStore;
  /** Told of each failure; the uplink goes on. */
  failed(error: ConnectorFailure): void;
}

/** An uplink at work: both sides, and what they share. */
export interface Bridge {
  readonly settings: UplinkSettings;
  readonly upstream: SmevClient;
  readonly local: LocalNode;
  readonly files: NodeFiles;
  readonly store: UplinkStore;
  readonly tries: Tries;
  /** MessageIDs of requests that are being brought: a lease may end before a download does. */
  readonly underway: Set<string>;
  readonly failed: (error: ConnectorFailure) => void;
}

export interface Uplink {
  /** Resolves when nothing of it runs any more. What was on the way comes again after a start. */
  stop(): Promise<void>;
}

/**
 * Starts a bridge between two SMEVs, to both of which it is a client: it takes requests upstream and
 * sends them to this node under their own MessageID, and takes this node's answers and sends them
 * upstream. It acknowledges on one side only what the other has taken, so that a break or a restart
 * anywhere leads to a repeat, which both sides know as one.
 *
 * @throws ConnectorFailure NOT_SENT when a file cannot be used
 */
export function startUplink(settings: UplinkSettings, ports: UplinkPorts): Uplink {
  const { url, version, localVersion, localKey, localCertificate } = settings;
  const identity = readIdentity(settings);
  const localSigner = readSigner({ key: localKey, certificate: localCertificate });
  const { post, close } = smevPost(settings);
  const bridge: Bridge = {
    settings,
    upstream: { ...identity, version, place: placeOf(url), post },
    local: localNode(
      {
        signer: localSigner,
        trusted: ports.trusted,
        version: localVersion,
        place: `uplink ${settings.id}`,
      },
      ports.post,
    ),
    files: ports.files,
    tries: new Tries(),
    underway: new Set(),
    store: ports.store,
    failed: ports.failed,
  };
  const stopping = new AbortController();
  const { signal } = stopping;
  const loops = [takeRequests, passAnswers].map((round) =>
    repeat(() => round(bridge, signal), settings.pollMs, ports.failed, signal),
  );
  let stopped: Promise<void> | undefined;
  return {
    stop: () => {
      stopping.abort();
      stopped ??= Promise.all(loops).then(close);
      return stopped;
    },
  };
}

const pauseMaxMs = 60_000;

/** Round after round with a pause in between, which doubles with each failure in a row. */
async function repeat(
  round: () => Promise<void>,
  everyMs: number,
  failed: (error: ConnectorFailure) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let asked = 0;
    try {
      await round();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      const failure = asFailure(error);
      asked = failure.retryAfterMs ?? 0;
      failed(failure);
    }
    const pause = Math.max(everyMs, Math.min(everyMs * 2 ** Math.min(failures, 20), pauseMaxMs));
    await wait(Math.max(pause, asked), undefined, { signal }).catch(() => undefined);
  }
}

function asFailure(error: unknown): ConnectorFailure {
  if (error instanceof ConnectorFailure) return error;
  return new ConnectorFailure('NODE_ERROR', 'an uplink failed', { cause: error });
}
