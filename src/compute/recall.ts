import { Fault } from '../fault/fault.ts';
import { type DetachedSignature, readDetached } from '../pki/cms-read.ts';
import type { ContentRegistry } from '../schema/registry.ts';
import { personalSigner } from '../signature/personal.ts';
import { readAttachmentHeaders } from '../smev/attachments.ts';
import { operationOf } from '../smev/operations.ts';
import { readRequest, type SendRequest, type SendResponse } from '../smev/requests.ts';
import { withXml } from '../xml/document.ts';
import { type ClaimedFile, claimedFiles } from './claimed-files.ts';
import { type ContentJudgement, judgeBusinessContent, plainFault } from './judge.ts';
import { findMessage, type Kept } from './kept.ts';

/** A kept message, as far as it depends on what is declared whether it would be taken again. */
export interface Recalled {
  readonly request: SendRequest | SendResponse;
  /** What each set of schemas says of the content: undefined where it knows no such root. */
  readonly contents: readonly (ContentJudgement | Fault | undefined)[];
  /** DER of the certificate of the person's signature, where there is one. */
  readonly personalCertificate: Uint8Array | undefined;
  readonly files: readonly RecalledFile[];
}

/** A file of a kept message, and who signed it. */
export interface RecalledFile {
  readonly claimed: ClaimedFile;
  readonly signer: Pick<DetachedSignature, 'certificate' | 'stapled'> | undefined;
}

/**
 * Reads a kept message to judge it by other rules than it was taken by. Its signatures were verified then
 * and are not verified again: what comes of this is told, and never acted upon.
 *
 * @throws Fault where it is not what was once taken
 */
export function recall(
  { envelope, version, profile }: Omit<Kept, 'verifiedHash'>,
  schemas: readonly ContentRegistry[],
): Recalled {
  const old = { gost2001: profile === 'smev3-2001' };
  return withXml(envelope, (document) => {
    const { payload, data } = findMessage(document, version);
    const operation = operationOf(version, payload.name);
    const request = operation && readRequest(operation, version, data);
    if (request?.operation !== 'SendRequest' && request?.operation !== 'SendResponse') {
      throw new Fault('INTERNAL', { private: 'a kept envelope holds no message' });
    }
    const headers = readAttachmentHeaders(data, version);
    return {
      request,
      contents: schemas.map((content) =>
        faultOr(() => judgeBusinessContent(data, request.operation, version, { content })),
      ),
      personalCertificate: personalSigner(data, version)?.der,
      files: claimedFiles(headers, payload, version, old).map((claimed) => ({
        claimed,
        signer: claimed.signature && readDetached(claimed.signature.cms, old),
      })),
    };
  });
}

function faultOr<T>(judge: () => T): T | Fault {
  try {
    return judge();
  } catch (thrown) {
    const { code, detail } = plainFault(thrown);
    return new Fault(code, detail);
  }
}
