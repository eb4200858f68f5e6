import { allFacts, type Fact } from '../listing.ts';
import { type Reply, replies, reply } from '../replies.ts';
import type { SessionState, Visit } from '../state.ts';
import type { Commands } from './command.ts';

const ok = reply(200, 'OK');

/** What is asked of the server itself, and what is set for transfers. */
export const parameterCommands: Commands = {
  FEAT: { needs: 'nothing', argument: 'none', run: (state) => ({ reply: features(state) }) },
  SYST: {
    needs: 'nothing',
    argument: 'none',
    run: () => ({ reply: reply(215, 'UNIX Type: L8') }),
  },
  NOOP: { needs: 'nothing', argument: 'any', run: () => ({ reply: ok }) },
  OPTS: {
    needs: 'nothing',
    argument: 'some',
    run: (state, argument) => ({ reply: options(state, argument) }),
  },
  TYPE: { needs: 'login', argument: 'some', run: (_state, _visit, type) => typeReply(type) },
  MODE: { needs: 'login', argument: 'some', run: (_state, _visit, mode) => onlyOne('S', mode) },
  STRU: { needs: 'login', argument: 'some', run: (_state, _visit, form) => onlyOne('F', form) },
  ALLO: {
    needs: 'login',
    argument: 'some',
    run: () => reply(202, 'Не нужно / superfluous: no storage is allocated ahead'),
  },
  REST: { needs: 'login', argument: 'some', run: (state, _visit, from) => restart(state, from) },
  // Of the connection alone: with an argument it would be a listing over the control connection.
  STAT: { needs: 'login', argument: 'none', run: status },
};

/** RFC 2389. */
function features({ service }: SessionState): Reply {
  const secure = service.context === undefined ? [] : ['AUTH TLS', 'PBSZ', 'PROT'];
  const facts = `MLST ${allFacts.map((fact) => `${fact}*;`).join('')}`;
  const others = ['EPSV', 'MDTM', facts, 'REST STREAM', 'SIZE', 'TVFS', 'UTF8'];
  return reply(211, 'Features:', ...secure, ...others, 'End');
}

function options({ visit }: SessionState, argument: string): Reply {
  if (/^UTF-?8(?: ON)?$/i.test(argument)) return reply(200, 'UTF8 ON');
  const facts = /^MLST(?: (.*))?$/i.exec(argument);
  if (facts === null) return replies.argument;
  if (visit === undefined) return replies.loginFirst;
  visit.facts = factsNamed(facts[1] ?? '');
  return reply(200, `MLST OPTS ${visit.facts.map((fact) => `${fact};`).join('')}`);
}

/** Facts that are not known are left out: RFC 3659 section 7.9. */
function factsNamed(names: string): readonly Fact[] {
  const wanted = names.toLowerCase().split(';');
  return allFacts.filter((fact) => wanted.includes(fact));
}

function typeReply(type: string): Reply {
  if (/^(?:I|L 8)$/i.test(type)) return reply(200, 'TYPE I');
  if (!/^A(?: N)?$/i.test(type)) return replies.parameter;
  return reply(
    200,
    'TYPE A: файлы идут без преобразования, как при TYPE I / files go as they are, as with TYPE I',
  );
}

function onlyOne(known: string, wanted: string): Reply {
  return wanted.toUpperCase() === known ? ok : replies.parameter;
}

function restart(state: SessionState, from: string): Reply {
  const offset = /^\d{1,16}$/.test(from) ? Number(from) : Number.NaN;
  if (!Number.isSafeInteger(offset)) return replies.argument;
  state.from = offset;
  return reply(350, `Передача начнётся с ${offset} / the transfer will begin at ${offset}`);
}

function status(state: SessionState, _visit: Visit): Reply {
  return reply(
    211,
    'Mezhved FTP:',
    `client ${state.peer}`,
    `control connection: ${state.isSecure ? 'TLS' : 'plain'}; data: PROT ${state.protection}`,
    'TYPE: binary, STRUcture: File, MODE: Stream, passive',
    'End of status',
  );
}
