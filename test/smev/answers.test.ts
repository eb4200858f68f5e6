import { expect } from 'chai';
import { findMessage } from '../../src/compute/kept.ts';
import { make } from '../../src/compute/make.ts';
import { signTemplate } from '../../src/compute/sign-template.ts';
import { statuses, statusFor } from '../../src/exchange/status.ts';
import { judgeEnvelope } from '../../src/schema/smev.ts';
import * as answers from '../../src/smev/answers.ts';
import * as calls from '../../src/smev/calls.ts';
import { carry } from '../../src/smev/carry.ts';
import type { Metadata } from '../../src/smev/metadata.ts';
import { type Version, versions } from '../../src/smev/namespaces.ts';
import type { MadeContent } from '../../src/smev/responses.ts';
import type { Template } from '../../src/smev/template.ts';
import { withXml } from '../../src/xml/document.ts';
import { bodyOf, freshMessageId, sandboxSigner, textAt } from '../harness/client.ts';
import { noteRequest, noteResponse, testRules } from '../harness/rules.ts';

const signer = sandboxSigner('node', 'ec');
const nasty = '<&>"\'\r\n\t]]> 😀';
const messageId = freshMessageId();

function metadata(version: Version, more: Partial<Metadata> = {}): Metadata {
  return {
    messageId,
    messageType: 'REQUEST',
    sender: { mnemonic: nasty, name: nasty },
    sentAt: 0,
    destination: nasty,
    recipient: { mnemonic: 'b', name: nasty },
    contentType: nasty,
    deliveredAt: 1,
    status: statusFor(version, 'requestIsQueued'),
    ...more,
  };
}

/** Signed, and valid by the published schema of the version, nothing tolerated. */
function valid(template: Template, version: Version): string {
  const text = signTemplate(template, signer);
  withXml(Buffer.from(text), (document) => {
    const judged = judgeEnvelope(testRules().smev, version, bodyOf(document));
    expect(judged, text).to.deep.equal({ valid: true, findings: [], tolerated: [] });
  });
  return text;
}

function carriedCall(template: Template, from: Version, to: Version) {
  const text = signTemplate(template, sandboxSigner('agency-a', 'ec'));
  return withXml(Buffer.from(text), (document) => {
    const { payload, data } = findMessage(document, from);
    return carry(payload, data, from, to);
  });
}

for (const version of versions) {
  describe(`what the node answers in ${version} is valid`, () => {
    it('an acknowledgement in each status, with everything and with as little as may be', () => {
      for (const operation of ['SendRequest', 'SendResponse'] as const) {
        for (const status of statuses) {
          const full = metadata(version, { status: statusFor(version, status) });
          const text = valid(answers.acceptedAnswer(operation, version, full), version);
          expect(textAt(text, 'MessageMetadata', 'Sender', 'HumanReadableName')).to.equal(nasty);
        }
        const little = { recipient: undefined, contentType: undefined, deliveredAt: undefined };
        const brief = metadata(version, { ...little, status: undefined });
        valid(answers.acceptedAnswer(operation, version, brief), version);
      }
    });

    it('empty answers, statistics and notices', () => {
      for (const name of ['GetRequest', 'GetResponse', 'GetStatus', 'Ack']) {
        valid(answers.emptyAnswer(`${name}Response`, version), version);
      }
      if (version !== '1.3') {
        valid(answers.statisticsAnswer(version, []), version);
        const queues = [{ name: nasty, pending: 0 }];
        valid(answers.statisticsAnswer(version, queues), version);
      }
      for (const status of statuses) {
        const category = statusFor(version, status);
        const notice = { originalMessageId: messageId, category, fault: undefined };
        valid(answers.noticeAnswer(version, { ...notice, details: undefined }), version);
        const details = nasty.repeat(100);
        valid(answers.noticeAnswer(version, { ...notice, details }), version);
      }
    });

    for (const from of versions) {
      it(`a request and answers that came in ${from}`, () => {
        const call = { messageId, content: noteRequest('x'), nodeId: 'n', eol: 5, test: true };
        const request = carriedCall(calls.sendRequestCall(from, call), from, version);
        valid(answers.requestAnswer(version, request, metadata(version), 'to'), version);
        const bodies: calls.ResponseContent[] = [
          { content: noteResponse('y') },
          { rejected: { code: 'NO_DATA', description: nasty } },
          { status: { code: -1, description: nasty } },
        ];
        for (const body of bodies) {
          const response = calls.sendResponseCall(from, freshMessageId(), 'to', body);
          const carried = carriedCall(response, from, version);
          for (const chain of [undefined, messageId]) {
            const original = { messageId, transactionCode: chain, referenceMessageId: chain };
            const told = metadata(version, { messageType: 'RESPONSE' });
            valid(answers.responseAnswer(version, carried, told, original), version);
          }
        }
      });
    }

    it('a request whose files were named in 1.3, with an Id that the node itself would use', () => {
      const attached = { contentId: 'SIGNED_BY_SMEV', mimeType: 'text/plain' };
      const content = { part: 'x@mezhved' };
      const stored = { uuid: messageId, fileName: 'a.pdf', hash: Buffer.from('h') };
      const files = {
        attached: [{ ...attached, content }],
        stored: [{ ...stored, mimeType: 'application/pdf', signature: Buffer.from('s') }],
      };
      const call = calls.sendRequestCall('1.3', { messageId, content: noteRequest('x'), files });
      const access = { uuid: messageId, user: 'm', password: 'p', fileName: 'a.pdf' };
      const delivered = { attached: [{ contentId: 'SIGNED_BY_SMEV', content }], stored: [access] };
      const carried = carriedCall(call, '1.3', version);
      const answer = answers.requestAnswer(version, carried, metadata(version), 'to', delivered);
      valid(answer, version);
      expect(answer.signedId).to.equal('SIGNED_BY_SMEV_2');
    });

    it('answers of its own making', () => {
      const status = {
        originalMessageId: messageId,
        category: 'requestIsRejectedBySmev',
        details: nasty,
        fault: { code: 'END_OF_LIFE', description: nasty },
      };
      const made: MadeContent[] = [
        { kind: 'response', content: noteResponse('y') },
        { kind: 'rejection', reasons: [{ code: 'NO_DATA', description: nasty.repeat(1000) }] },
        { kind: 'status', code: 7, description: nasty },
        { kind: 'async', status },
      ];
      for (const each of made) {
        const making = { version, messageId, to: 'to', made: each, messageType: 'note' };
        const { envelope } = make(making, testRules());
        const carried = withXml(envelope, (document) => {
          const { payload, data } = findMessage(document, version);
          return carry(payload, data, version, version);
        });
        const original = { messageId, transactionCode: 'c', referenceMessageId: messageId };
        const told = metadata(version, { messageType: 'RESPONSE' });
        valid(answers.responseAnswer(version, carried, told, original), version);
      }
    });
  });

  describe(`what a caller sends in ${version} is valid`, () => {
    it('every operation', () => {
      const at = Date.now();
      const sent = [
        calls.sendRequestCall(version, { messageId, content: noteRequest('x') }),
        calls.sendResponseCall(version, messageId, nasty, { content: noteResponse('x') }),
        calls.pollCall('GetRequest', version, { at }),
        calls.pollCall('GetResponse', version, {
          at,
          nodeId: 'n',
          type: { namespace: 'urn:a', local: 'B' },
        }),
        calls.ackCall(version, messageId, false),
        calls.lookCall('GetStatus', version, at),
        ...(version === '1.3' ? [] : [calls.lookCall('GetIncomingQueueStatistics', version, at)]),
      ];
      for (const template of sent) valid(template, version);
    });
  });
}
