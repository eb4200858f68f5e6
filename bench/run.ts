import { accept } from './accept.ts';
import { agencies } from './agencies.ts';
import { signatures } from './signatures.ts';

const [, , name, ...rest] = process.argv;
const quick = rest.includes('--quick');

if (name === 'accept') {
  await accept(
    quick
      ? { rounds: 1, messages: 300, naiveMessages: 12, inFlight: 32 }
      : { rounds: 5, messages: 2000, naiveMessages: 40, inFlight: 32 },
  );
} else if (name === 'signatures') {
  await signatures(quick ? { rounds: 3, slice: 100 } : { rounds: 9, slice: 400 });
} else if (name === 'agencies') {
  await agencies(
    quick
      ? { pairs: 1, rate: 20, requests: 100, waiting: 200 }
      : { pairs: 1, rate: 20, requests: 1700, waiting: 2000 },
  );
} else {
  process.stderr.write('npm run bench -- accept | signatures | agencies [--quick]\n');
  process.exitCode = 2;
}
process.exit();
