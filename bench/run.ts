import { accept } from './accept.ts';

const [, , name, ...rest] = process.argv;
const quick = rest.includes('--quick');

if (name === 'accept') {
  await accept(
    quick
      ? { rounds: 1, messages: 300, naiveMessages: 12, inFlight: 32 }
      : { rounds: 5, messages: 2000, naiveMessages: 40, inFlight: 32 },
  );
} else {
  process.stderr.write('npm run bench -- accept [--quick]\n');
  process.exitCode = 2;
}
process.exit();
