import { escapeText } from '../xml/escape.ts';
import { type AsyncStatus, asyncStatusText } from './answers.ts';
import { type HeadedFiles, headerLists } from './file-texts.ts';
import { leaf } from './metadata.ts';
import { smevNamespaces, type Version } from './namespaces.ts';

/** An answer that the node makes in the stead of a participant, or about a message. */
export type MadeContent =
  | { readonly kind: 'response'; readonly content: string; readonly files?: HeadedFiles }
  | {
      readonly kind: 'rejection';
      readonly reasons: readonly { readonly code: string; readonly description: string }[];
    }
  | { readonly kind: 'status'; readonly code: number; readonly description: string }
  | { readonly kind: 'async'; readonly status: AsyncStatus };

/** The Id under which the real SMEV makes data of its own. */
const madeId = 'SIGNED_ASYNC_BY_SMEV';

/**
 * A SendResponseRequest without a caller's signature: what the node keeps and delivers where a
 * connector's agency or the node itself answers. The node signs it when it is delivered.
 */
export function madeResponse(
  version: Version,
  messageId: string,
  to: string,
  made: MadeContent,
): string {
  const { types, basic } = smevNamespaces[version];
  return (
    `<t:SendResponseRequest xmlns:t="${types}" xmlns:b="${basic}">` +
    `<t:SenderProvidedResponseData Id="${madeId}">${leaf('MessageID', messageId)}${leaf('To', to)}` +
    `${contentText(made)}${headersOf(version, made)}</t:SenderProvidedResponseData></t:SendResponseRequest>`
  );
}

/** The contents stand in what delivers the answer. */
function headersOf(version: Version, made: MadeContent): string {
  return made.kind === 'response' ? headerLists(version, made.files ?? {}) : '';
}

function contentText(made: MadeContent): string {
  switch (made.kind) {
    case 'response':
      return `<b:MessagePrimaryContent>${made.content}</b:MessagePrimaryContent>`;
    case 'rejection':
      return made.reasons
        .map(
          ({ code, description }) =>
            `<t:RequestRejected>${leaf('RejectionReasonCode', code)}` +
            `${leaf('RejectionReasonDescription', description.slice(0, 4000))}</t:RequestRejected>`,
        )
        .join('');
    case 'status':
      return (
        `<t:RequestStatus><t:StatusCode>${made.code}</t:StatusCode>` +
        `<t:StatusDescription>${escapeText(made.description.slice(0, 4000))}</t:StatusDescription></t:RequestStatus>`
      );
    case 'async':
      return asyncStatusText(made.status);
  }
}
