import { Fault } from '../fault/fault.ts';
import type { JudgedVersion } from '../schema/registry.ts';
import type { QName } from '../xml/navigate.ts';
import type { InformationSystem, MessageType, Participant, Registry } from './registry.ts';
import { laneOf } from './routes.ts';
import { type Sending, versionFor } from './type-versions.ts';

/** Where a request goes. */
export type RequestRoute = {
  readonly messageType: MessageType;
  /** Of the type, that the content was taken by. */
  readonly version: string;
  readonly recipient: Participant;
  /** Name of the queue or lane, as answers tell it. */
  readonly destination: string;
} & (
  | { readonly kind: 'queue'; readonly system: string }
  | { readonly kind: 'connector'; readonly lane: string }
);

/** What the schema said of the content: its type, and which side of it the root names. */
export interface ContentSide {
  readonly messageType: string;
  readonly role: 'request' | 'response' | 'both';
  readonly versions: readonly JudgedVersion[];
}

/**
 * May this system send a request with this content, and to whom does it go.
 *
 * @param at ms UTC
 * @throws Fault CONTENT_TYPE_UNKNOWN, ACCESS_DENIED, RECIPIENT_UNKNOWN, and as versionFor
 */
export function authoriseRequest(
  registry: Registry,
  system: InformationSystem,
  content: QName,
  judged: ContentSide | undefined,
  at: number,
): RequestRoute {
  const { messageType, versions } = typeOf(registry, content, judged, 'request');
  if (!messageType.senders.includes(system.participant)) {
    throw new Fault('ACCESS_DENIED', { public: messageType.id });
  }
  const version = versionFor(messageType, versions, { system: system.id, at });
  return { ...routeOf(registry, messageType), version };
}

/**
 * Is this content an answer of the exchange's message type.
 *
 * @throws Fault CONTENT_TYPE_UNKNOWN, RESPONSE_CONTENT_TYPE, and as versionFor
 */
export function authoriseResponse(
  registry: Registry,
  messageTypeId: string,
  content: QName | undefined,
  judged: ContentSide | undefined,
  sending: Sending,
): void {
  if (content === undefined) throw new Fault('RESPONSE_CONTENT_TYPE');
  if (judged === undefined) throw unknownContent(content);
  if (judged.messageType !== messageTypeId || judged.role === 'request') {
    throw new Fault('RESPONSE_CONTENT_TYPE', { public: `{${content.namespace}}${content.local}` });
  }
  const type = registry.findMessageType(messageTypeId);
  if (type === undefined) throw unknownContent(content);
  versionFor(type, judged.versions, sending);
}

/**
 * The message types that a selector chooses; undefined for all. Any registered version of a type,
 * and either of its roots, chooses the whole type.
 *
 * @throws Fault SELECTOR_UNKNOWN when the type is not registered, or the caller does not provide it
 *   (requests) or send it (answers)
 */
export function authorisePoll(
  registry: Registry,
  system: InformationSystem,
  queue: 'request' | 'response',
  selector: QName | undefined,
): string[] | undefined {
  if (selector === undefined) return undefined;
  const messageType = registry.messageTypeOfRoot(selector.namespace, selector.local);
  const holders = queue === 'request' ? messageType?.providers : messageType?.senders;
  if (messageType === undefined || holders?.includes(system.participant) !== true) {
    throw new Fault('SELECTOR_UNKNOWN', { public: `{${selector.namespace}}${selector.local}` });
  }
  return [messageType.id];
}

function typeOf(
  registry: Registry,
  content: QName,
  judged: ContentSide | undefined,
  side: 'request' | 'response',
): { readonly messageType: MessageType; readonly versions: readonly JudgedVersion[] } {
  const found = judged && registry.findMessageType(judged.messageType);
  if (found === undefined || (judged?.role !== side && judged?.role !== 'both')) {
    throw unknownContent(content);
  }
  return { messageType: found, versions: judged.versions };
}

function unknownContent({ namespace, local }: QName): Fault {
  return new Fault('CONTENT_TYPE_UNKNOWN', {
    public: `{${namespace}}${local}`,
    values: { namespace, local },
  });
}

type Unversioned<T> = T extends unknown ? Omit<T, 'version'> : never;

function routeOf(registry: Registry, messageType: MessageType): Unversioned<RequestRoute> {
  const recipient = registry.findParticipant(messageType.providers[0] ?? '');
  if (recipient === undefined) throw new Fault('RECIPIENT_UNKNOWN', { public: messageType.id });
  if (messageType.route.kind !== 'queue') {
    const { id, route } = messageType;
    const lane = laneOf(id, route);
    return { kind: 'connector', messageType, recipient, lane, destination: id };
  }
  const wanted = messageType.route.system;
  const owner =
    wanted === undefined
      ? recipient
      : messageType.providers
          .map((id) => registry.findParticipant(id))
          .find((provider) => provider?.systems.includes(wanted));
  const system = wanted ?? recipient.systems[0];
  if (owner === undefined || system === undefined) {
    throw new Fault('RECIPIENT_UNKNOWN', { public: messageType.id });
  }
  return { kind: 'queue', messageType, recipient: owner, system, destination: `${system}.request` };
}
