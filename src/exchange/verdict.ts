import type { ContentJudgement } from '../compute/judge.ts';
import type { Recalled, RecalledFile } from '../compute/recall.ts';
import { Fault } from '../fault/fault.ts';
import { authoriseRequest } from '../participants/authorise.ts';
import type { FilePolicy } from '../participants/file-policy.ts';
import type { Registry } from '../participants/registry.ts';
import { knowCaller } from './caller.ts';
import { checkHeaders, judgeFileSigner, nameOf } from './judge-files.ts';
import type { RecordedMessage } from './recorded.ts';
import { authoriseAnswer, checkCarried, checkPersonal, filePolicyOf } from './rights.ts';
import type { Caller } from './stages.ts';

/** A recorded message that has been read again. */
export interface RecalledMessage {
  readonly recorded: Omit<RecordedMessage, 'envelope'>;
  readonly recalled: Omit<Recalled, 'contents'>;
}

/** What a message is judged by. */
export interface Standard {
  readonly registry: Registry;
  /** What the schemas of that registry say of the content. */
  readonly content: ContentJudgement | Fault | undefined;
  /** Files of one message. */
  readonly partsMax: number;
}

/**
 * Whether a message that was once taken would be taken as far as declarations tell: whose certificate it
 * is signed with, the rights, the schemas, what is allowed of its files. In the order of receiving it, by
 * the same functions. Its age, repeats, room and signatures are not judged. Undefined where it would.
 *
 * @param at when it would come, ms UTC
 */
export function verdictOn(
  message: RecalledMessage,
  standard: Standard,
  at: number,
): Fault | undefined {
  try {
    judge(message, standard, at);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
}

function judge(message: RecalledMessage, standard: Standard, at: number): void {
  const { registry, content } = standard;
  const { recorded, recalled } = message;
  if (content instanceof Fault) throw content;
  const { personalCertificate } = recalled;
  const certificate = { fingerprint: recorded.certificate };
  const caller = knowCaller(registry, { certificate, personalCertificate }, at);
  const policy = judgeRights(message, standard, caller, content, at);
  if (recalled.files.length > 0) judgeFiles(message, standard, policy(), at);
}

/** @returns what is allowed of its files */
function judgeRights(
  { recorded: { exchange }, recalled: { request, files, personalCertificate } }: RecalledMessage,
  { registry }: Standard,
  caller: Caller,
  content: ContentJudgement | undefined,
  at: number,
): () => FilePolicy {
  if (request.operation === 'SendResponse') {
    authoriseAnswer(registry, caller, exchange, request, content, at);
    const type = registry.findMessageType(exchange.message_type);
    if (request.kind === 'response' && type) checkPersonal(type, personalCertificate);
    return () => filePolicyOf(registry, exchange.message_type);
  }
  const route = authoriseRequest(registry, caller.system, request.content, content, at);
  checkPersonal(route.messageType, personalCertificate);
  checkCarried(
    route.messageType,
    files.map(({ claimed }) => claimed),
  );
  return () => route.messageType.attachments;
}

function judgeFiles(
  { recorded: { profile }, recalled: { files } }: RecalledMessage,
  { registry, partsMax }: Standard,
  policy: FilePolicy,
  at: number,
): void {
  const claimed = files.map((file: RecalledFile) => file.claimed);
  checkHeaders(claimed, policy, partsMax);
  for (const { claimed: file, signer } of files) {
    if (signer === undefined) continue;
    judgeFileSigner({ name: nameOf(file) }, signer, registry.trustAt(at), { at, profile });
  }
}
