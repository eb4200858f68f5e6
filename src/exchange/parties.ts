import type { Registry } from '../participants/registry.ts';
import type { Party } from '../smev/metadata.ts';
import type { Caller } from './stages.ts';

/** The caller as MessageMetadata names it: the system's mnemonic, the participant's name. */
export function partyOf({ system, participant }: Caller): Party {
  return { mnemonic: system.id, name: participant.name };
}

/** A participant as MessageMetadata names it; one that was removed since keeps its id. */
export function partyOfParticipant(registry: Registry, id: string): Party {
  return { mnemonic: id, name: registry.findParticipant(id)?.name ?? id };
}
