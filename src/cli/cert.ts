import { type Command, Option } from 'commander';
import { systemClock } from '../clock.ts';
import {
  importCertificate,
  listCertificates,
  type RegisteredCertificate,
} from '../participants/certificates.ts';
import { judgeRegistration } from '../participants/registration.ts';
import { readRegistry } from '../participants/registry.ts';
import { type Purpose, purposes } from '../pki/signing-key.ts';
import { judgeCertificate } from '../pki/trust.ts';
import { registerCrl } from './cert-crl.ts';
import { importNodeKey } from './cert-node.ts';
import { listNode } from './cert-node-list.ts';
import { registerOcsp } from './cert-ocsp.ts';
import { registerRotation } from './cert-rotation.ts';
import { registerWhy } from './cert-why.ts';
import { readCertificateFile } from './certificate-file.ts';
import { columns } from './columns.ts';
import { registerCsr } from './csr.ts';
import { openForCli } from './open.ts';
import { operateOrRefuse } from './operate.ts';
import { type ExitCode, print, run, UsageError } from './run.ts';

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
  /** From when until when it counts by the operator's word; null for no bound. */
  readonly from: string | null;
  readonly until: string | null;
  /** 'trusted', or the code of the fault that a message signed by it would get now. */
  readonly trust: string;
}

interface Json {
  readonly json?: true;
}

interface ImportOptions extends Json {
  readonly system?: string;
  readonly node?: true;
  readonly key?: string;
  readonly passwordFile?: string;
  readonly for?: Purpose;
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
    .option('--node', 'the signing keys of the node instead')
    .option('--json', 'print JSON')
    .action(({ node, json }: Json & { readonly node?: true }) =>
      run(() => (node === true ? listNode(json) : list(json))),
    );
  cert
    .command('import')
    .description(
      'добавить сертификат информационной системе, или ключ узлу / register one more certificate for a system, or a key for the node',
    )
    .argument(
      '<file>',
      'X.509 certificate in PEM or DER; or .p12, .pfx (its key is taken with --node alone)',
    )
    .option('--system <id>', 'the information system that signs with it')
    .option(
      '--node',
      'a signing key of the node: its key is in the .p12, named by --key, or waits since `cert csr --node`',
    )
    .option('--key <file>', 'with --node: PEM of the private key, or pkcs11:token=…;object=…')
    .addOption(
      new Option(
        '--for <purpose>',
        'with --node: what the new key signs, messages of every service, of one, or the journal (default messages)',
      ).choices([...purposes]),
    )
    .option('--password-file <file>', 'a file with the password of the .p12 or of the key')
    .option('--json', 'print JSON')
    .action((file: string, options: ImportOptions) => run(() => importFile(file, options)));
  registerRotation(cert);
  registerWhy(cert);
  registerCrl(cert);
  registerOcsp(cert);
  registerCsr(cert);
}

async function list(json: true | undefined): Promise<ExitCode> {
  const { database, trusting } = await openForCli();
  try {
    const registry = await readRegistry(database, trusting);
    const now = systemClock.now();
    const trust = registry.trustAt(now);
    const listed = (await listCertificates(database.kysely)).map((each) => {
      const others = () => registry.registrationsOf(each.system);
      const distrust =
        judgeRegistration(each, others, now) ?? judgeCertificate(each.certificate, trust, now);
      return listedCertificate(each, distrust?.code);
    });
    print(json, listed, () => table(listed));
    return 0;
  } finally {
    await database.close();
  }
}

function listedCertificate(
  { certificate, participant, system, window }: RegisteredCertificate,
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
    from: isoOf(window.from),
    until: isoOf(window.until),
    trust: distrust ?? 'trusted',
  };
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
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
    ...listed.map(({ system, notAfter, until, trust, fingerprint, subject }) => [
      system,
      // Whichever comes first: the end of the certificate or of its use here.
      (until !== null && until < notAfter ? until : notAfter).slice(0, 10),
      trust,
      fingerprint.slice(0, 16),
      subject,
    ]),
  ]);
}

async function importFile(file: string, options: ImportOptions): Promise<ExitCode> {
  const { system, passwordFile, json } = options;
  if ((system === undefined) !== (options.node === true)) {
    throw new UsageError('нужно одно из двух / one of the two is wanted: --system ID, --node');
  }
  if (system === undefined) return importNodeKey(file, options);
  if (options.key !== undefined) throw new UsageError('--key: только с / with --node alone');
  if (options.for !== undefined) throw new UsageError('--for: только с / with --node alone');
  const [certificate] = readCertificateFile(file, passwordFile);
  const { fingerprint, subject } = certificate;
  const outcome = await operateOrRefuse((context) =>
    importCertificate(context, system, certificate),
  );
  print(json, { outcome, system, fingerprint, subject }, () =>
    outcome === 'present'
      ? `Сертификат уже есть у ${system} / ${system} has it already: ${subject}`
      : `Сертификат добавлен для ${system} / registered for ${system}: ${subject}\n${fingerprint}`,
  );
  return 0;
}
