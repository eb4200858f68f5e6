import { setTimeout as pause } from 'node:timers/promises';
import { networkOf } from '../addresses.ts';
import type { FtpAccount } from '../host.ts';
import { allFacts } from '../listing.ts';
import { replies, reply } from '../replies.ts';
import { newVisit, type SessionState } from '../state.ts';
import type { Commands, Outcome } from './command.ts';

const userBytesMax = 255;

/** USER, PASS, the TLS commands of RFC 4217, QUIT. */
export const accessCommands: Commands = {
  USER: { needs: 'nothing', argument: 'some', run: user },
  PASS: { needs: 'nothing', argument: 'any', run: password },
  AUTH: { needs: 'nothing', argument: 'some', run: auth },
  PBSZ: { needs: 'nothing', argument: 'some', run: bufferSize },
  PROT: { needs: 'nothing', argument: 'some', run: protection },
  QUIT: {
    needs: 'nothing',
    argument: 'any',
    run: () => ({ reply: replies.bye, after: 'end' }),
  },
};

function user(state: SessionState, name: string): Outcome {
  if (state.visit !== undefined) return { reply: replies.order };
  if (state.service.settings.tls.mode === 'required' && !state.isSecure) {
    return { reply: replies.tlsFirst };
  }
  if (Buffer.byteLength(name) > userBytesMax || /\p{Cc}/u.test(name)) {
    return { reply: replies.argument };
  }
  state.user = name;
  return { reply: reply(331, 'Нужен пароль / password required') };
}

async function password(state: SessionState, secret: string): Promise<Outcome> {
  const { user: name, service, gone } = state;
  if (name === undefined || state.visit !== undefined) return { reply: replies.order };
  state.user = undefined;
  const { limits } = service.settings;
  const began = service.parts.clock.now();
  const account = await tried(state, name, secret);
  if (account !== undefined) {
    state.visit = newVisit(account, allFacts);
    service.parts.log.info({ peer: state.peer, tls: state.isSecure }, 'ftp: logged in');
    return { reply: reply(230, 'Вход выполнен / logged in') };
  }
  // Counted from the beginning, so that it does not tell how long the host looked.
  const rest = limits.loginDelayMs - (service.parts.clock.now() - began);
  await pause(Math.max(rest, 0), undefined, { signal: gone }).catch(() => undefined);
  state.loginFailures += 1;
  return state.loginFailures < limits.loginFailuresMax
    ? { reply: replies.loginFailed }
    : { reply: replies.tooManyFailures, after: 'end' };
}

/** The same for an unknown user, a wrong password and a lock. */
async function tried(
  { service, peer }: SessionState,
  name: string,
  secret: string,
): Promise<FtpAccount | undefined> {
  const { lockout, parts } = service;
  const network = networkOf(peer);
  const isLocked = () => lockout.locked(name, network, parts.clock.now());
  if (isLocked()) return undefined;
  const account = await parts.host.login(name, secret, peer);
  if (account === undefined) {
    const locks = lockout.failed(name, network, parts.clock.now());
    parts.log.warn({ peer, locked: locks }, 'ftp: login failed');
    return undefined;
  }
  // Others may have guessed on other connections meanwhile.
  return isLocked() ? undefined : account;
}

function auth(state: SessionState, mechanism: string): Outcome {
  if (state.service.context === undefined) return { reply: replies.notImplemented };
  if (state.isSecure || state.visit !== undefined) return { reply: replies.order };
  if (!/^TLS(?:-C)?$/i.test(mechanism)) return { reply: replies.parameter };
  state.user = undefined;
  return { reply: reply(234, 'AUTH TLS'), after: 'secure' };
}

function bufferSize(state: SessionState, size: string): Outcome {
  if (!state.isSecure) return { reply: replies.order };
  if (!/^\d{1,10}$/.test(size)) return { reply: replies.argument };
  state.hasBufferSize = true;
  return { reply: reply(200, 'PBSZ=0') };
}

function protection(state: SessionState, level: string): Outcome {
  if (!state.hasBufferSize) return { reply: replies.order };
  const wanted = level.toUpperCase();
  if (wanted === 'S' || wanted === 'E') {
    return { reply: reply(536, 'Только C или P / C or P only') };
  }
  if (wanted !== 'C' && wanted !== 'P') return { reply: replies.parameter };
  if (wanted === 'C' && state.service.settings.tls.mode === 'required') {
    return { reply: reply(534, 'Данные только под TLS / data goes under TLS only') };
  }
  state.protection = wanted;
  return { reply: reply(200, `PROT ${wanted}`) };
}
