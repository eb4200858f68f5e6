// Takes the lock of a data folder, or of a node name, says how it went and keeps it until killed:
// 'folder' PATH, or 'name' URL NODE.
import { LockHeld, lockDataFolder, lockNodeName } from '../../src/store/lock.ts';

const [what, place = '', node = ''] = process.argv.slice(2);
try {
  const lock =
    what === 'folder' ? lockDataFolder(place) : await lockNodeName(place, [node], () => undefined);
  process.stdout.write('held\n');
  setTimeout(() => lock.release(), 60_000);
} catch (error) {
  if (!(error instanceof LockHeld)) throw error;
  process.stdout.write('refused\n');
}
