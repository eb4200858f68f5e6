import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import {
  registeredCertificate,
  retireCertificate,
  rotateCertificate,
} from '../participants/certificates.ts';
import { carryOut, type PlanOptions, withPlan } from './carry-out.ts';
import { retireNode, rotateNode } from './cert-node.ts';
import { fingerprintNamed, isFingerprint, readCertificateFile } from './certificate-file.ts';
import { endWords } from './end-words.ts';
import { momentOf, spanOf } from './moment.ts';
import { printCarriedOut } from './rehearsal.ts';
import { type ExitCode, run, UsageError } from './run.ts';

interface RetireOptions extends PlanOptions {
  readonly at: string;
  readonly node?: true;
  readonly erase?: true;
  readonly json?: true;
}

interface RotateOptions extends PlanOptions {
  readonly system?: string;
  readonly node?: true;
  readonly at: string;
  readonly overlap: string;
  readonly passwordFile?: string;
  readonly json?: true;
}

/** `cert rotate` and `cert retire`: certificates of systems, and keys of the node, take each other's place at a time. */
export function registerRotation(cert: Command): void {
  const rotating = cert
    .command('rotate')
    .description(
      'новый сертификат системы, или ключ узла, вместо прежних того же вида / a new certificate of a system, or key of the node, in place of those of its kind',
    )
    .argument(
      '<file>',
      'the new certificate: PEM, DER, .p12, .pfx (its key is not taken); or the beginning of the fingerprint of one that is known',
    )
    .option('--system <id>', 'the information system that signs with it')
    .option('--node', 'a signing key of the node that `cert import --node` has made ready')
    .option('--at <time>', 'from when it counts: 2026-12-01T03:00+03:00, +10m', 'now')
    .option('--overlap <span>', 'how long after that the old ones count too: 7d, 12h, 30m, 0', '7d')
    .option('--password-file <file>', 'a file with the password of the .p12');
  withPlan(rotating)
    .option('--json', 'print JSON')
    .action((file: string, options: RotateOptions) => run(() => rotate(file, options)));
  const retiring = cert
    .command('retire')
    .description('сертификат системы больше не принимать / take a certificate of a system no more')
    .argument(
      '<certificate>',
      'its file, or the beginning of its fingerprint, as `cert list` shows it',
    )
    .option('--at <time>', 'until when it counts: 2026-12-01T03:00+03:00, +10m', 'now')
    .option('--node', 'a signing key of the node')
    .option('--erase', 'with --node: its private half goes for good');
  withPlan(retiring)
    .option('--json', 'print JSON')
    .action((named: string, options: RetireOptions) => run(() => retire(named, options)));
}

async function rotate(file: string, options: RotateOptions): Promise<ExitCode> {
  const { system } = options;
  const at = momentOf('--at', options.at, systemClock.now());
  const overlapMs = spanOf('--overlap', options.overlap);
  if ((system === undefined) !== (options.node === true)) throw new UsageError(whose);
  if (system === undefined)
    return rotateNode(fingerprintNamed(file, options.passwordFile), { at, overlapMs }, options);
  const { outcome, rehearsal } = await carryOut(options, async (context) => {
    const certificate = isFingerprint(file)
      ? (await registeredCertificate(context.database.kysely, file.toLowerCase())).certificate
      : readCertificateFile(file, options.passwordFile)[0];
    const replaced = await rotateCertificate(context, { system, certificate, at, overlapMs });
    return { certificate, replaced };
  });
  const { certificate, replaced } = outcome;
  const from = new Date(at).toISOString();
  const until = new Date(at + overlapMs).toISOString();
  const { fingerprint, subject } = certificate;
  const told = {
    system,
    fingerprint,
    subject,
    from,
    until,
    replaced: replaced.map((each) => each.certificate.fingerprint),
  };
  return printCarriedOut(options.json, rehearsal, 'rotate', told, () => [
    `${system}: ${subject}`,
    `  ${fingerprint}`,
    `  действует с / counts from ${from}`,
    ...(replaced.length === 0 ? ['прежних нет / it replaces none'] : []),
    ...replaced.map(
      ({ certificate: each, window }) =>
        `${endWords(window)}: ${each.fingerprint.slice(0, 16)} ${each.subject}`,
    ),
    ...replaced
      .slice(0, 1)
      .map(
        ({ certificate: each }) =>
          `вернуться / the way back: mezhved cert rotate ${each.fingerprint.slice(0, 16)} --system ${system}`,
      ),
  ]);
}

const whose = 'нужно одно из двух / one of the two is wanted: --system ID, --node';

async function retire(named: string, options: RetireOptions): Promise<ExitCode> {
  const fingerprint = fingerprintNamed(named);
  const until = momentOf('--at', options.at, systemClock.now());
  const { node, erase } = options;
  if (node === true) return retireNode(fingerprint, { until, erase: erase === true }, options);
  if (erase === true) throw new UsageError('--erase: только с / with --node alone');
  const { outcome, rehearsal } = await carryOut(options, (context) =>
    retireCertificate(context, fingerprint, until),
  );
  const { system, certificate } = outcome;
  const ends = new Date(until).toISOString();
  const told = { system, fingerprint: certificate.fingerprint, until: ends };
  return printCarriedOut(options.json, rehearsal, 'retire', told, () => [
    `${system}: ${certificate.subject}`,
    `  ${certificate.fingerprint}`,
    `  до / until ${ends}`,
  ]);
}
