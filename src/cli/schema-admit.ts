import { readFileSync, statSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { versionName } from '../participants/declarations.ts';
import { readRegistry } from '../participants/registry.ts';
import { findingLines, type OfferOutcome, takePackage } from '../participants/schema-packages.ts';
import type { SchemaPackage } from '../schema/package.ts';
import { trustingOf } from './open.ts';
import { operateOrRefuse } from './operate.ts';
import { type ExitCode, print, run, UsageError } from './run.ts';
import { readPackageFolder } from './schema-folder.ts';

interface AdmitOptions {
  readonly type: string;
  readonly version: string;
  readonly signature?: string;
  readonly requestRoot?: string;
  readonly responseRoot?: string;
  readonly namespace?: string;
  readonly check?: true;
  readonly json?: true;
}

/** `schema admit`: a partner's package becomes a version that waits for its time. */
export function registerAdmit(schema: Command): void {
  schema
    .command('admit')
    .description(
      'проверить пакет схем и принять его как версию; действовать она начнёт после activate / check a package of schemas and keep it as a version; it counts once it is activated',
    )
    .argument('<package>', 'a folder of XSD files, or a ZIP of them')
    .requiredOption('--type <id>', 'id of the message type')
    .requiredOption('--version <name>', 'what the version is called: 1.0.2', nameOf)
    .option('--signature <file>', 'detached PKCS#7 over the ZIP, or over the list of a folder')
    .option('--request-root <name>', "root element of requests; that of the type's last version")
    .option('--response-root <name>', 'root element of answers; the same')
    .option('--namespace <uri>', 'where several namespaces of the package declare both')
    .option('--check', 'keep nothing: only say what is wrong')
    .option('--json', 'print JSON')
    .action((path: string, options: AdmitOptions) => run(() => admit(path, options)));
}

function nameOf(text: string): string {
  if (versionName.safeParse(text).success) return text;
  throw new InvalidArgumentError('1.0.2');
}

async function admit(path: string, options: AdmitOptions): Promise<ExitCode> {
  const { type, version, requestRoot, responseRoot, namespace, check } = options;
  const from = readPackageAt(path);
  const signature = options.signature === undefined ? undefined : signatureIn(options.signature);
  const outcome = await operateOrRefuse(async (context) => {
    const registry = await readRegistry(context.database, trustingOf(context.config));
    const roots = { requestRoot, responseRoot, namespace, check };
    return takePackage(context, registry, { type, version, package: from, signature, ...roots });
  });
  print(options.json, { type, version, ...outcome }, () => report(type, version, outcome));
  return outcome.outcome === 'refused' ? 1 : 0;
}

function readPackageAt(path: string): SchemaPackage {
  try {
    if (!statSync(path).isDirectory()) return { zip: read(path) };
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { files: readPackageFolder(path) };
}

function read(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** DER, or the same in PEM. */
function signatureIn(file: string): Uint8Array {
  const bytes = Buffer.from(read(file));
  const pem = /-----BEGIN (?:PKCS7|CMS)-----([A-Za-z0-9+/=\s]+)-----END/.exec(
    bytes.toString('latin1'),
  );
  return pem?.[1] === undefined ? bytes : Buffer.from(pem[1], 'base64');
}

function report(type: string, version: string, outcome: OfferOutcome): string {
  const { errors, warnings, ignored, namespace, signer } = outcome;
  const heads = {
    admitted: `Принята / admitted: ${type} ${version}`,
    good: `Ошибок нет / nothing is wrong: ${type} ${version}`,
    present: `Уже принята, байты те же / admitted before, the same bytes: ${type} ${version}`,
    refused: `Не принята, ошибок: ${errors.length} / not admitted, errors: ${errors.length}: ${type} ${version}`,
  };
  return [
    heads[outcome.outcome],
    ...(namespace === '' ? [] : [`  ${namespace}`]),
    ...(signer === undefined
      ? []
      : [`  подписал / signed by: ${signer.system}, ${signer.fingerprint.slice(0, 16)}`]),
    ...findingLines(errors).map((line) => `  ${line}`),
    ...(warnings.length === 0 ? [] : ['предупреждения / warnings:']),
    ...findingLines(warnings).map((line) => `  ${line}`),
    ...(ignored.length === 0
      ? []
      : [`не схемы, пропущены / no schemas, left alone: ${ignored.join(', ')}`]),
    ...(outcome.outcome === 'refused' || outcome.outcome === 'good'
      ? []
      : [
          `что изменится / what would change: mezhved schema plan ${type} ${version}`,
          `чтобы действовала / to let it count: mezhved schema activate ${type} ${version} --at …`,
        ]),
  ].join('\n');
}
