// The commands that read the database, as main.ts would run them.
import { Command } from 'commander';
import * as exchange from '../../src/cli/exchange.ts';
import * as journal from '../../src/cli/journal.ts';

const program = new Command('mezhved');
for (const { register } of [exchange, journal]) register(program);
await program.parseAsync();
