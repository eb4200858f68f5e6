import { posix } from 'node:path';
import type { Finding } from '../fault/fault.ts';
import { withXml, type XmlElement, XmlRefused } from '../xml/document.ts';
import { childElements } from '../xml/navigate.ts';
import { toUtf8 } from './encoding.ts';

/** One file of a set of schemas; the name is a relative path with '/'. */
export interface SchemaFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export const xsdNamespace = 'http://www.w3.org/2001/XMLSchema';

export interface SetLimits {
  readonly files: number;
  /** Of all files together. */
  readonly bytes: number;
}

const defaultLimits: SetLimits = { files: 200, bytes: 16 * 1024 * 1024 };

// libxml2 resolves a schemaLocation as a URI: other characters would have to be escaped in the file.
export const plainName = /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/;

/**
 * The files that `main` reaches by import, include and redefine, in UTF-8, and what stands against
 * compiling them: not XML, not a schema, a location outside the set, too many, too large.
 */
export function reachable(
  files: readonly SchemaFile[],
  main: string,
  limits: SetLimits = defaultLimits,
): { set: Map<string, Uint8Array>; findings: Finding[] } {
  const set = new Map<string, Uint8Array>();
  const findings: Finding[] = [];
  const byName = new Map(files.map(({ name, bytes }) => [name, bytes]));
  if (!byName.has(main)) {
    return { set, findings: [about(main, 'set-main', 'В наборе нет главного файла.')] };
  }
  let size = 0;
  const waiting = [main];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const bytes = byName.get(name);
    if (bytes === undefined || set.has(name)) continue;
    size += bytes.byteLength;
    const over = overLimits(name, set.size + 1, size, limits);
    if (over.length > 0) return { set, findings: [...findings, ...over] };
    const utf8 = toUtf8(bytes);
    set.set(name, utf8);
    const read = locations(name, utf8);
    findings.push(...read.findings);
    for (const { at, line } of read.locations) {
      const target = resolveLocation(name, at);
      if (target !== undefined && byName.has(target)) waiting.push(target);
      else findings.push(outside(name, line, at));
    }
  }
  return { set, findings };
}

function overLimits(name: string, files: number, size: number, limits: SetLimits): Finding[] {
  if (files > limits.files) return [about(name, 'set-files', `Файлов больше ${limits.files}.`)];
  if (size > limits.bytes) return [about(name, 'set-size', `Набор больше ${limits.bytes} байт.`)];
  if (plainName.test(name) && name.length <= 200) return [];
  const text = 'Имя файла схемы: латиница, цифры, «.», «_», «-», «/».';
  return [about(name.slice(0, 200), 'set-name', text)];
}

function about(path: string, rule: string, text: string): Finding {
  return { path, line: 0, rule, text };
}

function outside(name: string, line: number, location: string): Finding {
  const text = `Файла «${location.slice(0, 200)}» нет в наборе, а вне набора схемы не ищутся.`;
  return { path: name, line, rule: 'src-import', text };
}

/** The name in the set to which a location in `from` points, or undefined if it points outside. */
export function resolveLocation(from: string, location: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:|^\/|[?#\\%]/i.test(location)) return undefined;
  const target = posix.join(posix.dirname(from), location);
  return target.startsWith('..') ? undefined : target;
}

interface Locations {
  readonly locations: readonly { readonly at: string; readonly line: number }[];
  readonly findings: readonly Finding[];
}

function locations(name: string, bytes: Uint8Array): Locations {
  try {
    return withXml(bytes, ({ root }) => read(name, root), { processingInstructions: 'allow' });
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    const text = `Файл не читается как XML: ${error.message}`;
    const finding = { path: name, line: error.line, rule: `xml-${error.problem}`, text };
    return { locations: [], findings: [finding] };
  }
}

function read(name: string, root: XmlElement): Locations {
  if (root.name !== 'schema' || root.namespaceUri !== xsdNamespace) {
    const text = 'Корень файла не xs:schema.';
    return { locations: [], findings: [{ path: name, line: root.line, rule: 'set-root', text }] };
  }
  const found = [];
  for (const element of childElements(root)) {
    if (element.namespaceUri !== xsdNamespace) continue;
    if (!['import', 'include', 'redefine'].includes(element.name)) continue;
    const location = element.attr('schemaLocation')?.value.trim();
    if (location !== undefined) found.push({ at: location, line: element.line });
  }
  return { locations: found, findings: [] };
}
