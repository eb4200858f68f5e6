import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import type { AgencyRequest } from '../../src/connectors/connector.ts';
import { ConnectorFailure, failures } from '../../src/connectors/failure.ts';
import { type SimulatorSettings, scenarios, simulator } from '../../src/connectors/simulator.ts';
import { buildContentRegistry, judgeContent } from '../../src/schema/registry.ts';
import { withXml } from '../../src/xml/document.ts';
import { childText } from '../../src/xml/navigate.ts';

/** A signal of an attempt that has all the time it wants. */
const never = () => new AbortController().signal;
const namespace = 'urn://test.example/fines/1';
const settings: SimulatorSettings = {
  seed: 1,
  latencyMs: 0,
  rejectShare: 0,
  failShare: 0,
  answer: `<f:Answer xmlns:f="${namespace}"><f:Number>\${Number}</f:Number><f:For>\${messageId}</f:For><f:State>\${choice PAID|UNPAID}</f:State><f:None>\${Absent}</f:None></f:Answer>`,
};

function request(scenario?: string, change: Partial<AgencyRequest> = {}): AgencyRequest {
  const mark = scenario === undefined ? '' : `<Scenario>${scenario}</Scenario>`;
  const text = `<Ask xmlns="${namespace}"><Number>7 &lt; 8 &amp; "9"</Number>${mark}</Ask>`;
  return {
    exchangeId: 'e',
    messageId: '6a7f3c52-0000-11f1-8000-000000000001',
    messageType: 'fines',
    sender: 'agency-a',
    eol: undefined,
    test: false,
    attempt: 1,
    root: { namespace, local: 'Ask' },
    content: Buffer.from(text),
    files: [],
    replyTo: 'secret',
    ...change,
  };
}

/** What the simulator did, in a word. */
async function behaviour(with_: Partial<SimulatorSettings>, message: AgencyRequest) {
  try {
    const answer = await simulator({ ...settings, ...with_ }).deliver(message, never());
    return answer.statuses === undefined ? answer.kind : `status, ${answer.kind}`;
  } catch (error) {
    if (!(error instanceof ConnectorFailure)) throw error;
    return failures[error.code].retry ? 'retry' : 'fail';
  }
}

describe('the simulator', () => {
  it("answers with the request's own values, escaped", async () => {
    const answer = await simulator(settings).deliver(request(), never());
    if (answer.kind !== 'content') throw new Error(answer.kind);
    withXml(answer.content, ({ root }) => {
      expect(childText(root, namespace, 'Number')).to.equal('7 < 8 & "9"');
      expect(childText(root, namespace, 'For')).to.equal(request().messageId);
      expect(childText(root, namespace, 'State')).to.be.oneOf(['PAID', 'UNPAID']);
      expect(childText(root, namespace, 'None')).to.equal('');
    });
  });

  it('takes no markup in from a value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (value) => {
        const escaped = value
          .replace(/[^\u0020-\ud7ff]/g, '')
          .replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
        const content = Buffer.from(`<Ask xmlns="${namespace}"><Number>${escaped}</Number></Ask>`);
        const answer = await simulator(settings).deliver(request(undefined, { content }), never());
        if (answer.kind !== 'content') throw new Error(answer.kind);
        const seen = withXml(answer.content, ({ root }) => childText(root, namespace, 'Number'));
        const sent = withXml(content, ({ root }) => childText(root, namespace, 'Number'));
        expect(seen).to.equal(sent?.trim());
      }),
    );
  });

  it('does what the request asks', async () => {
    expect(await behaviour({}, request('answer'))).to.equal('content');
    expect(await behaviour({}, request('reject'))).to.equal('rejection');
    expect(await behaviour({}, request('status-then-answer'))).to.equal('status, content');
    expect(await behaviour({}, request('fail-once'))).to.equal('retry');
    expect(await behaviour({}, request('fail-once', { attempt: 2 }))).to.equal('content');
    expect(await behaviour({}, request('fail', { attempt: 9 }))).to.equal('fail');
  });

  it('leaves an unknown scenario to chance, and no chance to a scenario', async () => {
    expect(await behaviour({}, request('dance'))).to.equal('content');
    expect(await behaviour({ rejectShare: 1, failShare: 1 }, request('answer'))).to.equal(
      'content',
    );
  });

  it('rejects and fails in the shares of its route, the same way each time', async () => {
    const shares = { rejectShare: 0.3, failShare: 0.2 };
    const run = (seed: number) =>
      Promise.all(
        Array.from({ length: 1000 }, (_, n) =>
          behaviour({ ...shares, seed }, request(undefined, { messageId: `m${n}` })),
        ),
      );
    const seen = await run(1);
    const share = (what: string) => seen.filter((one) => one === what).length / seen.length;
    expect(share('retry')).to.be.closeTo(0.2, 0.05);
    expect(share('rejection')).to.be.closeTo(0.8 * 0.3, 0.05);
    expect(await run(1)).to.deep.equal(seen);
    expect(await run(2)).not.to.deep.equal(seen);
  });

  it('fails by chance in an attempt, not in a message', async () => {
    const messages = Array.from({ length: 50 }, (_, n) => ({ messageId: `m${n}` }));
    for (const message of messages) {
      const attempts = await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          behaviour({ failShare: 0.5 }, request(undefined, { ...message, attempt: n + 1 })),
        ),
      );
      expect(attempts).to.include('content');
    }
  });

  it('ends with the signal, whatever its latency', async () => {
    const over = new AbortController();
    const delivered = simulator({ ...settings, latencyMs: 60_000 }).deliver(request(), over.signal);
    over.abort();
    const thrown = await delivered.catch((error: Error) => error.name);
    expect(thrown).to.equal('AbortError');
  });

  it('takes its latency', async () => {
    const began = performance.now();
    await simulator({ ...settings, latencyMs: 60 }).deliver(request(), never());
    expect(performance.now() - began).to.be.greaterThan(55);
  });
});

describe('the simulated message type of the sandbox', () => {
  const folder = new URL('../../config/sandbox/', import.meta.url);
  const declared = parseAllDocuments(readFileSync(new URL('message-types.yaml', folder), 'utf8'))
    .map((document) => document.toJS() as Declared)
    .find(({ route }) => route.kind === 'simulator');

  interface Declared {
    id: string;
    versions: { namespace: string; requestRoot: string; responseRoot: string; schemas: string[] }[];
    route: SimulatorSettings & { kind: string };
  }

  it('asks and is answered as its schema says, in every scenario', async () => {
    const version = declared?.versions[0];
    if (declared === undefined || version === undefined) throw new Error('there is none');
    const schemas = version.schemas.map((name) => ({
      name,
      bytes: readFileSync(new URL(name, folder)),
    }));
    const registry = buildContentRegistry([
      { id: 'it', versions: [{ ...version, version: '1', schemas }] },
    ]);
    const findings = (content: Uint8Array) =>
      withXml(content, ({ root }) => judgeContent(registry, root)?.versions[0]?.findings);
    const agency = simulator({ ...declared.route, latencyMs: 0 });
    for (const scenario of [undefined, ...scenarios.filter((one) => one !== 'slow')]) {
      for (let n = 0; n < 10; n += 1) {
        const mark = scenario === undefined ? '' : `<Scenario>${scenario}</Scenario>`;
        const content = Buffer.from(
          `<${version.requestRoot} xmlns="${version.namespace}"><PaymentNumber>${n}</PaymentNumber>${mark}</${version.requestRoot}>`,
        );
        expect(findings(content)).to.deep.equal([]);
        const message = request(undefined, { content, messageId: `m${n}`, attempt: 2 });
        const answer = await agency.deliver(message, never()).catch(() => undefined);
        expect(answer?.kind).to.equal(
          scenario === 'fail' ? undefined : scenario === 'reject' ? 'rejection' : 'content',
        );
        if (answer?.kind === 'content') expect(findings(answer.content)).to.deep.equal([]);
      }
    }
    registry.dispose();
  });
});
