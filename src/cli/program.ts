import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { checkout } from '../checkout.ts';

type Register = (program: Command) => void;

/** One file each; loaded when it is called, since some bring the whole node along. */
const commands: Readonly<Record<string, () => Promise<{ readonly register: Register }>>> = {
  serve: () => import('./serve.ts'),
  worker: () => import('./worker.ts'),
  demo: () => import('./demo.ts'),
  'check-config': () => import('./check-config.ts'),
  apply: () => import('./apply.ts'),
  sign: () => import('./sign.ts'),
  verify: () => import('./verify.ts'),
  explain: () => import('./explain.ts'),
  transform: () => import('./transform.ts'),
  validate: () => import('./validate.ts'),
  send: () => import('./send.ts'),
  cert: () => import('./cert.ts'),
  schema: () => import('./schema.ts'),
  exchange: () => import('./exchange.ts'),
  dead: () => import('./dead.ts'),
  password: () => import('./password.ts'),
  journal: () => import('./journal.ts'),
  warnings: () => import('./warnings.ts'),
};

/**
 * The program with its commands; words that it does not know end it with exit code 2.
 *
 * @param called the command that is called: it alone is loaded; all for any other word
 */
export async function buildProgram(called?: string): Promise<Command> {
  const program = new Command('mezhved')
    .description('узел межведомственного обмена / a node of interagency exchange')
    .version(version())
    // `schema admit` has a --version of its own.
    .enablePositionalOptions()
    // Commands made from here on inherit it: help and --version end with 0, wrong words with 2.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  if (called === '--version' || called === '-V') return program;
  const only = called === undefined ? undefined : commands[called];
  for (const load of only === undefined ? Object.values(commands) : [only]) {
    (await load()).register(program);
  }
  return program;
}

function version(): string {
  const text = readFileSync(new URL('package.json', checkout), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
