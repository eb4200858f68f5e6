import type { Judgement } from '../../src/compute/judge.ts';
import { judge } from '../../src/compute/judge.ts';
import { examine } from '../../src/signature/examine.ts';
import { findSignatures } from '../../src/signature/find.ts';
import { fileProfiles, profiles } from '../../src/signature/profiles.ts';
import { withXml, XmlRefused } from '../../src/xml/document.ts';
import { testRules } from '../harness/rules.ts';
import { posting } from './messages.ts';

/** Numbers that a seed determines (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Random = ReturnType<typeof randomFrom>;

const tokens = [
  '<',
  '>',
  '</',
  '/>',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?',
  '?>',
  '&',
  '&amp;',
  '&#x0;',
  '"',
  "'",
  '=',
  'xmlns',
  'xmlns:ds',
  'Id',
  'ds:',
  ':',
  '#',
  '\0',
  '\r',
  '\uFEFF',
  '<ds:Signature',
  '<ds:Reference',
  'Algorithm',
  'PrefixList',
  'A',
  '==',
  ' ',
  '\n',
  '<!DOCTYPE a>',
  '<a xmlns="u"/>',
].map((token) => Buffer.from(token));

/** Octets without order, or made of what XML is made of. */
export function garbage(random: Random): Buffer {
  const length = random(400);
  if (random(2) === 0) return Buffer.from(Array.from({ length }, () => random(256)));
  return Buffer.concat(Array.from({ length: random(60) }, () => pick(random, tokens)));
}

/** A message with one to four changes within a stretch of its octets. */
export function mutated(random: Random, bytes: Buffer, from: number, to: number): Buffer {
  let result = bytes;
  for (let left = 1 + random(4); left > 0; left -= 1) {
    const end = Math.max(from + 1, to + result.length - bytes.length);
    const at = from + random(end - from);
    result = change(random, result, at, end);
  }
  return result;
}

function change(random: Random, bytes: Buffer, at: number, end: number): Buffer {
  const length = Math.min(1 + random(30), end - at);
  const put = (inserted: Uint8Array, removed: number) =>
    Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
  switch (random(6)) {
    case 0:
      return put(Buffer.from([(bytes[at] ?? 0) ^ (1 << random(8))]), 1);
    case 1:
      return put(Buffer.from([random(256)]), 1);
    case 2:
      return put(pick(random, tokens), random(2));
    case 3:
      return put(Buffer.alloc(0), length);
    case 4:
      return put(bytes.subarray(at, at + length), 0);
    default: {
      const other = random(bytes.length);
      return put(bytes.subarray(other, other + length), length);
    }
  }
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random(list.length)] as T;
}

const allowed = fileProfiles.map((name) => profiles[name]);

/**
 * What `mezhved verify` finds in these octets: undefined where they are no XML.
 */
export function verified(
  bytes: Uint8Array,
): { readonly good: number; readonly bad: number } | undefined {
  try {
    return withXml(
      bytes,
      (document) => {
        const all = findSignatures(document).map((found) => examine(document, found, allowed));
        const good = all.filter(({ problems }) => problems.length === 0).length;
        return { good, bad: all.length - good };
      },
      { processingInstructions: 'allow' },
    );
  } catch (error) {
    if (error instanceof XmlRefused) return undefined;
    throw error;
  }
}

export function judged(bytes: Uint8Array): Judgement {
  return judge(posting(bytes), testRules());
}
