import { fileURLToPath } from 'node:url';
import { checkout } from '../checkout.ts';
import { readCertificate } from '../pki/certificate.ts';
import { type ApplyContext, apply } from './apply.ts';
import { importCertificate } from './certificates.ts';
import { type Loaded, readDeclarations } from './documents.ts';

const sandbox = fileURLToPath(new URL('config/sandbox', checkout));

/**
 * Gives an empty sandbox its participants, message types and test authority. A sandbox that has
 * been given anything is left as it is: what operators changed stays changed.
 */
export async function seedSandbox(context: ApplyContext): Promise<void> {
  const { revision } = await context.database.kysely
    .selectFrom('revision')
    .select('revision')
    .executeTakeFirstOrThrow();
  if (revision === 0) await apply(context, readDeclarations([sandbox]));
}

/**
 * Gives a sandbox of a version before the test authorities that came since, and its participants the
 * certificates that those issued; all else stays as operators have it. An anchor is never taken away
 * by hand, so one that is missing was never there.
 */
export async function growSandbox(context: ApplyContext): Promise<void> {
  const { kysely } = context.database;
  const anchors = await kysely.selectFrom('trust_anchor').select('id').execute();
  const systems = await kysely.selectFrom('information_system').select('id').execute();
  const loaded = readDeclarations([sandbox]);
  const missing = loaded.filter(
    ({ kind, id }) => kind === 'trustAnchor' && !anchors.some((anchor) => anchor.id === id),
  );
  if (missing.length === 0) return;
  await apply(context, missing);
  const issuers = missing.flatMap((each) => (each.kind === 'trustAnchor' ? [each.der] : []));
  const subjects = issuers.map((der) => readCertificate(der).subject);
  for (const [system, der] of certificatesOf(loaded)) {
    const certificate = readCertificate(der);
    const known = systems.some(({ id }) => id === system);
    if (known && subjects.includes(certificate.issuer)) {
      await importCertificate(context, system, certificate);
    }
  }
}

function certificatesOf(loaded: readonly Loaded[]): (readonly [system: string, Uint8Array])[] {
  return loaded.flatMap((each) =>
    each.kind !== 'participant'
      ? []
      : each.systems.flatMap(({ id, certificates }) =>
          certificates.map(({ der }) => [id, der] as const),
        ),
  );
}
