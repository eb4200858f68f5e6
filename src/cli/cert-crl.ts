import type { Command } from 'commander';
import { readRegistry } from '../participants/registry.ts';
import { importRevocationList } from '../participants/revocation-lists.ts';
import { type RevocationList, readRevocationList } from '../pki/crl.ts';
import { carryOut, type PlanOptions, withPlan } from './carry-out.ts';
import { printCarriedOut } from './rehearsal.ts';
import { type ExitCode, readInput, run, UsageError } from './run.ts';

interface Options extends PlanOptions {
  readonly json?: true;
}

/** `cert crl`: a list of revoked certificates, from its issuer. */
export function registerCrl(cert: Command): void {
  const command = cert
    .command('crl')
    .description('загрузить список отозванных сертификатов / load a list of revoked certificates')
    .argument('<file>', 'the list (CRL) of a declared authority: DER, or PEM');
  withPlan(command)
    .option('--json', 'print JSON')
    .action((file: string, options: Options) => run(() => load(file, options)));
}

async function load(file: string, options: Options): Promise<ExitCode> {
  const { der, list } = readList(file);
  const { outcome: loaded, rehearsal } = await carryOut(options, async (context) => {
    const { anchors, intermediates } = (await readRegistry(context.database)).trustAt(
      context.now(),
    );
    return importRevocationList(context, der, [...anchors, ...intermediates]);
  });
  const { outcome, issuer } = loaded;
  const told = {
    outcome,
    issuer: issuer.subject,
    revoked: list.revoked.size,
    thisUpdate: isoOf(list.thisUpdate),
    nextUpdate: list.nextUpdate === undefined ? null : isoOf(list.nextUpdate),
  };
  return printCarriedOut(options.json, rehearsal, 'crl', told, () => [
    outcome === 'present'
      ? 'список уже есть / the list is here already'
      : rehearsal === undefined
        ? 'список загружен / loaded'
        : 'список принимается / the list would be taken',
    `  ${told.issuer}`,
    `  отозвано / revoked: ${told.revoked}; ${told.thisUpdate} … ${told.nextUpdate ?? '?'}`,
  ]);
}

function readList(file: string): { readonly der: Buffer; readonly list: RevocationList } {
  const bytes = readInput(file);
  try {
    // DER begins with the tag of a SEQUENCE.
    const der = bytes[0] === 0x30 ? bytes : derOfPem(bytes.toString('latin1'));
    return { der, list: readRevocationList(der) };
  } catch (error) {
    const why = error instanceof RangeError ? `: ${error.message}` : '';
    throw new UsageError(`${file}: не список отозванных (X.509 CRL) / not a revocation list${why}`);
  }
}

function derOfPem(text: string): Buffer {
  const pem = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/.exec(text);
  return Buffer.from((pem?.[1] ?? '').replace(/\s+/g, ''), 'base64');
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}
