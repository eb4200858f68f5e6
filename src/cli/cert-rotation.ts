import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { retireCertificate, rotateCertificate } from '../participants/certificates.ts';
import { readCertificateFile } from './certificate-file.ts';
import { momentOf, spanOf } from './moment.ts';
import { operateOrRefuse } from './operate.ts';
import { type ExitCode, print, run } from './run.ts';

interface RotateOptions {
  readonly system: string;
  readonly at: string;
  readonly overlap: string;
  readonly passwordFile?: string;
  readonly json?: true;
}

/** `cert rotate` and `cert retire`: certificates of systems take each other's place at a time. */
export function registerRotation(cert: Command): void {
  cert
    .command('rotate')
    .description(
      'новый сертификат системы вместо прежних того же вида / a new certificate of a system in place of those of its kind',
    )
    .argument('<file>', 'the new certificate: PEM, DER, .p12, .pfx (its key is not taken)')
    .requiredOption('--system <id>', 'the information system that signs with it')
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
    .option('--json', 'print JSON')
    .action((fingerprint: string, options: { readonly at: string; readonly json?: true }) =>
      run(() => retire(fingerprint, options)),
    );
}

async function rotate(file: string, options: RotateOptions): Promise<ExitCode> {
  const { system } = options;
  const at = momentOf('--at', options.at, systemClock.now());
  const overlapMs = spanOf('--overlap', options.overlap);
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

async function retire(
  fingerprint: string,
  { at, json }: { readonly at: string; readonly json?: true },
): Promise<ExitCode> {
  const until = momentOf('--at', at, systemClock.now());
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
