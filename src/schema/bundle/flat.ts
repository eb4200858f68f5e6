import { posix } from 'node:path';
import { SchemaRefused } from '../compile.ts';
import { reachable, type SchemaFile } from '../set.ts';

/**
 * The files that the first one reaches, in one folder: names without paths, the main file first, and
 * locations that lead from one to another. Files with one name in two folders get a number. The text is
 * UTF-8 and otherwise as it was.
 *
 * @throws SchemaRefused where a location leads out of the set
 */
export function flatSchemas(files: readonly SchemaFile[]): SchemaFile[] {
  const main = files[0]?.name ?? '';
  const { set, findings } = reachable(files, main);
  if (findings.length > 0) throw new SchemaRefused(findings);
  const names = flatNames([main, ...[...set.keys()].filter((name) => name !== main).sort()]);
  return [...names].map(([name, flat]) => {
    const text = Buffer.from(set.get(name) ?? []).toString('utf8');
    return { name: flat, bytes: Buffer.from(relocated(text, name, names)) };
  });
}

/** By full name; of two that would be one the second is called a-2.xsd, the third a-3.xsd. */
function flatNames(names: readonly string[]): Map<string, string> {
  const flat = new Map<string, string>();
  // Some file systems take upper and lower case for one.
  const taken = new Set<string>();
  for (const name of names) {
    const { name: stem, ext } = posix.parse(name);
    let free = `${stem}${ext}`;
    for (let count = 2; taken.has(free.toLowerCase()); count += 1) free = `${stem}-${count}${ext}`;
    taken.add(free.toLowerCase());
    flat.set(name, free);
  }
  return flat;
}

const located =
  /(<(?:[\w.-]+:)?(?:import|include|redefine)\s(?:[^>"']|"[^"]*"|'[^']*')*?schemaLocation\s*=\s*)("[^"]*"|'[^']*')/g;

function relocated(text: string, name: string, names: ReadonlyMap<string, string>): string {
  return text.replace(located, (whole, before: string, quoted: string) => {
    const target = posix.join(posix.dirname(name), quoted.slice(1, -1).trim());
    const flat = names.get(target);
    return flat === undefined ? whole : `${before}"${flat}"`;
  });
}
