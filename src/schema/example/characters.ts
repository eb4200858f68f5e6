import { type Characters, has } from '../pattern/characters.ts';

// What people would write, letters and digits first.
const usual = [...'аАaA015-./:,_@№ ()+=%"\'xXzZ9яЯ'];

/** Members that are known, the likeliest first: usual ones, and the ends of the first ranges. */
export function membersOf(set: Characters): readonly string[] {
  const known = members.get(set) ?? findMembers(set);
  members.set(set, known);
  return known;
}

const members = new WeakMap<Characters, readonly string[]>();
const rangesMax = 50;

function findMembers(set: Characters): string[] {
  const bounds = set
    .slice(0, rangesMax)
    .flat()
    .filter(isXml)
    .map((code) => String.fromCodePoint(code));
  const all = [...new Set([...bounds, ...usual])].filter((each) => has(set, each));
  return all.sort((a, b) => rank(a) - rank(b));
}

function rank(character: string): number {
  if (/[\p{L}\p{N}]/u.test(character)) return 0;
  return /\s/.test(character) ? 2 : 1;
}

/** What an XML document may hold (XML 1.0 §2.2). */
function isXml(code: number): boolean {
  if (code < 0x20) return [9, 10, 13].includes(code);
  return code < 0xd800 || (code > 0xdfff && code !== 0xfffe && code !== 0xffff);
}
