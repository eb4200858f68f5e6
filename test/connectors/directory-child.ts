import { directory } from '../../src/connectors/directory.ts';
import { noDesk, requestOf, routeOf } from './directory-peer.ts';
import { onEachDiskStep } from './disk-steps.ts';

// Delivers requests 0 to count - 1 into a folder, and dies by kill -9 before the step of that number.
const [folder = '', count = '0', lastStep = '0'] = process.argv.slice(2);

let steps = 0;
await onEachDiskStep(() => {
  if (++steps === Number(lastStep)) process.kill(process.pid, 'SIGKILL');
});
const connector = directory(routeOf(folder), noDesk);
for (let number = 0; number < Number(count); number += 1) {
  await connector.deliver(requestOf(number), new AbortController().signal);
  process.stdout.write(`${requestOf(number).messageId}\n`);
}
