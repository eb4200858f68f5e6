import { type Readable, Writable } from 'node:stream';
import { Client, FTPError } from 'basic-ftp';
import { StoreAway } from '../attachments/file-store.ts';
import { ConnectorFailure } from './failure.ts';

/** A file store and as whom it is entered. */
export interface FtpPlace {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Explicit TLS; the authorities in PEM where they are not the system's. */
  readonly tls: { readonly ca: string | undefined } | undefined;
  /** How long a silent connection is waited for. */
  readonly silentMs: number;
}

/** A file in a folder named by its UUID. */
export interface FtpPath {
  readonly uuid: string;
  readonly fileName: string;
}

/** Where downloaded octets go; `at` is how many are there. */
export interface FtpSink {
  at(): number;
  write(chunk: Uint8Array): Promise<void>;
}

/** Connections that one transfer may take: it goes on where the one before broke. */
const connectionsMax = 4;

/**
 * Uploads a file, or what is missing of it: an attempt before may have broken.
 *
 * @throws ConnectorFailure
 */
export async function uploadFile(
  place: FtpPlace,
  path: FtpPath,
  file: { readonly size: number; open(from: number): Promise<Readable> },
  signal: AbortSignal,
): Promise<void> {
  const [uuid, remote] = [checked(path.uuid), pathOf(path)];
  await connected(place, signal, async (client) => {
    await client.send(`MKD ${uuid}`).catch(unlessRefused);
    const there = (await client.size(remote).catch(unlessRefused)) ?? 0;
    if (there === file.size && there > 0) return;
    const resumed = there > 0 && there < file.size;
    const octets = await file.open(resumed ? there : 0);
    await (resumed ? client.appendFrom(octets, remote) : client.uploadFrom(octets, remote));
  });
}

/**
 * Downloads a file, over several connections where they break.
 *
 * @throws ConnectorFailure, AGENCY_ERROR where the file is not there; what the sink throws
 */
export async function downloadFile(
  place: FtpPlace,
  path: FtpPath,
  sink: FtpSink,
  signal: AbortSignal,
): Promise<void> {
  const remote = pathOf(path);
  for (let connection = 1; ; connection += 1) {
    const to = new SinkStream(sink);
    try {
      await connected(place, signal, (client) => client.downloadTo(to, remote, sink.at()));
      return;
    } catch (error) {
      if (to.thrown !== undefined) throw to.thrown;
      const broke = error instanceof ConnectorFailure && error.code === 'UNREACHABLE';
      if (!broke || connection >= connectionsMax || signal.aborted) throw error;
    }
  }
}

class SinkStream extends Writable {
  thrown: unknown;
  readonly #sink: FtpSink;

  constructor(sink: FtpSink) {
    super();
    this.#sink = sink;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#sink.write(chunk).then(
      () => done(),
      (error: Error) => {
        this.thrown = error;
        done(error);
      },
    );
  }
}

async function connected<T>(
  { host, port, user, password, tls, silentMs }: FtpPlace,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client(silentMs);
  const stop = () => client.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const secure = tls !== undefined;
    const secureOptions = tls?.ca === undefined ? {} : { ca: tls.ca };
    await client.access({ host, port, user, password, secure, secureOptions });
    return await work(client);
  } catch (error) {
    throw failureOf(error, `ftp://${host}:${port}`);
  } finally {
    signal.removeEventListener('abort', stop);
    client.close();
  }
}

/** What stands already, or is not there yet (RFC 959 §4.2.2). */
function unlessRefused(error: unknown): undefined {
  if (error instanceof FTPError && (error.code === 550 || error.code === 521)) return undefined;
  throw error;
}

function failureOf(error: unknown, place: string): ConnectorFailure {
  if (error instanceof ConnectorFailure) return error;
  if (error instanceof StoreAway) return new ConnectorFailure('NODE_ERROR', error.message);
  // Its text may hold what the server said, and that a name or more.
  if (!(error instanceof FTPError)) {
    return new ConnectorFailure('UNREACHABLE', `${place}: the connection broke`);
  }
  const { code } = error;
  const why = `${place}: ${code}`;
  if (code === 530) return new ConnectorFailure('REFUSED', `${why}, the login was refused`);
  if (code === 550) return new ConnectorFailure('AGENCY_ERROR', `${why}, the file is not there`);
  if (code === 425 || code === 426 || code === 451) return new ConnectorFailure('UNREACHABLE', why);
  if (code < 500 || code === 552) return new ConnectorFailure('BUSY', why);
  return new ConnectorFailure('AGENCY_ERROR', why);
}

function pathOf({ uuid, fileName }: FtpPath): string {
  return `${checked(uuid)}/${checked(fileName)}`;
}

/** A name on its way into a command: it ends no line and leads nowhere else. */
function checked(name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\\p{Cc}]/u.test(name)) return name;
  throw new ConnectorFailure('ANSWER_BROKEN', 'the name of a file will not do');
}
