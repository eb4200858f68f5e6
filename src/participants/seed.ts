import { fileURLToPath } from 'node:url';
import { type ApplyContext, apply } from './apply.ts';
import { readDeclarations } from './documents.ts';

const sandbox = fileURLToPath(new URL('../../config/sandbox', import.meta.url));

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
