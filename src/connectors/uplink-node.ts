import type { Readable } from 'node:stream';
import type { Part } from '../attachments/parts.ts';
import type { Uploads } from '../attachments/uploads.ts';
import type { FileDesk } from './arriving-files.ts';
import { ConnectorFailure } from './failure.ts';
import type { SmevClient } from './smev-client.ts';

/** A part of what this node answers, read from its store. */
export interface NodePart {
  readonly contentId: string;
  readonly size: number;
  open(): Promise<Readable>;
}

export interface NodeAnswer {
  /** HTTP status. */
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly parts?: readonly NodePart[];
}

/**
 * Hands a message to this node as if it had come to its SOAP service: rights, schemas, journal and
 * repeats hold as for anybody. Its parts are in the node's store already.
 */
export type NodePost = (envelope: Uint8Array, parts: readonly Part[]) => Promise<NodeAnswer>;

/** A file of this node's store. */
export interface NodeFile {
  /** The uuid of the message's header. */
  readonly name: string;
  readonly fileName: string | undefined;
  /** Bytes. */
  readonly size: number;
  open(from?: number): Promise<Readable>;
}

/** What this node lends an uplink for the files of messages. */
export interface NodeFiles {
  /** Where parts arrive, within what one message may have. */
  readonly desk: FileDesk;
  readonly uploads: Pick<Uploads, 'find' | 'makeFolder' | 'removeFolder' | 'write'>;
  /** Of all files that one message may name in the store. */
  readonly storedBytesMax: number;
  /** Whether the disk takes more. */
  hasRoom(): Promise<boolean>;
  /** Id of the system here that has this certificate, by its fingerprint. */
  systemOf(fingerprint: string): string | undefined;
  /** Whether the node has taken a message of this system under this MessageID. */
  hasTaken(system: string, messageId: string): Promise<boolean>;
  /** The files that a message names in the store. */
  storedFiles(messageId: string): Promise<readonly NodeFile[]>;
}

/** This node as an information system sees it, inside the process. */
export interface LocalNode extends SmevClient {
  /** The same for a message that has parts. */
  carrying(parts: readonly Part[]): SmevClient;
  /** The same where parts of the answer are told. */
  hearing(told: (parts: readonly NodePart[]) => void): SmevClient;
}

export function localNode(about: Omit<SmevClient, 'post'>, post: NodePost): LocalNode {
  const client = (
    parts: readonly Part[],
    told: (parts: readonly NodePart[]) => void = () => undefined,
  ): SmevClient => ({
    ...about,
    post: async (envelope) => {
      const answer = await post(envelope, parts).catch(noAnswer);
      told(answer.parts ?? []);
      return { status: answer.status, headers: {}, body: Buffer.from(answer.bytes) };
    },
  });
  return {
    ...client([]),
    carrying: (parts) => client(parts),
    hearing: (told) => client([], told),
  };
}

function noAnswer(cause: unknown): never {
  throw new ConnectorFailure('NODE_ERROR', 'this node gave no answer', { cause });
}
