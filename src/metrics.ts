import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What operators watch. */
export interface Metrics {
  /** Call at the first octet; `end` with the operation and 'accepted' or the fault's code. */
  startRequest(): { end(operation: string | undefined, verdict: string): void };
  /** Sampled when the metrics are read. */
  gauge(name: string, help: string, read: () => number): void;
  text(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'mezhved_requests_total',
    help: 'Calls by operation and verdict',
    labelNames: ['operation', 'verdict'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'mezhved_request_seconds',
    help: 'From the first octet of a call to its recorded answer',
    labelNames: ['operation'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    startRequest: () => {
      const stop = duration.startTimer();
      return {
        end: (operation = 'unknown', verdict) => {
          stop({ operation });
          requests.inc({ operation, verdict });
        },
      };
    },
    gauge: (name, help, read) => {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
