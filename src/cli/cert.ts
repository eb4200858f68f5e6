import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { ApplyRefused } from '../participants/apply.ts';
import {
  importCertificate,
  listCertificates,
  type RegisteredCertificate,
} from '../participants/certificates.ts';
import { readRegistry } from '../participants/registry.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { exampleFingerprints } from '../pki/examples.ts';
import { readPkcs12 } from '../pki/pkcs12.ts';
import { judgeCertificate } from '../pki/trust.ts';
import { columns } from './columns.ts';
import { registerCsr } from './csr.ts';
import { openForCli } from './open.ts';
import { operate } from './operate.ts';
import { type ExitCode, print, readInput, run, UsageError } from './run.ts';

/** What `cert list --json` prints of each. */
export interface ListedCertificate {
  readonly fingerprint: string;
  readonly participant: string;
  readonly system: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** 'trusted', or the code of the fault that a message signed by it would get now. */
  readonly trust: string;
}

interface Json {
  readonly json?: true;
}

interface ImportOptions extends Json {
  readonly system: string;
  readonly passwordFile?: string;
}

export function register(program: Command): void {
  const cert = program
    .command('cert')
    .description('сертификаты информационных систем / certificates of information systems');
  cert
    .command('list')
    .description(
      'чьи сертификаты, до какого срока, доверены ли / whose certificates, valid until when, trusted or not',
    )
    .option('--json', 'print JSON')
    .action(({ json }: Json) => run(() => list(json)));
  cert
    .command('import')
    .description(
      'добавить сертификат информационной системе / register one more certificate for a system',
    )
    .argument('<file>', 'X.509 certificate in PEM or DER; or .p12, .pfx (its key is not taken)')
    .requiredOption('--system <id>', 'the information system that signs with it')
    .option('--password-file <file>', 'a file with the password of the .p12')
    .option('--json', 'print JSON')
    .action((file: string, options: ImportOptions) => run(() => importFile(file, options)));
  registerCsr(cert);
}

async function list(json: true | undefined): Promise<ExitCode> {
  const { database, profile } = await openForCli();
  try {
    const distrusted = profile === 'sandbox' ? undefined : exampleFingerprints();
    const registry = await readRegistry(database, distrusted);
    const now = systemClock.now();
    const listed = (await listCertificates(database.kysely)).map((each) =>
      listedCertificate(each, judgeCertificate(each.certificate, registry.anchors, now)?.code),
    );
    print(json, listed, () => table(listed));
    return 0;
  } finally {
    await database.close();
  }
}

function listedCertificate(
  { certificate, participant, system }: RegisteredCertificate,
  distrust: string | undefined,
): ListedCertificate {
  const { fingerprint, subject, issuer, serial, notBefore, notAfter } = certificate;
  return {
    fingerprint,
    participant,
    system,
    subject,
    issuer,
    serial,
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
    trust: distrust ?? 'trusted',
  };
}

function table(listed: readonly ListedCertificate[]): string {
  return columns([
    [
      'ИС / system',
      'до / until',
      'доверие / trust',
      'отпечаток / fingerprint',
      'владелец / subject',
    ],
    ...listed.map(({ system, notAfter, trust, fingerprint, subject }) => [
      system,
      notAfter.slice(0, 10),
      trust,
      fingerprint.slice(0, 16),
      subject,
    ]),
  ]);
}

async function importFile(
  file: string,
  { system, passwordFile, json }: ImportOptions,
): Promise<ExitCode> {
  const certificate = /\.(p12|pfx)$/i.test(file)
    ? readStore(file, passwordFile)
    : readCertificateFile(file);
  const { fingerprint, subject } = certificate;
  const outcome = await operate({ plan: false }, (context) =>
    importCertificate(context, system, certificate),
  ).catch((error: unknown) => {
    if (error instanceof ApplyRefused) throw new Error(`отказ / refused: ${error.message}`);
    throw error;
  });
  print(json, { outcome, system, fingerprint, subject }, () =>
    outcome === 'present'
      ? `Сертификат уже есть у ${system} / ${system} has it already: ${subject}`
      : `Сертификат добавлен для ${system} / registered for ${system}: ${subject}\n${fingerprint}`,
  );
  return 0;
}

function readCertificateFile(file: string): Certificate {
  const bytes = readInput(file);
  try {
    // DER begins with the tag of a SEQUENCE.
    return readCertificate(bytes[0] === 0x30 ? bytes : bytes.toString('latin1'));
  } catch {
    throw new UsageError(`${file}: не сертификат X.509 / not an X.509 certificate`);
  }
}

/** A password on the command line would be seen by every user of the machine. */
function readStore(file: string, passwordFile: string | undefined): Certificate {
  const password =
    passwordFile === undefined
      ? ''
      : readInput(passwordFile)
          .toString('utf8')
          .replace(/\r?\n$/, '');
  try {
    return readCertificate(readPkcs12(file, password).certificate);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
