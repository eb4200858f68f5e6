import type { FaultCode } from '../../src/fault/codes.ts';
import * as calls from '../../src/smev/calls.ts';
import {
  type Agency,
  type Answer,
  Client,
  freshMessageId,
  polledRequest,
  post,
  sandboxSigner,
} from '../harness/client.ts';
import { birthRequest, birthResponse } from '../harness/content.ts';
import { type Guard, guards } from './guards.ts';

/** An attack that is one only for what a node knows, or for what HTTP says beside the bytes. */
export interface StateAttack {
  readonly name: string;
  readonly code: FaultCode;
  readonly guards: readonly StateGuardName[];
  /** Tries it on a node of the sandbox; the last answer is the one that counts. */
  readonly attempt: (url: string) => Promise<Answer>;
}

const day = 86_400_000;
const fresh = 'src/exchange/fresh.ts';

/** As guards.ts, of the files that judge by what the node knows. */
const table = {
  'the envelope schema': guards['envelope schema'],
  'the form of a MessageID': {
    file: fresh,
    find: "if (made === undefined) throw new Fault('MESSAGE_ID_FORMAT', { public: messageId });",
    replace: 'if (made === undefined) return;',
  },
  'the time in a MessageID': {
    file: fresh,
    find: 'if (now - made > limits.messageIdAgeMaxMs || made - now > limits.clockSkewMaxMs) {',
    replace: 'if (now < 0) {',
  },
  'the time of a poll': {
    file: fresh,
    find: 'if (now - timestamp > limits.timestampAgeMaxMs || timestamp - now > limits.clockSkewMaxMs) {',
    replace: 'if (now < 0) {',
  },
  'the stored answer for the same octets alone': {
    file: 'src/exchange/repeat.ts',
    find: '    stored.verified_hash === repeated.verifiedHash;',
    replace: "    stored.verified_hash !== '';",
  },
  'the recipient answers': {
    file: 'src/exchange/rights.ts',
    find: 'if (exchange === undefined || exchange.recipient !== participant.id) {',
    replace: 'if (exchange === undefined) {',
  },
  'the recipient answers, asked again in the transaction': {
    file: 'src/exchange/exchanges.ts',
    find: "if (exchange.recipient !== response.sender) return { outcome: 'not-recipient' };",
    replace: '',
  },
  'the holder of the lease acknowledges': {
    file: 'src/smev/incoming-queue.ts',
    find: `    .where('system', '=', system)
    .where('queue', 'in', ['request', 'response'])
    .where('state', '=', 'leased')
    .where('lease_until', '>', now)`,
    replace: "    .where('state', '=', 'leased')",
  },
  'the content type of SOAP 1.1': {
    file: 'src/exchange/receive.ts',
    find: '  checkContentType(call);',
    replace: '',
  },
} as const satisfies Record<string, Guard>;

export type StateGuardName = keyof typeof table;
export const stateGuards: Readonly<Record<StateGuardName, Guard>> = table;

const client = (url: string, agency: Agency) => new Client(url, '1.2', sandboxSigner(agency));

function request(url: string, messageId: string, name = 'Тест'): Promise<Answer> {
  return client(url, 'agency-a').sendRequest({ messageId, content: birthRequest(name) });
}

function poll(url: string, at: number): Promise<Answer> {
  const template = calls.pollCall('GetRequest', '1.2', { at });
  return client(url, 'agency-b').call(template, 'GetRequest');
}

/** A request that the provider holds. */
async function held(url: string): Promise<{ messageId: string; replyTo: string }> {
  await request(url, freshMessageId());
  const polled = polledRequest(await client(url, 'agency-b').poll('GetRequest'));
  if (polled === undefined) throw new Error('nothing to hold');
  return polled;
}

export const stateAttacks: readonly StateAttack[] = [
  {
    name: 'the same MessageID with another body',
    code: 'MESSAGE_ALREADY_SENT',
    guards: ['the stored answer for the same octets alone'],
    attempt: async (url) => {
      const messageId = freshMessageId();
      await request(url, messageId);
      return request(url, messageId, 'Другой');
    },
  },
  {
    name: 'the same MessageID in capitals',
    code: 'ENVELOPE_INVALID',
    guards: ['the envelope schema', 'the form of a MessageID'],
    attempt: async (url) => {
      const messageId = freshMessageId();
      await request(url, messageId);
      return request(url, messageId.toUpperCase());
    },
  },
  ...[-2 * day, day].flatMap((away): StateAttack[] => [
    {
      name: `a MessageID of ${away < 0 ? 'two days ago' : 'tomorrow'}`,
      code: 'MESSAGE_ID_STALE',
      guards: ['the time in a MessageID'],
      attempt: (url) => request(url, freshMessageId(Date.now() + away)),
    },
    {
      name: `a poll of ${away < 0 ? 'two days ago' : 'tomorrow'}`,
      code: 'TIMESTAMP_STALE',
      guards: ['the time of a poll'],
      attempt: (url) => poll(url, Date.now() + away),
    },
  ]),
  {
    name: "an answer by another agency than the request's",
    code: 'RECIPIENT_UNKNOWN',
    guards: ['the recipient answers', 'the recipient answers, asked again in the transaction'],
    attempt: async (url) => {
      const { replyTo } = await held(url);
      return client(url, 'agency-a').sendResponse(replyTo, { content: birthResponse('Тест') });
    },
  },
  {
    name: 'an acknowledgement of what another holds',
    code: 'ACK_TARGET_UNKNOWN',
    guards: ['the holder of the lease acknowledges'],
    attempt: async (url) => {
      const { messageId } = await held(url);
      return client(url, 'agency-a').ack(messageId);
    },
  },
  {
    name: 'a content type that other readers read otherwise',
    code: 'CONTENT_TYPE_UNSUPPORTED',
    guards: ['the content type of SOAP 1.1'],
    attempt: (url) => {
      const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
      const signed = client(url, 'agency-a').sign(calls.sendRequestCall('1.2', call));
      return post(`${url}/smev/v1.2/ws`, signed, { 'Content-Type': 'text/plain' });
    },
  },
];
