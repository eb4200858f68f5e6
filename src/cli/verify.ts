import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { checkout } from '../checkout.ts';
import { systemClock } from '../clock.ts';
import { faultRows } from '../fault/codes.ts';
import { readAnchors } from '../pki/anchors.ts';
import type { Certificate } from '../pki/certificate.ts';
import { judgeCertificate } from '../pki/trust.ts';
import { examine } from '../signature/examine.ts';
import { refusalLimits } from '../signature/explain/budget.ts';
import { explainSignature } from '../signature/explain/explain.ts';
import type { Evidence } from '../signature/explain/suspect.ts';
import { type FoundSignature, findSignatures } from '../signature/find.ts';
import { fileProfiles, type ProfileName, profiles } from '../signature/profiles.ts';
import { withXml, XmlRefused } from '../xml/document.ts';
import { pathOf } from '../xml/navigate.ts';
import { capturedParts, capturedXml } from './captured.ts';
import { examineAttachment } from './detached.ts';
import { print, readInput, run, UsageError } from './run.ts';

interface Options {
  readonly trust: string | boolean;
  readonly detached?: string;
  readonly sha1?: true;
  readonly json?: true;
}

/** One signature as `verify --json` prints it. */
export interface SignatureReport {
  /** Of the element that holds the signature. */
  readonly path: string;
  readonly id: string;
  /** Subject of the certificate; null where there is none that can be read. */
  readonly signer: string | null;
  readonly algorithm: string;
  readonly digest: 'good' | 'bad';
  readonly signature: 'good' | 'bad';
  /** 'trusted', 'not checked', or the fault code that says why not. */
  readonly trust: string;
  /** Everything that is wrong, by fault code. */
  readonly problem?: string;
}

/** What `verify --json` prints. */
export interface VerifyReport {
  readonly file: string;
  readonly signatures: readonly SignatureReport[];
}

export function register(program: Command): void {
  program
    .command('verify')
    .description('проверить все подписи файла / verify every signature of a file')
    .argument('<file>', 'XML, or a captured multipart message; any file with --detached')
    .option('--trust <dir>', 'folder of PEM trust anchors', true)
    .option('--no-trust', 'leave the certificates unjudged')
    .option('--detached <file>', 'judge this PKCS#7 signature of the file, an attachment')
    .option('--sha1', 'accept SHA-1 too, as old messages have it')
    .option('--json', 'print JSON')
    .action((file: string, options: Options) =>
      run(() => {
        const names = options.sha1 ? [...fileProfiles, 'sha1-archive' as const] : fileProfiles;
        const anchors = anchorsFor(options.trust);
        const report =
          options.detached === undefined
            ? verifyFile(file, anchors, names)
            : verifyAttachment(file, options.detached, anchors);
        print(options.json, report, () => told(report));
        return report.signatures.length > 0 && report.signatures.every(isGood) ? 0 : 1;
      }),
    );
}

/**
 * @param anchors undefined to leave trust unjudged
 * @param names the signature profiles that count
 * @throws UsageError where the file cannot be read or is not XML
 */
export function verifyFile(
  file: string,
  anchors: readonly Certificate[] | undefined,
  names: readonly ProfileName[],
): VerifyReport {
  const allowed = names.map((name) => profiles[name]);
  const bytes = readInput(file);
  const { xml, linesBefore } = capturedXml(bytes);
  const parts = capturedParts(bytes);
  try {
    return withXml(
      xml,
      (document) => ({
        file,
        signatures: findSignatures(document).map((found): SignatureReport => {
          const { certificate, problems, ...verdicts } = examine(document, found, allowed);
          const evidence = { document, bytes: xml, parts, profiles: allowed };
          const all = problems.length === 0 ? [] : [...problems, ...causeOf(evidence, found)];
          return {
            path: pathOf(found.container ?? found.signature),
            ...verdicts,
            signer: certificate?.subject ?? null,
            trust: trustIn(certificate, anchors),
            ...(all.length === 0 ? {} : { problem: all.join('; ') }),
          };
        }),
      }),
      { processingInstructions: 'allow' },
    );
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    throw new UsageError(`${file}:${error.line + linesBefore}: ${error.message}`);
  }
}

function verifyAttachment(
  file: string,
  signatureFile: string,
  anchors: readonly Certificate[] | undefined,
): VerifyReport {
  const { certificate, problem, ...verdicts } = examineAttachment(file, signatureFile);
  const signature: SignatureReport = {
    path: signatureFile,
    id: '',
    ...verdicts,
    signer: certificate?.subject ?? null,
    trust: trustIn(certificate, anchors),
    ...(problem === undefined ? {} : { problem }),
  };
  return { file, signatures: [signature] };
}

/** Why a digest or value is wrong, where a small search finds it; `explain` tries more. */
function causeOf(evidence: Omit<Evidence, 'limits'>, found: FoundSignature): string[] {
  const { cause, ru } = explainSignature({ ...evidence, limits: refusalLimits }, found);
  return cause === null || isFaultCode(cause) ? [] : [`причина: ${ru}`];
}

function isFaultCode(cause: string): boolean {
  return Object.hasOwn(faultRows, cause);
}

function trustIn(
  certificate: Certificate | undefined,
  anchors: readonly Certificate[] | undefined,
): string {
  if (anchors === undefined) return 'not checked';
  if (certificate === undefined) return 'CERTIFICATE_MISSING';
  // Old messages are read here: a key of 2001 has an issuer of 2001.
  const old = { gost2001: certificate.keyKind === 'gost2001' };
  const trust = { anchors, intermediates: [] };
  return judgeCertificate(certificate, trust, systemClock.now(), old)?.code ?? 'trusted';
}

function isGood({ digest, signature, trust, problem }: SignatureReport): boolean {
  const trusted = trust === 'trusted' || trust === 'not checked';
  return digest === 'good' && signature === 'good' && trusted && problem === undefined;
}

// The test authority of the checkout: the sandbox trusts nothing else.
const sandbox = fileURLToPath(new URL('certs.example', checkout));

function anchorsFor(trust: string | boolean): Certificate[] | undefined {
  if (trust === false) return undefined;
  try {
    return typeof trust === 'string'
      ? readAnchors(trust)
      : readAnchors(sandbox, /^ca.*\.crt\.pem$/);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function told({ file, signatures }: VerifyReport): string {
  if (signatures.length === 0) return `${file}: нет подписей / no signatures`;
  return signatures.map(lines).join('\n');
}

function lines(report: SignatureReport): string {
  return [
    report.path,
    `  signed     #${report.id}`,
    `  signer     ${report.signer ?? '-'}`,
    `  algorithm  ${report.algorithm}`,
    `  digest     ${report.digest}`,
    `  signature  ${report.signature}`,
    `  trust      ${report.trust}`,
    ...(report.problem === undefined ? [] : [`  problem    ${report.problem}`]),
  ].join('\n');
}
