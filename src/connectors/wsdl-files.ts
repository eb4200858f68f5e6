import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { xsdNamespace } from '../schema/set.ts';
import { withXml, type XmlElement, XmlRefused } from '../xml/document.ts';
import { everyElement, isNamed } from '../xml/navigate.ts';
import { ConnectorFailure } from './failure.ts';
import { wsdlNamespace } from './wsdl.ts';

export interface WsdlFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const filesMax = 200;
const bytesMax = 16 * 1024 * 1024;

/**
 * A WSDL with the WSDL and XSD files that it imports and includes, from the disk alone.
 *
 * @throws ConnectorFailure NOT_SENT, also where an import would have to be fetched
 */
export async function readWsdlFiles(main: string): Promise<WsdlFile[]> {
  const files = new Map<string, WsdlFile>();
  const waiting = [main];
  let size = 0;
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw unusable(path, `cannot be read (${error.code})`);
    });
    size += bytes.byteLength;
    if (files.size >= filesMax || size > bytesMax) {
      throw unusable(main, `with its imports is more than ${filesMax} files or ${bytesMax} bytes`);
    }
    files.set(path, { path, bytes });
    waiting.push(...locationsIn(path, bytes).map((location) => localPath(path, location)));
  }
  return [...files.values()];
}

function localPath(from: string, location: string): string {
  // A drive letter is no scheme.
  if (/^[a-z][a-z0-9+.-]+:|^\/\//i.test(location)) {
    throw unusable(from, `imports ${location.slice(0, 200)}: nothing is fetched, put it beside`);
  }
  return resolve(dirname(from), location);
}

function locationsIn(path: string, bytes: Uint8Array): string[] {
  try {
    return withXml(bytes, (document) => [...everyElement(document)].flatMap(locationOf), {
      processingInstructions: 'allow',
    });
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    throw unusable(path, `is not XML (${error.problem}), line ${error.line}`);
  }
}

function locationOf(element: XmlElement): string[] {
  const imports =
    isNamed(element, wsdlNamespace, 'import') ||
    ['import', 'include', 'redefine'].some((name) => isNamed(element, xsdNamespace, name));
  const found = element.attr('schemaLocation') ?? element.attr('location');
  return imports && found !== null ? [found.value.trim()] : [];
}

function unusable(path: string, why: string): ConnectorFailure {
  return new ConnectorFailure('NOT_SENT', `wsdl: ${path} ${why}`);
}
