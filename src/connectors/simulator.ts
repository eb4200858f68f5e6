import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { withXml } from '../xml/document.ts';
import { escapeText } from '../xml/escape.ts';
import { everyElement } from '../xml/navigate.ts';
import type { AgencyAnswer, AgencyRequest, Connector } from './connector.ts';
import { ConnectorFailure } from './failure.ts';

/** The settings of a route of kind simulator. Shares are between 0 and 1. */
export interface SimulatorSettings {
  readonly seed: string | number;
  readonly latencyMs: number;
  /** Requests that are rejected. */
  readonly rejectShare: number;
  /** Attempts that fail and may be repeated. */
  readonly failShare: number;
  /**
   * The business response. ${Name} stands for the text of the first element of the request with
   * that local name, ${messageId} for the MessageID, ${choice A|B|C} for one of these.
   */
  readonly answer: string;
}

/** What the request itself may ask the simulator to do, by its element Scenario. */
export const scenarios = [
  'answer',
  'reject',
  'fail-once',
  'fail',
  'slow',
  'status-then-answer',
] as const;
export type Scenario = (typeof scenarios)[number];

const slowMs = 5000;

/**
 * The scripted agency of the sandbox. It is no agency: its answers are made of the request and a
 * seed. The same seed, MessageID and attempt always give the same behaviour.
 */
export function simulator(settings: SimulatorSettings): Connector {
  return {
    carries: 'nothing',
    deliver: (message, signal) => deliver(settings, message, signal),
    probe: async () => undefined,
    close: async () => undefined,
  };
}

async function deliver(
  settings: SimulatorSettings,
  message: AgencyRequest,
  signal: AbortSignal,
): Promise<AgencyAnswer> {
  const values = readValues(message.content);
  const asked = values.get('Scenario') ?? '';
  const scenario = isScenario(asked) ? asked : chosen(settings, message);
  await wait(settings.latencyMs + (scenario === 'slow' ? slowMs : 0), undefined, { signal });
  if (scenario === 'fail') throw new ConnectorFailure('REFUSED', 'the simulator fails as asked');
  if (scenario === 'fail-again' || (scenario === 'fail-once' && message.attempt === 1)) {
    throw new ConnectorFailure('UNAVAILABLE', 'the simulator fails for this time');
  }
  if (scenario === 'reject') {
    return { kind: 'rejection', code: 'NO_DATA', description: 'Симулятор: данные не найдены' };
  }
  const answer = { kind: 'content', content: fill(settings, message, values) } as const;
  if (scenario !== 'status-then-answer') return answer;
  return { ...answer, statuses: [{ code: 1, description: 'Симулятор: запрос принят в работу' }] };
}

function isScenario(value: string): value is Scenario {
  return scenarios.some((scenario) => scenario === value);
}

/** Where the request asks for nothing, chance does, as the route's shares say. */
function chosen(
  settings: SimulatorSettings,
  { messageId, attempt }: AgencyRequest,
): 'answer' | 'reject' | 'fail-again' {
  const luck = fraction(settings.seed, messageId, `attempt ${attempt}`);
  if (luck < settings.failShare) return 'fail-again';
  return fraction(settings.seed, messageId, 'reject') < settings.rejectShare ? 'reject' : 'answer';
}

/** A number in [0, 1) that these words alone decide. */
function fraction(...words: readonly (string | number)[]): number {
  const digest = createHash('sha256').update(words.join('\n')).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** The text of the first element of each local name. */
function readValues(content: Uint8Array): ReadonlyMap<string, string> {
  return withXml(content, (document) => {
    const values = new Map<string, string>();
    for (const element of everyElement(document)) {
      if (!values.has(element.name)) values.set(element.name, element.content.trim());
    }
    return values;
  });
}

function fill(
  { seed, answer }: SimulatorSettings,
  { messageId }: AgencyRequest,
  values: ReadonlyMap<string, string>,
): Uint8Array {
  const text = answer.trim().replace(/\$\{([^}]*)\}/g, (_, word: string) => {
    if (word === 'messageId') return escapeText(messageId);
    if (!word.startsWith('choice ')) return escapeText(values.get(word) ?? '');
    const options = word.slice('choice '.length).split('|');
    return escapeText(options[Math.floor(fraction(seed, messageId, word) * options.length)] ?? '');
  });
  return Buffer.from(text, 'utf8');
}
