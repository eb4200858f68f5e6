import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Client } from 'basic-ftp';
import { password, user } from './folder-host.ts';

/** Where a client goes. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** A file with the certificate that is trusted, where TLS is meant. */
  readonly ca: string | undefined;
}

/** A foreign client: each method ends when the client says that it went well. */
export interface ForeignClient {
  readonly name: string;
  /** Why it is not here. */
  readonly missing: string | undefined;
  /** The folder of the remote path exists. */
  upload(place: Place, local: string, remote: string): Promise<void>;
  /** Goes on where the remote file ends. */
  resumeUpload(place: Place, local: string, remote: string): Promise<void>;
  download(place: Place, remote: string, local: string): Promise<void>;
  /** Goes on where the local file ends. */
  resumeDownload(place: Place, remote: string, local: string): Promise<void>;
}

const curl: ForeignClient = {
  name: 'curl',
  missing: missing('curl', 'curl'),
  upload: (place, local, remote) => runCurl(place, remote, '-T', local),
  resumeUpload: (place, local, remote) => runCurl(place, remote, '-C', '-', '-T', local),
  download: (place, remote, local) => runCurl(place, remote, '-o', local),
  resumeDownload: (place, remote, local) => runCurl(place, remote, '-C', '-', '-o', local),
};

function runCurl({ host, port, ca }: Place, remote: string, ...words: string[]): Promise<void> {
  const tls = ca === undefined ? [] : ['--ssl-reqd', '--cacert', ca];
  const address = host.includes(':') ? `[${host}]` : host;
  const url = `ftp://${address}:${port}/${remote}`;
  return run('curl', ['-sS', '-g', '--fail', ...tls, '-u', `${user}:${password}`, ...words, url]);
}

const lftp: ForeignClient = {
  name: 'lftp',
  missing: missing('lftp', 'lftp'),
  upload: (place, local, remote) => runLftp(place, `put ${local} -o ${remote}`),
  resumeUpload: (place, local, remote) => runLftp(place, `put -c ${local} -o ${remote}`),
  download: (place, remote, local) => runLftp(place, `get ${remote} -o ${local}`),
  resumeDownload: (place, remote, local) => runLftp(place, `get -c ${remote} -o ${local}`),
};

function runLftp({ host, port, ca }: Place, command: string): Promise<void> {
  const tls =
    ca === undefined
      ? 'set ftp:ssl-allow no'
      : `set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:ca-file ${ca}`;
  const address = host.includes(':') ? `[${host}]` : host;
  const words = `set cmd:fail-exit yes; set net:max-retries 1; ${tls}; open -p ${port} -u ${user},"${password}" ftp://${address}; ${command}; bye`;
  return run('lftp', ['--norc', '-c', words]);
}

const script = `
import ftplib, os, ssl, sys
what, host, port, ca, user, password, local, remote = sys.argv[1:]
if ca == '':
    ftp = ftplib.FTP()
else:
    ftp = ftplib.FTP_TLS(context=ssl.create_default_context(cafile=ca))
ftp.connect(host, int(port))
ftp.login(user, password)
if ca != '':
    ftp.prot_p()
ftp.voidcmd('TYPE I')
folder, name = os.path.split(remote)
ftp.cwd('/' + folder)
assert ftp.pwd() == '/' + folder
if what == 'upload':
    with open(local, 'rb') as file: ftp.storbinary('STOR ' + name, file)
elif what == 'resume-upload':
    with open(local, 'rb') as file:
        at = ftp.size(name)
        file.seek(at)
        ftp.storbinary('STOR ' + name, file, rest=at)
elif what == 'download':
    with open(local, 'wb') as file: ftp.retrbinary('RETR ' + name, file.write)
elif what == 'resume-download':
    with open(local, 'ab') as file: ftp.retrbinary('RETR ' + name, file.write, rest=file.tell())
elif what == 'abort':
    with ftp.transfercmd('RETR ' + name) as data:
        data.recv(1000)
        print(ftp.abort())
        data.close()
    print(ftp.voidresp())
    print(ftp.sendcmd('NOOP'))
elif what == 'list':
    names = [found for found, facts in ftp.mlsd() if facts['type'] == 'file']
    assert names == ftp.nlst() == [name], names
    lines = []
    ftp.retrlines('LIST', lines.append)
    assert len(lines) == 1 and lines[0].endswith(' ' + name), lines
ftp.quit()
`;

const python: ForeignClient = {
  name: 'ftplib',
  missing: missing('python3', 'python3'),
  upload: (place, local, remote) => runPython('upload', place, local, remote),
  resumeUpload: (place, local, remote) => runPython('resume-upload', place, local, remote),
  download: (place, remote, local) => runPython('download', place, local, remote),
  resumeDownload: (place, remote, local) => runPython('resume-download', place, local, remote),
};

/** @param what one of the script's */
export async function runPython(
  what: string,
  { host, port, ca = '' }: Place,
  local: string,
  remote: string,
): Promise<void> {
  await run('python3', [
    ...['-c', script, what, host, `${port}`, ca, user, password, local, remote],
  ]);
}

const basicFtp: ForeignClient = {
  name: 'basic-ftp',
  missing: undefined,
  upload: (place, local, remote) =>
    withBasicFtp(place, async (client) => {
      await client.uploadFrom(local, remote);
    }),
  resumeUpload: (place, local, remote) =>
    withBasicFtp(place, async (client) => {
      const start = await client.size(remote);
      await client.appendFrom(createReadStream(local, { start }), remote);
    }),
  download: (place, remote, local) =>
    withBasicFtp(place, async (client) => {
      await client.downloadTo(local, remote);
    }),
  resumeDownload: (place, remote, local) =>
    withBasicFtp(place, async (client) => {
      const { size } = await stat(local);
      await client.downloadTo(createWriteStream(local, { flags: 'a' }), remote, size);
    }),
};

async function withBasicFtp(
  { host, port, ca }: Place,
  doing: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client(20_000);
  try {
    const secure =
      ca === undefined ? {} : { secure: true, secureOptions: { ca: readFileSync(ca) } };
    await client.access({ host, port, user, password, ...secure });
    await doing(client);
  } finally {
    client.close();
  }
}

export const foreignClients: readonly ForeignClient[] = [curl, lftp, python, basicFtp];

/** curl, for those who kill it. */
export function startCurlUpload(
  { host, port }: Place,
  local: string,
  remote: string,
): ChildProcess {
  const url = `ftp://${host}:${port}/${remote}`;
  const words = ['-sS', '--limit-rate', '200k', '-u', `${user}:${password}`, '-T', local, url];
  return spawn('curl', words, { stdio: 'ignore' });
}

function missing(program: string, debian: string): string | undefined {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return error === undefined ? undefined : `install the Debian package ${debian}`;
}

function run(program: string, words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (octets: Buffer) => {
        text += octets.toString();
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${code}: ${text}`));
    });
  });
}
