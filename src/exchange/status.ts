import type { Version } from '../smev/namespaces.ts';

/** InteractionStatusType of SMEV 1.3: where a request and its answer are. */
export const statuses = [
  'doesNotExist',
  'requestIsQueued',
  'requestIsAcceptedBySmev',
  'requestIsRejectedBySmev',
  'requestIsProcessed',
  'underProcessing',
  'responseIsQueued',
  'responseIsAcceptedBySmev',
  'responseIsRejectedBySmev',
  'responseIsProcessed',
  'cancelled',
  'messageIsArchived',
  'messageIsDelivered',
] as const;
export type Status = (typeof statuses)[number];

interface Transition {
  readonly name: string;
  readonly from: readonly Status[];
  readonly to: Status;
}

const untaken = ['requestIsQueued', 'requestIsAcceptedBySmev'] as const;
const unanswered = [...untaken, 'underProcessing'] as const;

/**
 * Everything that can happen to an exchange. It begins as requestIsQueued; each status is reached
 * by one transition, and what is not in this table does not happen.
 */
export const transitions = [
  {
    name: 'the request was handed to the provider',
    from: ['requestIsQueued'],
    to: 'requestIsAcceptedBySmev',
  },
  {
    name: 'the provider acknowledged the request, or told a status of it',
    from: untaken,
    to: 'underProcessing',
  },
  {
    name: 'the request came to nothing: end of life, refused by the provider, agency failed',
    from: unanswered,
    to: 'requestIsRejectedBySmev',
  },
  {
    name: 'the final answer stands in the queue of the sender',
    from: unanswered,
    to: 'responseIsAcceptedBySmev',
  },
  {
    name: 'the sender acknowledged the final answer',
    from: ['responseIsAcceptedBySmev'],
    to: 'messageIsDelivered',
  },
  {
    name: 'the sender refused the final answer',
    from: ['responseIsAcceptedBySmev'],
    to: 'responseIsRejectedBySmev',
  },
] as const satisfies readonly Transition[];

/** A status that an exchange moves to. */
export type Reached = (typeof transitions)[number]['to'];

/** The statuses from which an exchange may move to this one. */
export function statusesBefore(to: Reached): readonly Status[] {
  return transitions.find((transition) => transition.to === to)?.from ?? [];
}

// 1.1 and 1.2 know fewer: each of the others becomes the nearest of theirs.
const before13: Partial<Record<Status, string>> = {
  requestIsProcessed: 'requestIsAcceptedBySmev',
  responseIsQueued: 'responseIsAcceptedBySmev',
  responseIsProcessed: 'responseIsAcceptedBySmev',
  responseIsRejectedBySmev: 'requestIsRejectedBySmev',
  messageIsArchived: 'responseIsDelivered',
  messageIsDelivered: 'responseIsDelivered',
};

/** The status as a value of InteractionStatusType of the version's basic schema. */
export function statusFor(version: Version, status: Status): string {
  return version === '1.3' ? status : (before13[status] ?? status);
}
