import { familyOf, hostPort } from '../addresses.ts';
import { PassiveChannel } from '../passive-channel.ts';
import { type Reply, replies, reply } from '../replies.ts';
import type { SessionState } from '../state.ts';
import type { Commands } from './command.ts';

/** PASV, and EPSV of RFC 2428. The other way round there is nothing: the node connects to nobody. */
export const passiveCommands: Commands = {
  PASV: { needs: 'login', argument: 'none', run: (state) => passive(state) },
  EPSV: { needs: 'login', argument: 'any', run: (state, _visit, which) => extended(state, which) },
  PORT: { needs: 'nothing', argument: 'any', run: () => ({ reply: replies.passiveOnly }) },
  EPRT: { needs: 'nothing', argument: 'any', run: () => ({ reply: replies.passiveOnly }) },
};

async function passive(state: SessionState): Promise<Reply> {
  if (state.isExtendedOnly) return replies.order;
  const announced = state.service.settings.publicAddress ?? state.local;
  if (familyOf(state.local) === '2' || familyOf(announced) === '2') return wrongFamily('2');
  const port = await opened(state);
  return reply(227, `Entering Passive Mode (${hostPort(announced, port)}).`);
}

async function extended(state: SessionState, which: string): Promise<Reply> {
  if (which.toUpperCase() === 'ALL') {
    state.isExtendedOnly = true;
    return reply(200, 'EPSV ALL');
  }
  const own = familyOf(state.local);
  if (which !== '' && !/^\d{1,5}$/.test(which)) return replies.argument;
  if (which !== '' && which !== own) return wrongFamily(own);
  return reply(229, `Entering Extended Passive Mode (|||${await opened(state)}|)`);
}

function wrongFamily(own: '1' | '2'): Reply {
  return reply(522, `Network protocol not supported, use (${own})`);
}

/** A port instead of the one before. @throws Refused */
async function opened(state: SessionState): Promise<number> {
  const { settings, parts } = state.service;
  state.channel?.close();
  state.channel = undefined;
  const channel = await PassiveChannel.open(state.local, state.peer, {
    ports: settings.passivePorts,
    pick: parts.pick,
    openMs: settings.limits.dataOpenMs,
  });
  state.channel = channel;
  return channel.port;
}
