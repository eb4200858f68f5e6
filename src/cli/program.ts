import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { register as apply } from './apply.ts';
import { register as cert } from './cert.ts';
import { register as checkConfig } from './check-config.ts';
import { register as demo } from './demo.ts';
import { register as exchange } from './exchange.ts';
import { register as journal } from './journal.ts';
import { register as send } from './send.ts';
import { register as serve } from './serve.ts';
import { register as sign } from './sign.ts';
import { register as validate } from './validate.ts';
import { register as verify } from './verify.ts';

const commands = [
  serve,
  demo,
  checkConfig,
  apply,
  sign,
  verify,
  validate,
  send,
  cert,
  exchange,
  journal,
];

/** Every command of the program, one file each; words it does not know end with exit code 2. */
export function buildProgram(): Command {
  const program = new Command('mezhved')
    .description('узел межведомственного обмена / a node of interagency exchange')
    .version(version())
    // Commands made from here on inherit it: help and --version end with 0, wrong words with 2.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  for (const register of commands) register(program);
  return program;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
