#!/usr/bin/env node
import { buildProgram } from './cli/program.ts';

// A reader that has seen enough, such as head, closes the pipe: that is no failure.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  process.exit(code === 'EPIPE' ? 0 : 1);
});
const program = await buildProgram(process.argv[2]);
await program.parseAsync(process.argv);
