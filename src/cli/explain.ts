import type { Command } from 'commander';
import { patientLimits } from '../signature/explain/budget.ts';
import { type Explanation, explainSignature } from '../signature/explain/explain.ts';
import { findSignatures } from '../signature/find.ts';
import { fileProfiles, profiles } from '../signature/profiles.ts';
import { withXml, XmlRefused } from '../xml/document.ts';
import { pathOf } from '../xml/navigate.ts';
import { capturedParts, capturedXml } from './captured.ts';
import { print, readInput, run, UsageError } from './run.ts';

interface Options {
  readonly json?: true;
}

/** One signature as `explain --json` prints it. */
export interface SignatureExplanation extends Omit<Explanation, 'good'> {
  /** Of the element that holds the signature. */
  readonly path: string;
}

/** What `explain --json` prints. */
export interface ExplainReport {
  readonly file: string;
  readonly signatures: readonly SignatureExplanation[];
}

export function register(program: Command): void {
  program
    .command('explain')
    .description('объяснить, почему подпись неверна / say why a signature is not good')
    .argument('<file>', 'XML, or a captured multipart message')
    .option('--json', 'print JSON')
    .action((file: string, options: Options) =>
      run(() => {
        const { report, good } = explainFile(file);
        print(options.json, report, () => told(report));
        return good ? 0 : 1;
      }),
    );
}

/**
 * @returns the report, and whether there are signatures and all are good; certificates are not judged
 * @throws UsageError where the file cannot be read or is not XML
 */
export function explainFile(file: string): { report: ExplainReport; good: boolean } {
  const bytes = readInput(file);
  const { xml, linesBefore } = capturedXml(bytes);
  const parts = capturedParts(bytes);
  const allowed = fileProfiles.map((name) => profiles[name]);
  try {
    return withXml(
      xml,
      (document) => {
        const evidence = { document, bytes: xml, parts, profiles: allowed, limits: patientLimits };
        const all = findSignatures(document).map((found) => ({
          path: pathOf(found.container ?? found.signature),
          ...explainSignature(evidence, found),
        }));
        const signatures = all.map(({ good: _, ...shown }) => shown);
        return { report: { file, signatures }, good: all.length > 0 && all.every((e) => e.good) };
      },
      { processingInstructions: 'allow' },
    );
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    throw new UsageError(`${file}:${error.line + linesBefore}: ${error.message}`);
  }
}

function told({ file, signatures }: ExplainReport): string {
  if (signatures.length === 0) return `${file}: нет подписей / no signatures`;
  return signatures.map(lines).join('\n');
}

function lines(explained: SignatureExplanation): string {
  const { path, id, digest, signature, reference, cause, ru, en, difference, tried } = explained;
  if (digest === 'good' && signature === 'good' && cause === null) {
    return `${path} #${id}: ${ru} / ${en}`;
  }
  return [
    path,
    `  signed     ${reference.uri}`,
    `  digest     ${digest}`,
    `  expected   ${reference.expected ?? '-'}`,
    `  computed   ${reference.computed ?? '-'}`,
    `  signature  ${signature}`,
    `  cause      ${cause ?? '-'}`,
    `    ${ru}`,
    `    ${en}`,
    ...(difference === null
      ? []
      : [
          `  octet ${difference.offset}`,
          `    signed    ${difference.signed}`,
          `    received  ${difference.received}`,
          `    signed    ${difference.signedHex}`,
          `    received  ${difference.receivedHex}`,
        ]),
    ...(cause === null && tried.length > 0 ? [`  tried      ${tried.join(', ')}`] : []),
  ].join('\n');
}
