import type { FtpEntry } from '../host.ts';
import { inParts, type ListingForm, listingLines } from '../listing.ts';
import { Refused, type Reply, replies } from '../replies.ts';
import { namedPathOf, pathOf, type SessionState, type Transfer } from '../state.ts';
import type { Commands } from './command.ts';

/** What goes over a data connection. */
export const transferCommands: Commands = {
  LIST: {
    needs: 'data',
    argument: 'any',
    run: (state, transfer, argument) =>
      list(state, transfer, withoutSwitches(argument), {
        form: 'long',
        now: state.service.parts.clock.now(),
      }),
  },
  NLST: {
    needs: 'data',
    argument: 'any',
    run: (state, transfer, argument) =>
      list(state, transfer, withoutSwitches(argument), { form: 'names' }),
  },
  MLSD: {
    needs: 'data',
    argument: 'any',
    run: (state, transfer, argument) =>
      list(state, transfer, argument, { form: 'facts', facts: transfer.visit.facts }),
  },
  RETR: { needs: 'data', argument: 'some', run: retrieve },
  STOR: {
    needs: 'data',
    argument: 'some',
    run: (state, transfer, argument) => store(state, transfer, argument, () => transfer.from),
  },
  APPE: {
    needs: 'data',
    argument: 'some',
    run: (state, transfer, argument) =>
      store(state, transfer, argument, (present) => present?.size ?? 0),
  },
};

/** Clients send those of `ls`, as in LIST -la. */
function withoutSwitches(argument: string): string {
  return argument.replace(/^(?:-[a-zA-Z]+(?: +|$))+/, '');
}

async function list(
  state: SessionState,
  transfer: Transfer,
  argument: string,
  how: ListingForm,
): Promise<Reply> {
  const { account } = transfer.visit;
  const path = pathOf(state, transfer.visit, argument);
  const entry = await account.stat(path);
  if (entry === undefined) return replies.absent;
  // RFC 3659 section 7.2: MLSD is of folders only.
  if (entry.kind === 'file' && how.form === 'facts') return replies.argument;
  const entries = entry.kind === 'file' ? [entry] : await account.list(path);
  const data = await (await transfer.connected()).begin();
  data.beginSending();
  for (const part of inParts(listingLines(entries, how))) await data.send(part);
  await data.finish();
  return replies.done;
}

async function retrieve(state: SessionState, transfer: Transfer, name: string): Promise<Reply> {
  const path = namedPathOf(state, transfer.visit, name);
  const source = await transfer.visit.account.read(path, transfer.from);
  // It may fail before anybody reads it.
  source.on('error', () => undefined);
  try {
    const data = await (await transfer.connected()).begin();
    data.beginSending();
    for await (const octets of source as AsyncIterable<Buffer>) await data.send(octets);
    await data.finish();
  } finally {
    source.destroy();
  }
  return replies.done;
}

async function store(
  state: SessionState,
  transfer: Transfer,
  name: string,
  startOf: (present: FtpEntry | undefined) => number,
): Promise<Reply> {
  const { account } = transfer.visit;
  const path = namedPathOf(state, transfer.visit, name);
  const present = await account.stat(path);
  if (present?.kind === 'folder') throw new Refused(replies.name);
  // Before the file is touched: without a connection it stays what it was.
  const connected = await transfer.connected();
  const upload = await account.write(path, startOf(present));
  let isWhole = false;
  try {
    const data = await connected.begin();
    for await (const octets of data.received()) await upload.write(octets);
    isWhole = true;
  } finally {
    if (!isWhole) await upload.abort();
  }
  await upload.finish();
  return replies.done;
}
