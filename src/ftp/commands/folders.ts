import type { FtpEntry } from '../host.ts';
import { factsOf, timeValue } from '../listing.ts';
import { type FtpPath, parentOf, showPath } from '../paths.ts';
import { Refused, type Reply, replies, reply } from '../replies.ts';
import { namedPathOf, pathOf, type SessionState, type Visit } from '../state.ts';
import type { Command, Commands } from './command.ts';

const where: Command = {
  needs: 'login',
  argument: 'none',
  run: (_state, { folder }) => reply(257, `${quoted(folder)} is the current folder`),
};
const make: Command = { needs: 'login', argument: 'some', run: makeFolder };

/** What is done to folders and files without a transfer. */
export const folderCommands: Commands = {
  PWD: where,
  XPWD: where,
  CWD: { needs: 'login', argument: 'some', run: changeFolder },
  CDUP: { needs: 'login', argument: 'none', run: (_state, visit) => goUp(visit) },
  MKD: make,
  XMKD: make,
  RMD: { needs: 'login', argument: 'some', run: removeFolder },
  DELE: { needs: 'login', argument: 'some', run: removeFile },
  RNFR: { needs: 'login', argument: 'some', run: renameFrom },
  RNTO: { needs: 'login', argument: 'some', run: renameTo },
  SIZE: { needs: 'login', argument: 'some', run: sizeOf },
  MDTM: { needs: 'login', argument: 'some', run: timeOf },
  MLST: { needs: 'login', argument: 'any', run: factsOfOne },
};

/** RFC 959 appendix II: a quote in a path is doubled. */
function quoted(path: FtpPath): string {
  return `"${showPath(path).replaceAll('"', '""')}"`;
}

/** @throws Refused */
async function entryOf(visit: Visit, path: FtpPath, kind?: FtpEntry['kind']): Promise<FtpEntry> {
  const entry = await visit.account.stat(path);
  if (entry === undefined || (kind ?? entry.kind) !== entry.kind) {
    throw new Refused(replies.absent);
  }
  return entry;
}

async function changeFolder(state: SessionState, visit: Visit, argument: string): Promise<Reply> {
  if (argument === '..') return goUp(visit);
  const path = pathOf(state, visit, argument);
  await entryOf(visit, path, 'folder');
  visit.folder = path;
  return reply(250, `${quoted(path)} is the current folder`);
}

function goUp(visit: Visit): Reply {
  visit.folder = parentOf(visit.folder);
  return reply(250, `${quoted(visit.folder)} is the current folder`);
}

async function makeFolder(state: SessionState, visit: Visit, argument: string): Promise<Reply> {
  const path = namedPathOf(state, visit, argument);
  await visit.account.makeFolder(path);
  return reply(257, `${quoted(path)} created`);
}

async function removeFolder(state: SessionState, visit: Visit, argument: string): Promise<Reply> {
  await visit.account.removeFolder(namedPathOf(state, visit, argument));
  return reply(250, 'Папка удалена / the folder is removed');
}

async function removeFile(state: SessionState, visit: Visit, argument: string): Promise<Reply> {
  await visit.account.removeFile(namedPathOf(state, visit, argument));
  return reply(250, 'Файл удалён / the file is removed');
}

async function renameFrom(state: SessionState, visit: Visit, argument: string): Promise<Reply> {
  if (visit.account.rename === undefined) return replies.notImplemented;
  const path = namedPathOf(state, visit, argument);
  await entryOf(visit, path);
  state.renaming = path;
  return reply(350, 'Нужно новое имя / send RNTO');
}

async function renameTo(state: SessionState, visit: Visit, argument: string): Promise<Reply> {
  const from = state.renaming;
  if (visit.account.rename === undefined) return replies.notImplemented;
  if (from === undefined) return replies.order;
  await visit.account.rename(from, namedPathOf(state, visit, argument));
  return reply(250, 'Переименовано / renamed');
}

async function sizeOf(state: SessionState, visit: Visit, argument: string): Promise<Reply> {
  const { size } = await entryOf(visit, pathOf(state, visit, argument), 'file');
  return reply(213, `${size}`);
}

async function timeOf(state: SessionState, visit: Visit, argument: string): Promise<Reply> {
  const { modifiedAt } = await entryOf(visit, pathOf(state, visit, argument));
  return reply(213, timeValue(modifiedAt));
}

async function factsOfOne(state: SessionState, visit: Visit, argument: string): Promise<Reply> {
  const path = pathOf(state, visit, argument);
  const entry = await entryOf(visit, path);
  return reply(250, 'Listing', `${factsOf(entry, visit.facts)}${showPath(path)}`, 'End');
}
