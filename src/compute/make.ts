import { Fault } from '../fault/fault.ts';
import { type JudgedContent, judgeContent } from '../schema/registry.ts';
import type { ProfileName } from '../signature/profiles.ts';
import { octetsUnder } from '../signature/transforms.ts';
import { type AttachmentHeaders, readAttachmentHeaders } from '../smev/attachments.ts';
import { smevNamespaces, type Version } from '../smev/namespaces.ts';
import { primaryContent } from '../smev/requests.ts';
import { type MadeContent, madeResponse } from '../smev/responses.ts';
import { envelopeText } from '../soap/envelope.ts';
import { carried } from '../xml/canonicalize.ts';
import { withXml } from '../xml/document.ts';
import { child, childElements, type QName, qname } from '../xml/navigate.ts';
import type { Rules } from './judge.ts';
import { findKept, findMessage, type Kept, sha256 } from './kept.ts';

/** An answer to be made in a participant's stead, or by the node itself. */
export interface Making {
  readonly version: Version;
  readonly messageId: string;
  readonly to: string;
  readonly made: MadeContent;
  /** Whose response schema content must fit. */
  readonly messageType: string;
  /** Versions of the type that it may be of; any where undefined. */
  readonly versions?: readonly string[] | undefined;
}

export interface Made {
  readonly envelope: Uint8Array;
  /** SHA-256 of SenderProvidedResponseData as a caller's digest would cover it. */
  readonly verifiedHash: string;
  /** Of the transforms that gave those octets. */
  readonly profile: ProfileName;
}

// Nobody signed it, so its octets are the plain canonical ones.
const madeProfile: ProfileName = 'xmldsig';

/**
 * Builds the envelope that is kept and delivered as the answer.
 *
 * @throws Fault AGENCY_ANSWER_INVALID when the agency's content is not XML or not of the type
 */
export function make(making: Making, rules: Pick<Rules, 'content'>): Made {
  const { version, messageId, to, made } = making;
  const envelope = new TextEncoder().encode(
    envelopeText(madeResponse(version, messageId, to, made)),
  );
  try {
    return withXml(envelope, (document) => {
      const { data } = findMessage(document, version);
      if (made.kind === 'response') {
        const content = primaryContent(data, version);
        checkMade(making, content && judgeContent(rules.content, content));
      }
      return {
        envelope,
        verifiedHash: sha256(octetsUnder(madeProfile, data)),
        profile: madeProfile,
      };
    });
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('AGENCY_ANSWER_INVALID', { private: String(cause), cause });
  }
}

function checkMade({ messageType, versions }: Making, judged: JudgedContent | undefined): void {
  if (judged?.messageType !== messageType || judged.role === 'request') {
    throw new Fault('AGENCY_ANSWER_INVALID');
  }
  const counting = judged.versions.filter(({ version }) => versions?.includes(version) ?? true);
  const [first] = counting;
  if (first === undefined) throw new Fault('AGENCY_ANSWER_INVALID');
  if (counting.every(({ findings }) => findings.length > 0)) {
    throw new Fault('AGENCY_ANSWER_INVALID', { findings: first.findings });
  }
}

/** What a kept request says, for a connector. */
export interface Extracted {
  readonly root: QName;
  /** The content with the namespaces that it needs, as a document of its own. */
  readonly content: Uint8Array;
  /** What the sender signed of the files. */
  readonly headers: AttachmentHeaders;
}

/** Reads the business content and the headers of files out of the octets that were verified, and out of nothing else. */
export function extract(kept: Kept): Extracted {
  return withXml(kept.envelope, (document) => {
    const { data } = findKept(document, kept);
    const primary = child(data, smevNamespaces[kept.version].basic, 'MessagePrimaryContent');
    const content = primary && childElements(primary)[0];
    if (content === undefined) {
      throw new Fault('INTERNAL', { private: 'a kept request has no business content' });
    }
    return {
      root: qname(content),
      content: new Uint8Array(carried(content)),
      headers: readAttachmentHeaders(data, kept.version),
    };
  });
}
