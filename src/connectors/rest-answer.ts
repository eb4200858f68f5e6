import type { RestRoute } from '../participants/routes.ts';
import { agencyWords } from './agency-words.ts';
import {
  type AgencyAnswer,
  type AgencyRequest,
  type AgencyStatus,
  type Posted,
  type RejectCode,
  rejectCodes,
} from './connector.ts';
import type { ContentForms } from './content-forms.ts';
import { ConnectorFailure } from './failure.ts';

// How the body of an answer is read: in the answer to the call itself, at Location, and when it is
// posted to the callback. docs/connectors.md tells agencies the same.

/**
 * Business content, or a rejection as application/problem+json.
 *
 * @throws ConnectorFailure ANSWER_BROKEN
 */
export function readAnswer(
  request: AgencyRequest,
  posted: Posted,
  { format }: Pick<RestRoute, 'format'>,
  forms: ContentForms,
): AgencyAnswer {
  const { contentType, body: evidence } = posted;
  const media = mediaOf(contentType);
  if (evidence.byteLength === 0) broken('the answer is empty');
  if (media === problemType) {
    const rejection = rejectionOf(posted, 'UNKNOWN_REQUEST_DESCRIPTION');
    return rejection ?? broken('the problem is not an object in JSON');
  }
  const form = formOf(media, format);
  const content =
    form === 'json'
      ? forms.answerOfJson(request, textOf(posted))
      : forms.answerOfXml(request, checked(posted));
  return { kind: 'content', content, evidence };
}

/** RFC 9457; `code` and `description` are ours. */
const problemType = 'application/problem+json';

/**
 * The rejection that a body tells: `code` where it is one of the four, `description`, `detail` or
 * `title`; plain text is a description. Undefined where the body tells nothing.
 */
function rejectionOf(
  posted: Posted,
  otherwise: RejectCode,
): (AgencyAnswer & { readonly kind: 'rejection' }) | undefined {
  const { body: evidence } = posted;
  const media = mediaOf(posted.contentType);
  if (media === 'text/plain') {
    const description = agencyWords(Buffer.from(evidence).toString('utf8'));
    return description === undefined
      ? undefined
      : { kind: 'rejection', code: otherwise, description, evidence };
  }
  const said = objectIn(posted);
  if (said === undefined) return undefined;
  const { code, description, detail, title } = said;
  const words = [description, detail, title].map(agencyWords).find((each) => each !== undefined);
  return {
    kind: 'rejection',
    code: rejectCodes.find((each) => each === code) ?? otherwise,
    description: words ?? refused,
    evidence,
  };
}

const refused = 'Ведомство отказало без объяснения / the agency refused without a reason';

/** The rejection of a status that the route lists. */
export function rejectionOfStatus(posted: Posted, status: number, code: RejectCode): AgencyAnswer {
  const told = rejectionOf(posted, code);
  const description = `${refused}: HTTP ${status}`;
  if (told !== undefined && told.description !== refused) return told;
  return {
    kind: 'rejection',
    code: told?.code ?? code,
    description,
    ...(posted.body.byteLength === 0 ? {} : { evidence: posted.body }),
  };
}

/** `{"status": {"code": 1, "description": "…"}}` in the body of 202: the sender is told on the way. */
export function statusOf(posted: Posted): AgencyStatus | undefined {
  const status = objectIn(posted)?.['status'];
  if (!isObject(status)) return undefined;
  const { code } = status;
  const description = agencyWords(status['description']);
  if (typeof code !== 'number' || !Number.isSafeInteger(code)) return undefined;
  return description === undefined || Math.abs(code) > 2 ** 31 - 1
    ? undefined
    : { code, description };
}

function objectIn(posted: Posted): Readonly<Record<string, unknown>> | undefined {
  const media = mediaOf(posted.contentType);
  if (media !== 'application/json' && !media.endsWith('+json')) return undefined;
  try {
    const value: unknown = JSON.parse(textOf(posted));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mediaOf(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

function formOf(media: string, otherwise: 'xml' | 'json'): 'xml' | 'json' {
  if (media === '') return otherwise;
  if (/^(?:application|text)\/xml$|\+xml$/.test(media)) return 'xml';
  if (/^application\/json$|\+json$/.test(media)) return 'json';
  return broken('the Content-Type is neither XML nor JSON');
}

/** Only UTF-8 is exchanged. */
function checked({ contentType, body }: Posted): Uint8Array {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]?.toLowerCase();
  if (charset === undefined || charset === 'utf-8') return body;
  return broken('the Content-Type names an encoding other than UTF-8');
}

function textOf(posted: Posted): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(checked(posted));
  } catch (error) {
    if (error instanceof ConnectorFailure) throw error;
    return broken('the body is not UTF-8');
  }
}

function broken(why: string): never {
  throw new ConnectorFailure('ANSWER_BROKEN', why);
}
