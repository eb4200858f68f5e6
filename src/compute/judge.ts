import type { FaultCode } from '../fault/codes.ts';
import { asFault, Fault, type FaultDetail } from '../fault/fault.ts';
import type { OldAlgorithms } from '../pki/trust.ts';
import { type ContentRegistry, type JudgedVersion, judgeContent } from '../schema/registry.ts';
import { judgeEnvelope, type SmevSchemas } from '../schema/smev.ts';
import type { KeyKind } from '../signature/algorithms.ts';
import { explaining } from '../signature/explain/refusal.ts';
import { verifyPersonal } from '../signature/personal.ts';
import type { Profile, ProfileName } from '../signature/profiles.ts';
import { claimedKeyKind } from '../signature/structure.ts';
import { verifyCovered } from '../signature/verify.ts';
import { isAttachmentContent, readAttachmentHeaders } from '../smev/attachments.ts';
import { smevNamespaces, type Version, versionOfTypes } from '../smev/namespaces.ts';
import { type Operation, type OperationName, operationOf } from '../smev/operations.ts';
import { primaryContent, type Request, readRequest, refuseUnbuilt } from '../smev/requests.ts';
import { checkSoapAction, openEnvelope } from '../soap/envelope.ts';
import { xmlFault } from '../soap/xml-fault.ts';
import { refuseOtherIncludes } from '../soap/xop.ts';
import { parseXml, withXml, type XmlElement } from '../xml/document.ts';
import { child } from '../xml/navigate.ts';
import { type ClaimedFile, claimedFiles } from './claimed-files.ts';
import { sha256 } from './kept.ts';

/** What the judging needs besides the bytes; compiled once per worker and revision. */
export interface Rules {
  readonly smev: SmevSchemas;
  readonly content: ContentRegistry;
  /** The signature profiles that count. */
  readonly profiles: readonly Profile[];
}

/** Bytes as they came, with what HTTP said of them. */
export interface Posted {
  readonly bytes: Uint8Array;
  readonly endpoint: Version;
  readonly soapAction: string | undefined;
}

/** The business content's message type and the side of it that its root names. */
export interface ContentJudgement {
  readonly messageType: string;
  readonly role: 'request' | 'response' | 'both';
  /** Which of them counts for the sender is said where the sender is known. */
  readonly versions: readonly JudgedVersion[];
}

export interface Hashed {
  /** SHA-256 of the bytes as they came. */
  readonly hash: string;
  /** As far as the bytes could be read. */
  readonly operation: OperationName | undefined;
  /** MessageID as the bytes claim it, verified or not: for the journal's search, never to act on. */
  readonly claimedMessageId: string | undefined;
  /** Kind of key that the caller's signature names, right or not: the answer is signed alike. */
  readonly claimedKeyKind: KeyKind | undefined;
  /** The message type of the content, and the versions that have its root. */
  readonly claimedContent: ClaimedContent | undefined;
}

export interface ClaimedContent {
  readonly messageType: string;
  readonly versions: readonly string[];
}

/** Opened, valid, and signed by the holder of the certificate over what the operation names. */
export interface Verified extends Hashed {
  readonly verdict: 'verified';
  readonly operation: OperationName;
  readonly version: Version;
  /** Read again from the octets that the digest covered. */
  readonly request: Request;
  readonly content: ContentJudgement | undefined;
  /** The files that the message carries or names. */
  readonly files: readonly ClaimedFile[];
  /** Named deviations from the published 1.2 that were let through. */
  readonly tolerated: readonly string[];
  /** SHA-256 of the verified octets. */
  readonly verifiedHash: string;
  /** SHA-256 of the octets that the digest covered: other only under a PrefixList. */
  readonly octetsHash: string;
  /** Its profile says which transforms gave those octets. */
  readonly profile: ProfileName;
  readonly certificate: { readonly fingerprint: string; readonly keyKind: KeyKind };
  /** DER of the certificate of the person's signature (ЭП-СП), where there is one. */
  readonly personalCertificate: Uint8Array | undefined;
}

export interface Refused extends Hashed {
  readonly verdict: 'refused';
  readonly fault: PlainFault;
  /** Of the signer, where the signature was right. */
  readonly fingerprint: string | undefined;
}

/** A Fault as it crosses from a worker. */
export interface PlainFault {
  readonly code: FaultCode;
  readonly detail: Omit<FaultDetail, 'cause'>;
}

export type Judgement = Verified | Refused;

/**
 * The CPU part of receiving a message in one call: read, open, validate, verify. Synchronous and
 * without effect; whatever is wrong comes back as a value.
 */
export function judge(posted: Posted, rules: Rules): Judgement {
  const known: Known = {
    operation: undefined,
    claimedMessageId: undefined,
    claimedKeyKind: undefined,
    claimedContent: undefined,
    fingerprint: undefined,
  };
  const hash = sha256(posted.bytes);
  try {
    const verified = verify(posted, rules, known);
    const { claimedMessageId, claimedKeyKind, claimedContent } = known;
    return { ...verified, hash, claimedMessageId, claimedKeyKind, claimedContent };
  } catch (thrown) {
    return { verdict: 'refused', hash, fault: plainFault(thrown), ...known };
  }
}

interface Known {
  operation: OperationName | undefined;
  claimedMessageId: string | undefined;
  claimedKeyKind: KeyKind | undefined;
  claimedContent: ClaimedContent | undefined;
  fingerprint: string | undefined;
}

function verify(
  { bytes, endpoint, soapAction }: Posted,
  rules: Rules,
  known: Known,
): Omit<Verified, keyof Hashed> & Pick<Verified, 'operation'> {
  const document = parseXml(bytes);
  try {
    const payload = openEnvelope(document);
    const operation = operationFor(payload, endpoint);
    known.operation = operation.name;
    const container = child(payload, smevNamespaces[endpoint].types, signatureContainer);
    known.claimedKeyKind = container && claimedKeyKind(container);
    checkSoapAction(soapAction, operation.soapAction);
    const envelope = judgeEnvelope(rules.smev, endpoint, payload);
    known.claimedMessageId = claimedMessageId(payload, endpoint);
    // Before the schema, which says of an Include only that no element may stand there.
    refuseOtherIncludes(document, bytes, (parent) =>
      isAttachmentContent(parent, payload, endpoint),
    );
    if (!envelope.valid) throw new Fault('ENVELOPE_INVALID', { findings: envelope.findings });
    const signed = signedElement(payload, operation, endpoint);
    refuseUnbuilt(payload);
    const { profiles } = rules;
    const content = orSignedRefusal(
      () =>
        judgeBusinessContent(signed, operation.name, endpoint, rules, (claimed) => {
          known.claimedContent = claimed;
        }),
      () => container && verifyCovered(document, container, signed, profiles),
      known,
    );
    if (container === undefined) throw new Fault('SIGNATURE_MISSING');
    const evidence = { document, bytes, profiles };
    const verified = explaining(evidence, container, signed, () =>
      verifyCovered(document, container, signed, profiles),
    );
    known.fingerprint = verified.fingerprint;
    const person = child(signed, smevNamespaces[endpoint].types, 'PersonalSignature');
    const personal = explaining(evidence, person, undefined, () =>
      verifyPersonal(document, signed, endpoint, profiles),
    );
    const { request, headers } = withXml(verified.octets, (again) => ({
      request: readRequest(operation, endpoint, again.root),
      headers: readAttachmentHeaders(again.root, endpoint),
    }));
    return {
      verdict: 'verified',
      operation: operation.name,
      version: endpoint,
      request,
      content,
      files: claimedFiles(headers, payload, endpoint, oldAlgorithms(profiles)),
      tolerated: envelope.tolerated,
      octetsHash: sha256(verified.octets),
      verifiedHash: sha256(verified.keptOctets),
      profile: verified.profile,
      certificate: { fingerprint: verified.fingerprint, keyKind: verified.keyKind },
      personalCertificate: personal?.certificate.der,
    };
  } finally {
    document.dispose();
  }
}

/**
 * Judges content. Where its schema refuses it, it is told whether a signature was right all the same:
 * only what somebody known sends may count against a version.
 */
function orSignedRefusal<T>(
  judgeIt: () => T,
  verifyIt: () => { readonly fingerprint: string } | undefined,
  known: Known,
): T {
  try {
    return judgeIt();
  } catch (refusal) {
    try {
      known.fingerprint = verifyIt()?.fingerprint;
    } catch {
      // The refusal of the content is told; it comes first.
    }
    throw refusal;
  }
}

/** GOST 2001 counts in the signatures of files where the node takes it in those of messages. */
export function oldAlgorithms(profiles: readonly Profile[]): OldAlgorithms {
  return { gost2001: profiles.some(({ name }) => name === 'smev3-2001') };
}

const signatureContainer = 'CallerInformationSystemSignature';

function operationFor(payload: XmlElement, endpoint: Version): Operation {
  const version = versionOfTypes(payload.namespaceUri);
  if (version !== endpoint) {
    throw new Fault('NAMESPACE_UNKNOWN', {
      public: `${payload.namespaceUri.slice(0, 200)}; ожидается ${smevNamespaces[endpoint].types}`,
    });
  }
  const operation = operationOf(endpoint, payload.name);
  if (operation === undefined) {
    throw new Fault('OPERATION_UNKNOWN', { public: payload.name.slice(0, 100) });
  }
  return operation;
}

function signedElement(payload: XmlElement, { signed }: Operation, version: Version): XmlElement {
  const found = child(payload, smevNamespaces[version][signed.namespace], signed.local);
  if (found === undefined) throw new Fault('SIGNATURE_TARGET', { public: signed.local });
  return found;
}

/**
 * What the schemas say of the business content of a signed element; undefined where there is none, or no
 * type has such a root.
 *
 * @param claim told what the root says, before anything is refused
 * @throws Fault CONTENT_INVALID where the one version that has the root refuses it
 */
export function judgeBusinessContent(
  signed: XmlElement,
  operation: OperationName,
  version: Version,
  rules: Pick<Rules, 'content'>,
  claim: (claimed: ClaimedContent) => void = () => undefined,
): ContentJudgement | undefined {
  if (operation !== 'SendRequest' && operation !== 'SendResponse') return undefined;
  const content = primaryContent(signed, version);
  if (content === undefined) return undefined;
  const judged = judgeContent(rules.content, content);
  if (judged === undefined) return undefined;
  const { messageType, role, versions } = judged;
  claim({ messageType, versions: versions.map((each) => each.version) });
  const [only, ...others] = versions;
  if (others.length === 0 && only !== undefined && only.findings.length > 0) {
    throw new Fault('CONTENT_INVALID', { findings: only.findings });
  }
  return { messageType, role, versions };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function claimedMessageId(payload: XmlElement, version: Version): string | undefined {
  const { types } = smevNamespaces[version];
  for (const name of ['SenderProvidedRequestData', 'SenderProvidedResponseData']) {
    const data = child(payload, types, name);
    const id = data && child(data, types, 'MessageID')?.content.trim();
    if (id !== undefined && uuid.test(id)) return id;
  }
  return undefined;
}

/** What was thrown as a value that crosses threads. */
export function plainFault(thrown: unknown): PlainFault {
  const { code, detail } = asFault(xmlFault(thrown));
  const { cause: _, ...plain } = detail;
  return { code, detail: plain };
}
