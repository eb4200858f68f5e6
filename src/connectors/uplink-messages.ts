import { createHash } from 'node:crypto';
import type { Reason, ResponseContent } from '../smev/calls.ts';
import type { Said } from '../smev/given.ts';
import { newMessageId } from '../smev/message-id.ts';
import type { Version } from '../smev/namespaces.ts';
import { isEnd } from './smev-answers.ts';

const hourMs = 3_600_000;

/**
 * A MessageID that a repeat within the same hour gives again, so that a SMEV knows it as one.
 *
 * @param now ms UTC
 */
export function derivedId(of: string, now: number): string {
  const hour = Math.floor(now / hourMs) * hourMs;
  const digest = createHash('sha256').update(`${of} ${hour}`).digest();
  return newMessageId(hour, digest.subarray(0, 8));
}

const descriptionMax = 4000;

/**
 * A reason in the words of a version: the published 1.2 has no FAILURE, and NO_DATA would say what is
 * not so.
 */
export function rejectionOf(version: Version, code: string, text: string): Reason {
  const known = code !== 'FAILURE' || version !== '1.2';
  return {
    code: known ? code : 'UNKNOWN_REQUEST_DESCRIPTION',
    description: (known ? text : `${code}: ${text}`).slice(0, descriptionMax),
  };
}

/**
 * What the other SMEV is told of an answer; undefined for a status of the SMEV's own that ends nothing.
 * A participant may not send AsyncProcessingStatus, so that an error becomes a rejection.
 */
export function passedOn(said: Said, version: Version): ResponseContent | undefined {
  switch (said.kind) {
    case 'content': {
      const { kind: _, ...content } = said;
      return content;
    }
    case 'rejection':
      return {
        rejected: said.reasons.map(({ code, description }) =>
          rejectionOf(version, code, description),
        ),
      };
    case 'status':
      return { status: { code: said.code, description: said.description } };
    case 'async': {
      if (!isEnd(said)) return undefined;
      const { code, description } = said.fault ?? {
        code: said.category,
        description: said.details ?? '',
      };
      return { rejected: [rejectionOf(version, 'FAILURE', `${code}: ${description}`)] };
    }
  }
}
