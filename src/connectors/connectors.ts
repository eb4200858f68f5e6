import { createHash } from 'node:crypto';
import type { MessageType, Registry } from '../participants/registry.ts';
import type { Connector } from './connector.ts';
import { directory } from './directory.ts';
import { ConnectorFailure } from './failure.ts';
import { rest } from './rest.ts';
import { simulator } from './simulator.ts';
import { smev } from './smev.ts';
import type { DownloadDesk } from './smev-files.ts';
import { soap } from './soap.ts';

interface Kept {
  readonly type: MessageType | undefined;
  /** What the connector was made of. */
  readonly made: string;
  readonly connector: Connector;
}

/** The connectors of the message types' routes, each made once and kept while its route stands. */
export class Connectors {
  readonly #publicUrl: string | undefined;
  readonly #desk: DownloadDesk;
  readonly #kept = new Map<string, Kept>();

  /** @param publicUrl the node's own address, for callbacks */
  constructor(publicUrl: string | undefined, desk: DownloadDesk) {
    this.#publicUrl = publicUrl;
    this.#desk = desk;
  }

  /** The connector of a message type's route, as of this registry. */
  of(registry: Registry, messageType: string): Connector {
    const type = registry.findMessageType(messageType);
    const kept = this.#kept.get(messageType);
    if (kept !== undefined && kept.type === type) return kept.connector;
    const made = likeness(type);
    if (kept?.made === made) {
      this.#kept.set(messageType, { ...kept, type });
      return kept.connector;
    }
    // What still runs on the one before keeps its connections until it is over.
    void kept?.connector.close();
    const connector = type === undefined ? nowhere(messageType) : this.#make(type);
    this.#kept.set(messageType, { type, made, connector });
    return connector;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#kept.values()].map(({ connector }) => connector.close()));
    this.#kept.clear();
  }

  #make(type: MessageType): Connector {
    const { route } = type;
    switch (route.kind) {
      case 'simulator':
        return simulator(route);
      case 'rest':
        return rest(route, type, this.#publicUrl, this.#desk);
      case 'soap':
        return soap(route, type);
      case 'smev':
        return smev(route, type, this.#desk);
      case 'directory':
        return directory(route, this.#desk);
      case 'queue':
        return nowhere(type.id);
    }
  }
}

/** The same for two revisions whose connector would be the same. */
function likeness(type: MessageType | undefined): string {
  if (type === undefined) return '';
  const hash = createHash('sha256').update(JSON.stringify(type.route));
  for (const { namespace, requestRoot, responseRoot, schemas } of type.versions) {
    hash.update(JSON.stringify([namespace, requestRoot, responseRoot, schemas.length]));
    for (const { name, bytes } of schemas)
      hash.update(`${name} ${bytes.byteLength} `).update(bytes);
  }
  return hash.digest('hex');
}

/** The route was changed to a queue, or the type is gone, after the request was accepted. */
function nowhere(messageType: string): Connector {
  const refuse = () =>
    Promise.reject(new ConnectorFailure('NOT_SENT', `no connector for ${messageType}`));
  // Whatever it is given, it refuses.
  const carries = 'files';
  return { carries, deliver: refuse, ask: refuse, probe: refuse, close: async () => undefined };
}
