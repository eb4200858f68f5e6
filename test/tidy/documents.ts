import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argument, Command, Option } from 'commander';
import { z } from 'zod';
import { buildProgram } from '../../src/cli/program.ts';
import { variableNames } from '../../src/config/load.ts';
import { configTable } from '../../src/config/table.ts';
import { failures } from '../../src/connectors/failure.ts';
import { type FaultCode, faultRow, faultRows } from '../../src/fault/codes.ts';
import { causes } from '../../src/signature/explain/causes.ts';
import {
  envelopedUri,
  profileNames,
  profiles,
  smevTransformUri,
} from '../../src/signature/profiles.ts';
import { exclusive } from '../../src/xml/canonicalize.ts';
import { chapters } from '../attacks/catalogue.ts';
import { stateAttacks } from '../attacks/state.ts';
import { checkout } from '../harness/node.ts';
import { readSource } from './tree.ts';

/** A part of a document that is made from the source, between two marks. */
export interface GeneratedPart {
  readonly file: string;
  readonly mark: string;
  make(): string | Promise<string>;
}

export const generatedParts: readonly GeneratedPart[] = [
  { file: 'ARCHITECTURE.md', mark: 'faults', make: faultTable },
  { file: 'docs/configuration.md', mark: 'keys', make: keyTable },
  { file: 'docs/cli.md', mark: 'commands', make: commandReference },
  { file: 'docs/signatures.md', mark: 'profiles', make: profileTable },
  { file: 'SECURITY.md', mark: 'attacks', make: attackTables },
  { file: 'docs/signatures.md', mark: 'causes', make: causeTable },
  { file: 'docs/connectors.md', mark: 'failures', make: failureTable },
];

/** What stands between the marks now; undefined where the marks are missing. */
export function presentPart({ file, mark }: GeneratedPart): string | undefined {
  return split(readSource(file).text, mark)?.inside.trim();
}

/** Writes what the source says between the marks. */
export function rewritePart(part: GeneratedPart, made: string): void {
  const parts = split(readSource(part.file).text, part.mark);
  if (parts === undefined) throw new Error(`${part.file} has no marks <!-- ${part.mark}:… -->`);
  const text = `${parts.before}\n\n${made}\n\n${parts.after}`;
  writeFileSync(join(checkout, part.file), text);
}

function split(text: string, mark: string) {
  const begin = `<!-- ${mark}:begin -->`;
  const end = `<!-- ${mark}:end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) return undefined;
  const start = from + begin.length;
  return { before: text.slice(0, start), inside: text.slice(start, to), after: text.slice(to) };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function profileTable(): string {
  const code = (texts: readonly string[]) => texts.map((text) => `\`${text}\``).join(', ');
  return table(
    ['Profile', 'Keys', 'Hashes', 'Transforms, one of'],
    profileNames.map((name) => {
      const { keyKinds, hashes, transforms } = profiles[name];
      const rows = transforms.map((row) => row.map(shortUri).join(' → '));
      return [code([name]), code(keyKinds), code(hashes), rows.join('; ')];
    }),
  );
}

/** A table for each chapter: what is tried, what is said, what keeps it out, and the fixture. */
function attackTables(): string {
  return [...chapters.map(chapterTable), stateTable()].join('\n\n');
}

function stateTable(): string {
  const rows = stateAttacks.map(({ name, code, guards }) => [
    name,
    `\`${code}\``,
    guards.join('; '),
  ]);
  const head = ['Attack', 'Refused by', 'Guards'];
  return `### What a node knows: replays, strangers, HTTP\n\nFixtures: \`test/attacks/state.ts\`.\n\n${table(head, rows)}`;
}

function chapterTable({ title, file, attacks }: (typeof chapters)[number]): string {
  const rows = attacks.map(({ name, code, verify, guards, library }) => [
    name,
    verify === undefined || verify === code ? `\`${code}\`` : `\`${code}\`; \`${verify}\``,
    [...guards, ...(library === undefined ? [] : [`${library} itself`])].join('; '),
  ]);
  const head = ['Attack', 'Refused by; in a file by', 'Guards'];
  return `### ${title}\n\nFixtures: \`${file}\`.\n\n${table(head, rows)}`;
}

function causeTable(): string {
  return table(
    ['Cause', 'What happened', 'What to do'],
    Object.entries(causes).map(([code, { ru, en }]) => [
      `\`${code}\``,
      `${ru[0]} / ${en[0]}`,
      `${ru[1]} / ${en[1]}`,
    ]),
  );
}

/** What may go wrong between the node and an agency. */
function failureTable(): string {
  return table(
    ['Code', 'Tried again', 'Counted by the breaker', 'По-русски', 'In English'],
    Object.entries(failures).map(([code, { retry, agencyDown, ru, en }]) => [
      `\`${code}\``,
      retry ? 'yes' : 'no',
      agencyDown ? 'yes' : 'no',
      ru,
      en,
    ]),
  );
}

function shortUri(uri: string): string {
  const names: Readonly<Record<string, string>> = {
    [exclusive]: 'exc-c14n',
    [envelopedUri]: 'enveloped',
    [smevTransformUri]: 'SMEV transform',
  };
  return names[uri] ?? 'c14n';
}

function faultTable(): string {
  const codes = Object.keys(faultRows) as FaultCode[];
  return table(
    [
      'Code',
      'SMEV',
      'Element',
      'faultcode',
      'HTTP',
      'Whose',
      'Again',
      'What is wrong',
      'What to do',
    ],
    codes.map((code) => {
      const {
        smev = '',
        element,
        signature,
        faultcode,
        http,
        origin,
        retry,
        ru,
        en,
      } = faultRow(code);
      const name = signature === undefined ? element : `${element}: ${signature}`;
      return [
        `\`${code}\``,
        ...[smev, name, faultcode, String(http), origin, retry],
        ...[`${ru[0]} / ${en[0]}`, `${ru[1]} / ${en[1]}`],
      ];
    }),
  );
}

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly ru?: string;
  readonly en?: string;
}

/** One key with its path; those of a list of mappings stand in their list's line. */
export interface Key {
  readonly path: string;
  readonly schema: Schema;
}

/** Every key of the configuration, as its table declares them. */
export function configKeys(): Key[] {
  return keysOf(z.toJSONSchema(configTable, { io: 'input' }) as Schema);
}

function keysOf(schema: Schema, path = ''): Key[] {
  if (schema.properties === undefined) return [{ path, schema }];
  return Object.entries(schema.properties).flatMap(([name, inner]) =>
    keysOf(inner, path === '' ? name : `${path}.${name}`),
  );
}

function keyTable(): string {
  const keys = table(
    ['Key', 'Values', 'Default', 'По-русски', 'In English'],
    configKeys().map(({ path, schema }) => [
      `\`${path}\``,
      valuesOf(schema),
      schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``,
      schema.ru ?? '',
      schema.en ?? '',
    ]),
  );
  return `${keys}\n\nEnvironment: ${variableNames.map((name) => `\`${name}\``).join(', ')}.`;
}

function valuesOf({ enum: values, type, minimum, maximum, items }: Schema): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  if (type === 'array') {
    const inner = items?.properties;
    return inner === undefined ? 'list' : `list of {${Object.keys(inner).join(', ')}}`;
  }
  if (type !== 'integer') return type ?? '';
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? '' : ` … ${maximum}`;
  return most === '' ? `integer from ${minimum}` : `integer ${minimum}${most}`;
}

/** Every command that does something, by its whole name. */
export async function leafCommands(): Promise<Command[]> {
  return leavesOf(await buildProgram());
}

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

async function commandReference(): Promise<string> {
  return (await leafCommands()).map(describeCommand).join('\n\n');
}

function describeCommand(command: Command): string {
  const words = command.registeredArguments.map(argumentText);
  const name = [...pathOf(command), ...words].join(' ');
  const rows = [
    ...command.registeredArguments.map((each) => [argumentText(each), each.description]),
    ...command.options.filter(({ hidden }) => !hidden).map(describeOption),
  ];
  const options = rows.map(([term, text]) => `- \`${term}\` — ${text}`).join('\n');
  return [`### \`${name}\``, command.description(), options].filter(Boolean).join('\n\n');
}

function pathOf(command: Command): string[] {
  return command.parent === null ? [command.name()] : [...pathOf(command.parent), command.name()];
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '…' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function describeOption(option: Option): [string, string] {
  const notes = [
    ...(option.mandatory ? ['required'] : []),
    ...(option.argChoices === undefined ? [] : [option.argChoices.join(', ')]),
    ...(option.defaultValue === undefined ? [] : [`default ${option.defaultValue}`]),
  ];
  const suffix = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  return [option.flags, `${option.description}${suffix}`];
}
