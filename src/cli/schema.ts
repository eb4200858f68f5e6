import type { Command } from 'commander';
import { registerList } from './schema-list.ts';
import { registerPins, registerTurns } from './schema-turn.ts';

/** `schema`: versions of message types. */
export function register(program: Command): void {
  const schema = program
    .command('schema')
    .description('версии видов сведений и их схемы / versions of message types and their schemas');
  registerList(schema);
  registerTurns(schema);
  registerPins(schema);
}
