import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toUtf8 } from '../../src/schema/encoding.ts';
import type { SchemaFile } from '../../src/schema/set.ts';
import { withXml } from '../../src/xml/document.ts';
import { childElements } from '../../src/xml/navigate.ts';

/** A published schema with the files of its folder, and the elements at its top. */
export interface Published {
  /** Path from the folder of the reference. */
  readonly path: string;
  readonly files: readonly SchemaFile[];
  readonly namespace: string;
  readonly roots: readonly string[];
}

/** Every schema file under a folder of the reference that declares elements at its top. */
export function publishedSchemas(reference: string, under: string): Published[] {
  const folder = join(reference, under);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.xsd'))
    .sort();
  return names
    .map((name) => publishedSchema(folder, name, names))
    .filter(({ roots }) => roots.length > 0);
}

/** The same without the copies. */
export function differentSchemas(reference: string, under: string): Published[] {
  const seen = new Set<string>();
  return publishedSchemas(reference, under).filter(({ files }) => {
    const text = files[0]?.bytes.toString() ?? '';
    return !seen.has(text) && seen.add(text);
  });
}

function publishedSchema(folder: string, path: string, names: readonly string[]): Published {
  const beside = `${dirname(path)}/`;
  const near = names.filter((name) => name.startsWith(beside) && name !== path);
  const files = [path, ...near].map((name) => ({
    name: name.slice(beside.length),
    bytes: readFileSync(join(folder, name)),
  }));
  return withXml(
    toUtf8(files[0]?.bytes ?? Buffer.of()),
    ({ root }) => ({
      path,
      files,
      namespace: root.attr('targetNamespace')?.value ?? '',
      roots: childElements(root)
        .filter(({ name }) => name === 'element')
        .map((each) => each.attr('name')?.value ?? ''),
    }),
    { processingInstructions: 'allow' },
  );
}
