import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { toUtf8 } from '../schema/encoding.ts';
import { packageLimits } from '../schema/package.ts';
import { type SchemaFile, xsdNamespace } from '../schema/set.ts';
import { withXml, XmlRefused } from '../xml/document.ts';
import { childElements, isNamed, type QName } from '../xml/navigate.ts';
import { UsageError } from './run.ts';

/** The XSD files of a folder and of those in it, named by their paths from there. */
export function readSchemaFolder(folder: string): SchemaFile[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.toLowerCase().endsWith('.xsd'))
      .sort()
      .map((name) => ({
        name: name.split(sep).join('/'),
        bytes: readFileSync(join(folder, name)),
      }));
  } catch (error) {
    throw new UsageError(`${folder}: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * All files of a folder and of those in it, named by their paths from there; links lead nowhere.
 *
 * @throws UsageError where it cannot be read, or holds more than a package may
 */
export function readPackageFolder(folder: string): SchemaFile[] {
  try {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    if (found.length > packageLimits.entries) {
      throw new UsageError(`${folder}: файлов больше / more files than ${packageLimits.entries}`);
    }
    return found
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => ({
        name: relative(folder, path).split(sep).join('/'),
        bytes: new Uint8Array(readFileSync(path)),
      }));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${folder}: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * The file whose target namespace is that of the root element: the one that declares the element,
 * else the first; undefined where no file has the namespace.
 */
export function mainSchemaFor(root: QName, files: readonly SchemaFile[]): string | undefined {
  let first: string | undefined;
  for (const { name, bytes } of files) {
    const declares = declaration(root, bytes);
    if (declares === 'element') return name;
    if (declares === 'namespace') first ??= name;
  }
  return first;
}

function declaration(root: QName, bytes: Uint8Array): 'element' | 'namespace' | undefined {
  try {
    return withXml(
      toUtf8(bytes),
      ({ root: schema }) => {
        if ((schema.attr('targetNamespace')?.value ?? '') !== root.namespace) return undefined;
        const named = childElements(schema).some(
          (child) =>
            isNamed(child, xsdNamespace, 'element') && child.attr('name')?.value === root.local,
        );
        return named ? 'element' : 'namespace';
      },
      { processingInstructions: 'allow' },
    );
  } catch (error) {
    if (error instanceof XmlRefused) return undefined;
    throw error;
  }
}
