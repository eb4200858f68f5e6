import { expect } from 'chai';
import { Fault } from '../../src/fault/fault.ts';
import {
  authorisePoll,
  authoriseRequest,
  authoriseResponse,
  type ContentSide,
} from '../../src/participants/authorise.ts';
import { filePolicySchema } from '../../src/participants/file-policy.ts';
import { buildRegistry, type MessageType } from '../../src/participants/registry.ts';
import type { TypeVersion } from '../../src/participants/type-versions.ts';
import { always } from '../../src/pki/window.ts';

const at = 1_000;

function typeVersion(version: string, namespace: string): TypeVersion {
  const roots = { requestRoot: 'Ask', responseRoot: 'Tell' };
  return { version, namespace, ...roots, schemas: [], window: always, rollback: undefined };
}

const type: MessageType = {
  id: 'birth',
  name: 'Сведения о рождении',
  versions: [typeVersion('1', 'urn:1'), typeVersion('2', 'urn:2')],
  pins: {},
  senders: ['a'],
  providers: ['b'],
  route: { kind: 'queue' },
  ...{ secondOpinion: 0, personalSignature: 'optional', schemaSigners: [] },
  attachments: filePolicySchema.parse({}),
};

function registryOf(types: readonly MessageType[] = [type]) {
  return buildRegistry({
    revision: 1,
    participants: [
      { id: 'a', name: 'А', systems: ['a1'] },
      { id: 'b', name: 'Б', systems: ['b1', 'b2'] },
      { id: 'c', name: 'В', systems: [] },
    ],
    systems: [
      { id: 'a1', participant: 'a' },
      { id: 'b1', participant: 'b' },
      { id: 'b2', participant: 'b' },
    ],
    certificates: [],
    messageTypes: types,
    anchors: [],
    intermediates: [],
    revocation: undefined,
  });
}

const sender = { id: 'a1', participant: 'a' };
const provider = { id: 'b1', participant: 'b' };
const ask = { namespace: 'urn:1', local: 'Ask' };
const tell = { namespace: 'urn:1', local: 'Tell' };
const versions = [{ version: '1', findings: [] }];
const request = { messageType: 'birth', role: 'request', versions } as const;
const response = { messageType: 'birth', role: 'response', versions } as const;

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return 'none';
}

describe('rights', () => {
  describe('to send a request', () => {
    const send = (by = sender, judged: typeof request | typeof response | undefined = request) =>
      authoriseRequest(registryOf(), by, ask, judged, at);

    it('lets a sender of the type, to the first system of the first provider', () => {
      const route = send();
      expect(route).to.include({ kind: 'queue', system: 'b1', destination: 'b1.request' });
      expect(route.recipient.id).to.equal('b');
    });

    it('takes the system that the route names', () => {
      const named = { ...type, route: { kind: 'queue', system: 'b2' } } as const;
      const route = authoriseRequest(registryOf([named]), sender, ask, request, at);
      expect(route).to.include({ system: 'b2', destination: 'b2.request' });
    });

    it('gives each connector a lane of its own', () => {
      const settings = { seed: 's', latencyMs: 0, rejectShare: 0, failShare: 0, answer: '<a/>' };
      const simulated = { ...type, route: { kind: 'simulator', ...settings } } as const;
      const route = authoriseRequest(registryOf([simulated]), sender, ask, request, at);
      expect(route).to.include({ kind: 'connector', lane: 'birth' });
    });

    it('refuses another participant, the provider among them', () => {
      expect(codeOf(() => send(provider))).to.equal('ACCESS_DENIED');
      expect(codeOf(() => send({ id: 'c1', participant: 'c' }))).to.equal('ACCESS_DENIED');
    });

    it('refuses content of no type, and the response of a type', () => {
      const unknown = () => authoriseRequest(registryOf(), sender, ask, undefined, at);
      expect(codeOf(unknown)).to.equal('CONTENT_TYPE_UNKNOWN');
      expect(codeOf(() => send(sender, response))).to.equal('CONTENT_TYPE_UNKNOWN');
      expect(codeOf(() => authoriseRequest(registryOf([]), sender, ask, request, at))).to.equal(
        'CONTENT_TYPE_UNKNOWN',
      );
    });

    it('takes one root for both sides', () => {
      const both = { messageType: 'birth', role: 'both', versions } as const;
      expect(codeOf(() => authoriseRequest(registryOf(), sender, ask, both, at))).to.equal('none');
    });

    it('has no recipient where the provider is gone, has no system, or not that one', () => {
      for (const changed of [
        { providers: ['gone'] },
        { providers: [] },
        { providers: ['c'] },
        { route: { kind: 'queue', system: 'a1' } as const },
      ]) {
        const registry = registryOf([{ ...type, ...changed }]);
        const send = () => authoriseRequest(registry, sender, ask, request, at);
        expect(codeOf(send), JSON.stringify(changed)).to.equal('RECIPIENT_UNKNOWN');
      }
    });
  });

  describe('to answer', () => {
    const answer = (judged: ContentSide | undefined) =>
      codeOf(() => authoriseResponse(registryOf(), 'birth', tell, judged, { system: 'b1', at }));

    it('lets the response root of the type alone', () => {
      expect(answer(response)).to.equal('none');
      expect(answer(request)).to.equal('RESPONSE_CONTENT_TYPE');
      expect(answer({ ...response, messageType: 'other' })).to.equal('RESPONSE_CONTENT_TYPE');
      expect(answer(undefined)).to.equal('CONTENT_TYPE_UNKNOWN');
    });
  });

  describe('to poll', () => {
    const poll = (by: typeof sender, queue: 'request' | 'response', selector?: typeof ask) =>
      authorisePoll(registryOf(), by, queue, selector);

    it('chooses the whole type by either root of any version; all without a selector', () => {
      for (const namespace of ['urn:1', 'urn:2']) {
        for (const local of ['Ask', 'Tell']) {
          expect(poll(provider, 'request', { namespace, local })).to.deep.equal(['birth']);
          expect(poll(sender, 'response', { namespace, local })).to.deep.equal(['birth']);
        }
      }
      expect(poll(sender, 'request')).to.equal(undefined);
    });

    it("refuses a selector of an unknown type, and of another's", () => {
      const other = { namespace: 'urn:3', local: 'Ask' };
      expect(codeOf(() => poll(provider, 'request', other))).to.equal('SELECTOR_UNKNOWN');
      expect(codeOf(() => poll(sender, 'request', ask))).to.equal('SELECTOR_UNKNOWN');
      expect(codeOf(() => poll(provider, 'response', ask))).to.equal('SELECTOR_UNKNOWN');
    });
  });
});
