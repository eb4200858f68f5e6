import { expect } from 'chai';
import { createMetrics } from '../src/metrics.ts';

describe('metrics', () => {
  it('count requests by operation and verdict, and how long they took', async () => {
    const metrics = createMetrics();
    metrics.startRequest().end('SendRequest', 'accepted');
    metrics.startRequest().end('SendRequest', 'accepted');
    metrics.startRequest().end(undefined, 'XML_MALFORMED');
    const text = await metrics.text();
    expect(text).to.include(
      'mezhved_requests_total{operation="SendRequest",verdict="accepted"} 2\n',
    );
    expect(text).to.include(
      'mezhved_requests_total{operation="unknown",verdict="XML_MALFORMED"} 1\n',
    );
    expect(text).to.include('mezhved_request_seconds_count{operation="SendRequest"} 2\n');
  });

  it('read a gauge when they are asked for, each node its own', async () => {
    const metrics = createMetrics();
    let depth = 1;
    metrics.gauge('mezhved_test', 'Of this test', () => depth);
    depth = 7;
    expect(await metrics.text()).to.include('mezhved_test 7\n');
    expect(await createMetrics().text()).not.to.include('mezhved_test');
  });

  it('read a gauge of several values, and forget a value that is no more', async () => {
    const metrics = createMetrics();
    let values: [string, number][] = [
      ['one', 1],
      ['two', -2],
    ];
    metrics.gauges('mezhved_test', 'Of this test', 'which', () => values);
    expect(await metrics.text()).to.include('{which="one"} 1\nmezhved_test{which="two"} -2\n');
    values = [['two', 3]];
    expect(await metrics.text())
      .to.include('mezhved_test{which="two"} 3\n')
      .and.not.include('"one"');
  });

  it('count second opinions by outcome, each there from the start', async () => {
    const metrics = createMetrics();
    const line = (outcome: string, count: number) =>
      `mezhved_second_opinions_total{outcome="${outcome}"} ${count}\n`;
    expect(await metrics.text()).to.include(line('disagreed', 0));
    metrics.secondOpinion('disagreed');
    expect(await metrics.text()).to.include(line('disagreed', 1));
  });
});
