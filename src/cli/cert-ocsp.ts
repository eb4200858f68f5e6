import type { Command } from 'commander';
import { ApplyRefused } from '../participants/apply.ts';
import { listCertificates } from '../participants/certificates.ts';
import {
  type CheckedAnswer,
  checkedAnswers,
  type Stored,
  storeOcspAnswers,
} from '../participants/ocsp-answers.ts';
import { readRegistry } from '../participants/registry.ts';
import { OcspError } from '../pki/ocsp-error.ts';
import { operateOrRefuse } from './operate.ts';
import { type ExitCode, print, readInput, run } from './run.ts';

/** `cert ocsp`: an answer of a responder that was carried here by hand. */
export function registerOcsp(cert: Command): void {
  cert
    .command('ocsp')
    .description(
      'загрузить ответ OCSP о сертификатах / load what a responder (OCSP) says of certificates',
    )
    .argument('<file>', 'the OCSP answer about registered certificates or intermediates, DER')
    .option('--json', 'print JSON')
    .action((file: string, { json }: { readonly json?: true }) => run(() => load(file, json)));
}

async function load(file: string, json: true | undefined): Promise<ExitCode> {
  const der = readInput(file);
  const told = await operateOrRefuse(async (context) => {
    const { database, now } = context;
    const settings = { revocation: 'soft' } as const;
    const { anchors, intermediates, revocation } = (await readRegistry(database, settings)).trustAt(
      now(),
    );
    const registered = await listCertificates(database.kysely);
    const checked = checkOrRefuse(() =>
      checkedAnswers(der, {
        certificates: [...registered.map(({ certificate }) => certificate), ...intermediates],
        issuers: [...anchors, ...intermediates],
        lists: revocation?.lists ?? [],
        at: now(),
      }),
    );
    const stored = await storeOcspAnswers(context, checked);
    return checked.map((each, index) => toldOf(each, stored[index] ?? 'kept'));
  });
  print(json, told, () => told.map(words).join('\n'));
  return told.every(({ outcome }) => outcome !== 'kept') ? 0 : 1;
}

function checkOrRefuse<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof OcspError) throw new ApplyRefused(error.message);
    throw error;
  }
}

function toldOf({ certificate, single }: CheckedAnswer, outcome: Stored) {
  const { status, thisUpdate, nextUpdate } = single;
  return {
    outcome,
    subject: certificate.subject,
    fingerprint: certificate.fingerprint,
    status: status.kind,
    revokedAt: status.kind === 'revoked' ? isoOf(status.since) : null,
    thisUpdate: isoOf(thisUpdate),
    nextUpdate: nextUpdate === undefined ? null : isoOf(nextUpdate),
  };
}

const outcomes: Readonly<Record<Stored, string>> = {
  imported: 'ответ загружен / loaded',
  present: 'ответ уже есть / the answer is here already',
  kept: 'есть более новый ответ, он остаётся / there is a later answer, which stays',
};

const statuses = {
  good: 'не отозван / good',
  revoked: 'отозван / revoked',
  unknown: 'ответчик его не знает / unknown to the responder',
} as const;

function words(told: ReturnType<typeof toldOf>): string {
  const since = told.revokedAt === null ? '' : ` ${told.revokedAt}`;
  return [
    outcomes[told.outcome],
    `  ${told.subject}`,
    `  ${statuses[told.status]}${since}; ${told.thisUpdate} … ${told.nextUpdate ?? '?'}`,
  ].join('\n');
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}
