import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Collected, Inbox } from '../../src/connectors/connector.ts';
import { filePolicySchema } from '../../src/participants/file-policy.ts';
import type { MessageType } from '../../src/participants/registry.ts';
import { routeSchema, type SmevRoute } from '../../src/participants/routes.ts';
import { always } from '../../src/pki/window.ts';
import { checkout, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { type Agency, type Got, startAgency } from './agencies.ts';

export const certificate = (name: string) => join(checkout, 'certs.example', name);

/** A node of the sandbox in a process of its own, whose leases are short. */
export async function startUpstream(leaseMs: number, config: object = {}) {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'config.yaml');
  await writeFile(
    file,
    stringify({
      log: { level: 'error' },
      limits: { leaseMs },
      compute: { threads: 1 },
      // No operator waits here: whose request cannot be delivered is told.
      delivery: { decideWithinMs: 500 },
      ...config,
    }),
  );
  const node = await startNode(folder.path, { MEZHVED_CONFIG: file });
  return {
    node,
    stop: async () => {
      await node.stop();
      await folder.remove();
    },
  };
}

/** A route to it as an operator declares one, by the key of agency-a. */
export function routeTo(url: string, change: Partial<SmevRoute> = {}): SmevRoute {
  const route = routeSchema.parse({
    kind: 'smev',
    url,
    key: certificate('agency-a.key.pem'),
    certificate: certificate('agency-a.crt.pem'),
    trust: certificate('node.crt.pem'),
    pollMs: 50,
    ...change,
  });
  if (route.kind !== 'smev') throw new Error(route.kind);
  return route;
}

export function serviceOf(node: NodeProcess, version = '1.2'): string {
  return `${node.url}/smev/v${version}/ws`;
}

/** A message type as the registry has it; its schemas play no part here. */
export function typeOf(id: string, namespace: string, root: string, route: SmevRoute): MessageType {
  const roots = { requestRoot: `${root}Request`, responseRoot: `${root}Response` };
  return {
    id,
    name: id,
    versions: [
      {
        ...{ version: '1', window: always, rollback: undefined },
        ...{ namespace, ...roots, schemas: [] },
      },
    ],
    pins: {},
    senders: ['agency-a'],
    providers: ['agency-b'],
    route,
    ...{ secondOpinion: 0, personalSignature: 'optional', schemaSigners: [] },
    attachments: filePolicySchema.parse({}),
  };
}

/** Remembers in memory what it took. */
export class MemoryInbox implements Inbox {
  readonly taken: Collected[] = [];
  readonly givenUp: string[] = [];
  readonly #known: ReadonlySet<string>;

  /** @param known MessageIDs of exchanges; all where absent */
  constructor(known?: readonly string[]) {
    this.#known = new Set(known);
  }

  async take(collected: Collected): Promise<'taken' | 'unknown'> {
    if (this.#known.size > 0 && !this.#known.has(collected.messageId)) return 'unknown';
    this.taken.push(collected);
    return 'taken';
  }

  async giveUp(messageId: string): Promise<void> {
    this.givenUp.push(messageId);
  }
}

/** What the line does to an answer: another text, or undefined where the connection is cut. */
export type Line = (answer: string, got: Got) => string | undefined;

/**
 * A line that hands requests on to a real service, and its answers back as `line` says.
 *
 * @param isLost whether a request breaks off before it arrives
 */
export function startLine(
  service: () => string,
  line: () => Line,
  isLost: (got: Got) => boolean = () => false,
): Promise<Agency> {
  return startAgency((response, got, socket) => {
    if (isLost(got)) {
      socket.destroy();
      return;
    }
    void (async () => {
      const answer = await fetch(service(), {
        method: got.method,
        headers: { 'content-type': 'text/xml; charset=utf-8' },
        ...(got.method === 'POST' ? { body: got.body } : {}),
      });
      const text = line()(await answer.text(), got);
      if (text === undefined) socket.destroy();
      else response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(text);
    })();
  });
}
