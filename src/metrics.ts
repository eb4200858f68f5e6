import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What operators watch. */
export interface Metrics {
  /** Call at the first octet; `end` with the operation and 'accepted' or the fault's code. */
  startRequest(): { end(operation: string | undefined, verdict: string): void };
  /** What became of the second opinions that were asked. */
  secondOpinion(outcome: (typeof opinionOutcomes)[number]): void;
  /** Sampled when the metrics are read. */
  gauge(name: string, help: string, read: () => number): void;
  /** As `gauge`, one value for each value of the label. */
  gauges(
    name: string,
    help: string,
    label: string,
    read: () => readonly (readonly [value: string, number])[],
  ): void;
  /** As `gauge`, one value for each set of labels. */
  series(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => readonly Sample[],
  ): void;
  /** One that only rises, present from the start. @returns adds one for a value of the label */
  counter(
    name: string,
    help: string,
    label: string,
    values: readonly string[],
  ): (value: string) => void;
  text(): Promise<string>;
  readonly contentType: string;
}

/** A value and its labels by name. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** `busy`: no thread in time; `failed`: the thread ended. */
const opinionOutcomes = ['asked', 'agreed', 'disagreed', 'busy', 'failed'] as const;

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
  const opinions = new Counter({
    name: 'mezhved_second_opinions_total',
    help: 'Second opinions on signatures by outcome; each that is asked ends as one of the others',
    labelNames: ['outcome'],
    registers: [registry],
  });
  // Present from the start, so that the first disagreement is a rise and not a new line.
  for (const outcome of opinionOutcomes) opinions.inc({ outcome }, 0);
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
    secondOpinion: (outcome) => opinions.inc({ outcome }),
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
    gauges: (name, help, label, read) => {
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers: [registry],
        collect() {
          this.reset();
          for (const [value, number] of read()) this.set({ [label]: value }, number);
        },
      });
    },
    series: (name, help, labelNames, read) => {
      new Gauge({
        name,
        help,
        labelNames: [...labelNames],
        registers: [registry],
        collect() {
          this.reset();
          for (const { labels, value } of read()) this.set({ ...labels }, value);
        },
      });
    },
    counter: (name, help, label, values) => {
      const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
      for (const value of values) counter.inc({ [label]: value }, 0);
      return (value) => counter.inc({ [label]: value });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
