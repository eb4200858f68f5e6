import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Finding } from '../fault/fault.ts';
import { compileSchemas, SchemaRefused } from '../schema/compile.ts';
import { loadSmevSchemas } from '../schema/files.ts';
import { disposeSmevSchemas, judgeEnvelope } from '../schema/smev.ts';
import { validateElement } from '../schema/validate.ts';
import { smevNamespaces, soapNamespace, type Version, versions } from '../smev/namespaces.ts';
import { withXml, type XmlElement, XmlRefused } from '../xml/document.ts';
import { child, childElements, isNamed, qname } from '../xml/navigate.ts';
import { capturedXml } from './captured.ts';
import { print, run, UsageError } from './run.ts';
import { mainSchemaFor, readSchemaFolder } from './schema-folder.ts';

interface Options {
  readonly schemas?: string;
  readonly json?: true;
}

/** What `validate --json` prints. */
export interface Validation {
  readonly file: string;
  readonly version: Version;
  readonly valid: boolean;
  readonly problems: readonly Finding[];
  /** Named deviations of 1.2 that this node lets through. */
  readonly tolerated: readonly string[];
}

export function register(program: Command): void {
  program
    .command('validate')
    .description('judge the envelope in a file by the schemas of its version')
    .argument('<file>', 'a SOAP message, its Body child alone, or a captured multipart message')
    .option('--schemas <dir>', 'folder of XSD files that judge the business content')
    .option('--json', 'print JSON')
    .action((file: string, options: Options) =>
      run(() => {
        const result = validateFile(file, options.schemas);
        print(options.json, result, () => report(result));
        return result.valid ? 0 : 1;
      }),
    );
}

/** @throws UsageError where the file cannot be read, is not XML or holds no SMEV 3 element */
function validateFile(file: string, schemaFolder?: string): Validation {
  const { xml, linesBefore } = capturedXml(read(file));
  try {
    return withXml(xml, ({ root }) => {
      const { element, version } = smevElement(root, file);
      const envelope = judge(version, element);
      const problems = [...envelope.findings, ...contentProblems(element, version, schemaFolder)];
      return {
        file,
        version,
        valid: problems.length === 0,
        problems: problems.map((problem) => ({ ...problem, line: problem.line + linesBefore })),
        tolerated: envelope.tolerated,
      };
    });
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    throw new UsageError(`${file}:${error.line + linesBefore}: ${error.message}`);
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

function judge(version: Version, element: XmlElement) {
  const schemas = loadSmevSchemas();
  try {
    return judgeEnvelope(schemas, version, element);
  } finally {
    disposeSmevSchemas(schemas);
  }
}

function smevElement(root: XmlElement, file: string): { element: XmlElement; version: Version } {
  const body = isNamed(root, soapNamespace, 'Envelope') && child(root, soapNamespace, 'Body');
  const candidates = body ? childElements(body) : [root];
  const element = candidates[0];
  const version = element && versionOf(element.namespaceUri);
  if (element === undefined || version === undefined || candidates.length > 1) {
    throw new UsageError(`${file}: не сообщение СМЭВ 3 / not a SMEV 3 message`);
  }
  return { element, version };
}

function versionOf(namespace: string): Version | undefined {
  return versions.find((version) => {
    const { types, basic } = smevNamespaces[version];
    return namespace === types || namespace === basic;
  });
}

function contentProblems(
  element: XmlElement,
  version: Version,
  folder: string | undefined,
): readonly Finding[] {
  if (folder === undefined) return [];
  const files = readSchemaFolder(folder);
  const content = businessContent(element, version);
  const main = content && mainSchemaFor(qname(content), files);
  if (content === undefined || main === undefined) return [];
  try {
    const schema = compileSchemas(files, main);
    try {
      return validateElement(schema, content);
    } finally {
      schema.dispose();
    }
  } catch (error) {
    if (!(error instanceof SchemaRefused)) throw error;
    throw new UsageError(`${folder}: ${error.message}`);
  }
}

/** The first child of the first MessagePrimaryContent, however deep the operation holds it. */
function businessContent(element: XmlElement, version: Version): XmlElement | undefined {
  if (isNamed(element, smevNamespaces[version].basic, 'MessagePrimaryContent')) {
    return childElements(element)[0];
  }
  for (const inner of childElements(element)) {
    const found = businessContent(inner, version);
    if (found !== undefined) return found;
  }
  return undefined;
}

function report({ file, version, valid, problems, tolerated }: Validation): string {
  const verdict = valid ? 'по схеме / valid' : 'не по схеме / invalid';
  return [
    `${file}: СМЭВ ${version}: ${verdict}`,
    ...problems.map(({ path, line, rule, text }) => `  ${line}: ${path}\n    ${rule}: ${text}`),
    ...tolerated.map((name) => `  допущено / tolerated: ${name}`),
  ].join('\n');
}
