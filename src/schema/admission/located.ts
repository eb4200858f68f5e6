import { toUtf8 } from '../encoding.ts';
import type { SchemaFile } from '../set.ts';

// The file is well-formed: between tags that stand in none of the first three, a tag is what begins so.
const markup =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<\/?[^!?/](?:"[^"]*"|'[^']*'|[^"'>])*>/g;
const importTag = /^<(?:[^\s:/>]+:)?import(?=[\s/>])/;
const location = /\sschemaLocation\s*=\s*(?:"[^"]*"|'[^']*')/;

/**
 * The file with other locations for some of its imports, since libxml2 finds an import by its location
 * alone; every line stays where it was.
 *
 * @param locations by the number of the import among those at the top
 */
export function located(
  file: SchemaFile,
  locations: ReadonlyMap<number, string> | undefined,
): SchemaFile {
  if (locations === undefined) return file;
  let depth = 0;
  let imports = 0;
  const text = Buffer.from(toUtf8(file.bytes)).toString('utf8');
  const changed = text.replace(markup, (tag) => {
    if (tag.startsWith('<!') || tag.startsWith('<?')) return tag;
    if (tag.startsWith('</')) {
      depth -= 1;
      return tag;
    }
    const opens = !tag.endsWith('/>');
    const at = depth === 1 && importTag.test(tag) ? locations.get(imports) : undefined;
    if (depth === 1 && importTag.test(tag)) imports += 1;
    if (opens) depth += 1;
    if (at === undefined) return tag;
    const without = tag.replace(location, (old) => old.replace(/[^\n]/g, ' '));
    return without.replace(importTag, (start) => `${start} schemaLocation="${at}"`);
  });
  return { name: file.name, bytes: Buffer.from(changed) };
}
