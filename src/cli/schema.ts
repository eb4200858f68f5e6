import type { Command } from 'commander';
import { registerAdmit } from './schema-admit.ts';
import { registerList } from './schema-list.ts';
import { registerPlan } from './schema-plan.ts';
import { registerPins, registerTurns } from './schema-turn.ts';

/** `schema`: versions of message types. */
export function register(program: Command): void {
  const schema = program
    .command('schema')
    .description('версии видов сведений и их схемы / versions of message types and their schemas');
  registerList(schema);
  registerAdmit(schema);
  registerPlan(schema);
  registerTurns(schema);
  registerPins(schema);
}
