import type { Command } from 'commander';
import type { Finding } from '../fault/fault.ts';
import { readRegistry } from '../participants/registry.ts';
import { compileSchemas, SchemaRefused } from '../schema/compile.ts';
import { loadSmevSchemas } from '../schema/files.ts';
import { buildContentRegistry, type JudgedContent, judgeContent } from '../schema/registry.ts';
import { disposeSmevSchemas, judgeEnvelope } from '../schema/smev.ts';
import { validateElement } from '../schema/validate.ts';
import { smevNamespaces, soapNamespace, type Version, versions } from '../smev/namespaces.ts';
import { withXml, type XmlElement, XmlRefused } from '../xml/document.ts';
import { child, childElements, isNamed, qname } from '../xml/navigate.ts';
import { capturedXml } from './captured.ts';
import { type Opened, openForCli } from './open.ts';
import { type ExitCode, print, readInput, run, UnreachableError, UsageError } from './run.ts';
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
    .description('проверить сообщение по схемам / judge the envelope by the schemas of its version')
    .argument('<file>', 'a SOAP message, its Body child alone, or a captured multipart message')
    .option('--schemas <dir>', 'folder of XSD files that judge the business content')
    .option('--json', 'print JSON')
    .action((file: string, options: Options) =>
      run(async (): Promise<ExitCode> => {
        const judgeContent =
          options.schemas === undefined ? await byRegistry() : byFolder(options.schemas);
        const result = validateFile(file, judgeContent);
        print(options.json, result, () => report(result));
        return result.valid ? 0 : 1;
      }),
    );
}

/** @throws UsageError where the file cannot be read, is not XML or holds no SMEV 3 element */
function validateFile(file: string, judgeContent: JudgeContent): Validation {
  const { xml, linesBefore } = capturedXml(readInput(file));
  try {
    return withXml(xml, ({ root }) => {
      const { element, version } = smevElement(root, file);
      const envelope = judge(version, element);
      const content = businessContent(element, version);
      const problems = [
        ...envelope.findings,
        ...(content === undefined ? [] : judgeContent(content)),
      ];
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

/** What is wrong with business content; nothing where no schema knows it. */
type JudgeContent = (content: XmlElement) => readonly Finding[];

/** @throws UsageError where the folder cannot be read; the judge, where its schemas do not compile */
function byFolder(folder: string): JudgeContent {
  const files = readSchemaFolder(folder);
  return (content) => {
    const main = mainSchemaFor(qname(content), files);
    if (main === undefined) return [];
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
  };
}

/** By the message types of the node's database; where there is none, the envelope alone is judged. */
async function byRegistry(): Promise<JudgeContent> {
  let opened: Opened;
  try {
    opened = await openForCli();
  } catch (error) {
    if (error instanceof UnreachableError) return () => [];
    throw error;
  }
  try {
    const { messageTypes } = await readRegistry(opened.database);
    const registry = buildContentRegistry(messageTypes);
    return (content) => findingsOf(judgeContent(registry, content));
  } finally {
    await opened.database.close();
  }
}

/** Of the last version that has the root, unless one takes it. */
function findingsOf(judged: JudgedContent | undefined): readonly Finding[] {
  const all = judged?.versions ?? [];
  return all.some(({ findings }) => findings.length === 0) ? [] : (all.at(-1)?.findings ?? []);
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
