import { Fault } from '../fault/fault.ts';
import type { KeyKind } from '../signature/algorithms.ts';
import { profileOfKey } from '../signature/profiles.ts';
import type { Signer } from '../signature/signer.ts';
import { signBody } from '../signature/wsse.ts';
import {
  type AsyncStatus,
  acceptedAnswer,
  type DeliveredFiles,
  emptyAnswer,
  noticeAnswer,
  type Original,
  requestAnswer,
  responseAnswer,
  statisticsAnswer,
} from '../smev/answers.ts';
import { type Carried, carry } from '../smev/carry.ts';
import { faultBody } from '../smev/faults.ts';
import type { Metadata } from '../smev/metadata.ts';
import type { Version } from '../smev/namespaces.ts';
import type { Template } from '../smev/template.ts';
import { envelopeText } from '../soap/envelope.ts';
import { withXml } from '../xml/document.ts';
import type { PlainFault } from './judge.ts';
import { findKept, type Kept, sha256 } from './kept.ts';
import { signTemplate } from './sign-template.ts';

/** What is to be answered. */
export type Content =
  | {
      readonly kind: 'accepted';
      readonly operation: 'SendRequest' | 'SendResponse';
      readonly metadata: Metadata;
    }
  | {
      readonly kind: 'request';
      readonly kept: Kept;
      readonly metadata: Metadata;
      readonly replyTo: string;
      readonly files: DeliveredFiles;
    }
  | {
      readonly kind: 'response';
      readonly kept: Kept;
      readonly metadata: Metadata;
      readonly original: Original;
      readonly files: DeliveredFiles;
    }
  | {
      readonly kind: 'empty';
      readonly operation: 'GetRequest' | 'GetResponse' | 'GetStatus' | 'Ack';
    }
  | {
      readonly kind: 'statistics';
      readonly queues: readonly { readonly name: string; readonly pending: number }[];
    }
  | { readonly kind: 'notice'; readonly status: AsyncStatus }
  | { readonly kind: 'fault'; readonly fault: PlainFault; readonly journalId: string };

export interface Order {
  readonly version: Version;
  /** Of the request: the answer is signed alike, or at least in the same profile. */
  readonly keyKind: KeyKind;
  readonly content: Content;
}

export interface Composed {
  readonly bytes: Uint8Array;
  readonly hash: string;
}

/** The node's signers, the default one first. */
export type Signers = readonly Signer[];

/**
 * The CPU part of answering in one call: build the envelope of the version and sign what the
 * operation has a place for; a fault is signed over its Body.
 */
export function compose(order: Order, signers: Signers): Composed {
  const signer = signerFor(order.keyKind, signers);
  if (signer === undefined) throw new Fault('INTERNAL', { private: 'the node has no signing key' });
  const bytes = new TextEncoder().encode(composeText(order, signer));
  return { bytes, hash: sha256(bytes) };
}

function signerFor(keyKind: KeyKind, signers: Signers): Signer | undefined {
  const profile = profileOfKey(keyKind);
  return (
    signers.find((each) => each.keyKind === keyKind) ??
    signers.find((each) => each.profile === profile) ??
    signers[0]
  );
}

function composeText({ content, version }: Order, signer: Signer): string {
  if (content.kind === 'fault') {
    const fault = new Fault(content.fault.code, content.fault.detail);
    return signBody(envelopeText(faultBody(fault, version, content.journalId)), signer);
  }
  return signTemplate(templateOf(content, version), signer);
}

function templateOf(content: Exclude<Content, { kind: 'fault' }>, version: Version): Template {
  switch (content.kind) {
    case 'accepted':
      return acceptedAnswer(content.operation, version, content.metadata);
    case 'request': {
      const carried = carriedBy(content.kept, version);
      return requestAnswer(version, carried, content.metadata, content.replyTo, content.files);
    }
    case 'response': {
      const carried = carriedBy(content.kept, version);
      return responseAnswer(version, carried, content.metadata, content.original, content.files);
    }
    case 'empty':
      return emptyAnswer(`${content.operation}Response`, version);
    case 'statistics':
      return statisticsAnswer(version, content.queues);
    case 'notice':
      return noticeAnswer(version, content.status);
  }
}

function carriedBy(kept: Kept, to: Version): Carried {
  return withXml(kept.envelope, (document) => {
    const { payload, data } = findKept(document, kept);
    return carry(payload, data, kept.version, to);
  });
}
