import { Command } from 'commander';
import { register as exchange } from './exchange.ts';
import { register as journal } from './journal.ts';
import { register as serve } from './serve.ts';
import { register as validate } from './validate.ts';

/** Every command of the program, one file each. */
export function buildProgram(): Command {
  const program = new Command('mezhved');
  for (const register of [serve, validate, exchange, journal]) register(program);
  return program;
}
