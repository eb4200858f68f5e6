import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { retireCertificate, rotateCertificate } from '../participants/certificates.ts';
import { retireNode, rotateNode } from './cert-node.ts';
import { readCertificateFile } from './certificate-file.ts';
import { momentOf, spanOf } from './moment.ts';
import { operateOrRefuse } from './operate.ts';
import { type ExitCode, print, run, UsageError } from './run.ts';

interface RetireOptions {
  readonly at: string;
  readonly node?: true;
  readonly erase?: true;
  readonly json?: true;
}

interface RotateOptions {
  readonly system?: string;
  readonly node?: true;
  readonly at: string;
  readonly overlap: string;
  readonly passwordFile?: string;
  readonly json?: true;
}

/** `cert rotate` and `cert retire`: certificates of systems, and keys of the node, take each other's place at a time. */
export function registerRotation(cert: Command): void {
  cert
    .command('rotate')
    .description(
      'новый сертификат системы, или ключ узла, вместо прежних того же вида / a new certificate of a system, or key of the node, in place of those of its kind',
    )
    .argument(
      '<file>',
      'the new certificate: PEM, DER, .p12, .pfx (its key is not taken); with --node the beginning of its fingerprint',
    )
    .option('--system <id>', 'the information system that signs with it')
    .option('--node', 'a signing key of the node that `cert import --node` has made ready')
    .option('--at <time>', 'from when it counts, such as 2026-12-01T03:00+03:00', 'now')
    .option('--overlap <span>', 'how long after that the old ones count too: 7d, 12h, 30m, 0', '7d')
    .option('--password-file <file>', 'a file with the password of the .p12')
    .option('--json', 'print JSON')
    .action((file: string, options: RotateOptions) => run(() => rotate(file, options)));
  cert
    .command('retire')
    .description('сертификат системы больше не принимать / take a certificate of a system no more')
    .argument('<fingerprint>', 'the beginning of its fingerprint, as `cert list` shows it')
    .option('--at <time>', 'until when it counts, such as 2026-12-01T03:00+03:00', 'now')
    .option('--node', 'a signing key of the node')
    .option('--erase', 'with --node: its private half goes for good')
    .option('--json', 'print JSON')
    .action((fingerprint: string, options: RetireOptions) =>
      run(() => retire(fingerprint, options)),
    );
}

async function rotate(file: string, options: RotateOptions): Promise<ExitCode> {
  const { system } = options;
  const at = momentOf('--at', options.at, systemClock.now());
  const overlapMs = spanOf('--overlap', options.overlap);
  if ((system === undefined) !== (options.node === true)) throw new UsageError(whose);
  if (system === undefined) return rotateNode(file, { at, overlapMs }, options.json);
  const [certificate] = readCertificateFile(file, options.passwordFile);
  const replaced = await operateOrRefuse((context) =>
    rotateCertificate(context, { system, certificate, at, overlapMs }),
  );
  const from = new Date(at).toISOString();
  const until = new Date(at + overlapMs).toISOString();
  const { fingerprint, subject } = certificate;
  const told = {
    system,
    fingerprint,
    subject,
    from,
    until,
    replaced: replaced.map((each) => each.fingerprint),
  };
  print(options.json, told, () =>
    [
      `${system}: ${subject}`,
      `  ${fingerprint}`,
      `  действует с / counts from ${from}`,
      ...(replaced.length === 0 ? ['прежних нет / it replaces none'] : []),
      ...replaced.map(
        (each) =>
          `прежний до / the old one until ${until}: ${each.fingerprint.slice(0, 16)} ${each.subject}`,
      ),
    ].join('\n'),
  );
  return 0;
}

const whose = 'нужно одно из двух / one of the two is wanted: --system ID, --node';

async function retire(
  fingerprint: string,
  { at, node, erase, json }: RetireOptions,
): Promise<ExitCode> {
  const until = momentOf('--at', at, systemClock.now());
  if (node === true) return retireNode(fingerprint, { until, erase: erase === true }, json);
  if (erase === true) throw new UsageError('--erase: только с / with --node alone');
  const { system, certificate } = await operateOrRefuse((context) =>
    retireCertificate(context, fingerprint.toLowerCase(), until),
  );
  const ends = new Date(until).toISOString();
  const told = { system, fingerprint: certificate.fingerprint, until: ends };
  print(
    json,
    told,
    () => `${system}: ${certificate.subject}\n  ${certificate.fingerprint}\n  до / until ${ends}`,
  );
  return 0;
}
