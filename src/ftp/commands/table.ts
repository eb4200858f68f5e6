import { reply } from '../replies.ts';
import { accessCommands } from './access.ts';
import type { Command, Commands } from './command.ts';
import { folderCommands } from './folders.ts';
import { parameterCommands } from './parameters.ts';
import { passiveCommands } from './passive.ts';
import { transferCommands } from './transfers.ts';

const others: Commands = {
  HELP: { needs: 'nothing', argument: 'any', run: () => ({ reply: help() }) },
  // A transfer on the way was ended when the line came; here is only its reply.
  ABOR: {
    needs: 'nothing',
    argument: 'none',
    run: (state) => {
      state.channel?.close();
      state.channel = undefined;
      return { reply: reply(226, 'ABOR: передачи нет / no transfer is on the way') };
    },
  },
};

const table: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    ...accessCommands,
    ...parameterCommands,
    ...passiveCommands,
    ...folderCommands,
    ...transferCommands,
    ...others,
  }),
);

const refusedAlways = ['PORT', 'EPRT'];

function help() {
  const verbs = [...table.keys()].filter((verb) => !refusedAlways.includes(verb)).sort();
  return reply(214, 'Commands:', verbs.join(' '), 'End');
}

/** @param verb in upper case */
export function commandOf(verb: string): Command | undefined {
  return table.get(verb);
}
