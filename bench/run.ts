import { accept } from './accept.ts';
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
} else {
  process.stderr.write('npm run bench -- accept | signatures [--quick]\n');
  process.exitCode = 2;
}
process.exit();
