import { ApplyRefused, lockRevision, raiseRevision } from './apply.ts';
import {
  type Changing,
  enterVersionChange,
  pickVersion,
  refuseTakenRoots,
  versionsOf,
} from './schema-changing.ts';

/**
 * Pins a system to one version of a type: no other counts for what it sends, and that one does so after its
 * end too.
 *
 * @param version null takes the pin off
 * @throws ApplyRefused where there is no such version, system or pin
 */
export function pinVersion(
  context: Changing,
  { type, system, version }: { type: string; system: string; version: string | null },
): Promise<void> {
  return context.journal.commit(async (scope) => {
    const { tx } = scope;
    await lockRevision(tx);
    const known = await tx
      .selectFrom('information_system')
      .select('id')
      .where('id', '=', system)
      .executeTakeFirst();
    if (known === undefined) {
      throw new ApplyRefused(`нет системы ${system} / there is no such system`);
    }
    const all = await versionsOf(tx, type);
    if (version !== null)
      await refuseTakenRoots(tx, [pickVersion(all, type, version)], context.now());
    const { numDeletedRows } = await tx
      .deleteFrom('schema_pin')
      .where('message_type', '=', type)
      .where('system', '=', system)
      .executeTakeFirst();
    if (version === null && numDeletedRows === 0n) {
      throw new ApplyRefused(`${system}: не закреплена / it is not pinned`);
    }
    if (version !== null) {
      await tx.insertInto('schema_pin').values({ message_type: type, system, version }).execute();
    }
    enterVersionChange(context, scope, { id: type, system, pinned: version });
    await raiseRevision(tx);
  });
}
