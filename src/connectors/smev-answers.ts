import type { Reason } from '../smev/calls.ts';
import type { GivenAsync, GivenResponse } from '../smev/given.ts';
import { type Collected, type RejectCode, rejectCodes } from './connector.ts';

/** An answer of the upstream in the words of the port. */
export function collectedOf(
  { originalMessageId, said }: GivenResponse,
  evidence: Uint8Array,
): Collected {
  return { messageId: originalMessageId, answer: answerOf(said, evidence) };
}

function answerOf(said: GivenResponse['said'], evidence: Uint8Array): Collected['answer'] {
  switch (said.kind) {
    case 'content':
      return { kind: 'content', content: Buffer.from(said.content), evidence };
    case 'rejection':
      return { kind: 'rejection', ...oneReason(said.reasons), evidence };
    case 'status': {
      const { code, description } = said;
      return { kind: 'interim', statuses: [{ code, description }], evidence };
    }
    case 'async':
      return asyncAnswer(said, evidence);
  }
}

const descriptionMax = 4000;

/** The port knows one reason; the others are told in its description. */
function oneReason(reasons: readonly Reason[]): { code: RejectCode; description: string } {
  const [first, ...others] = reasons;
  const known = rejectCodes.find((code) => code === first?.code);
  const told = (reason: Reason) => `${reason.code}: ${reason.description}`;
  const texts = [
    ...(first === undefined ? [] : [known === undefined ? told(first) : first.description]),
    ...others.map(told),
  ];
  return { code: known ?? 'FAILURE', description: texts.join('; ').slice(0, descriptionMax) };
}

function asyncAnswer(async: GivenAsync, evidence: Uint8Array): Collected['answer'] {
  const text = [async.details, async.fault?.description].filter((part) => part).join('; ');
  if (isEnd(async)) {
    const description = text === '' ? async.category : text;
    const code = plainCode(async.fault?.code ?? async.category);
    return { kind: 'failure', code, description: description.slice(0, descriptionMax), evidence };
  }
  const description = text === '' ? async.category : `${async.category}: ${text}`;
  return {
    kind: 'interim',
    statuses: [{ code: 0, description: description.slice(0, descriptionMax) }],
    evidence,
  };
}

// InteractionStatusType is an open list: what is not known to be the end is on the way.
const ends = new Set(['requestIsRejectedBySmev', 'cancelled', 'doesNotExist', 'messageIsArchived']);

/** Whether nothing more will come after this status. */
export function isEnd({ category, fault }: GivenAsync): boolean {
  return fault !== undefined || ends.has(category);
}

/** Codes of the real SMEV hold colons and blanks; the schemas allow 50 characters. */
function plainCode(code: string): string {
  return code.replace(/[^\w:. -]/g, '').slice(0, 50);
}
