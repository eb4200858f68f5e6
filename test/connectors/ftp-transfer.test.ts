import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { downloadFile, type FtpPlace, uploadFile } from '../../src/connectors/ftp-transfer.ts';
import type { FtpAccount, FtpHost } from '../../src/ftp/host.ts';
import { FolderHost, password, user } from '../ftp/folder-host.ts';
import { TestServers } from '../ftp/servers.ts';
import { failureOf, never } from './agencies.ts';

/** A host whose reading breaks off after so many octets, so many times. */
class BreakingHost implements FtpHost {
  readonly #inner: FolderHost;
  readonly froms: number[] = [];
  breaks: number;
  readonly #after: number;

  constructor(inner: FolderHost, breaks: number, after: number) {
    this.#inner = inner;
    this.breaks = breaks;
    this.#after = after;
  }

  async login(name: string, secret: string): Promise<FtpAccount | undefined> {
    const account = await this.#inner.login(name, secret);
    if (account === undefined) return undefined;
    const read: FtpAccount['read'] = async (path, from) => {
      this.froms.push(from);
      const octets = await account.read(path, from);
      if (this.breaks <= 0) return octets;
      this.breaks -= 1;
      return Readable.from(broken(octets, this.#after));
    };
    return new Proxy(account, {
      get: (target, name_) => {
        if (name_ === 'read') return read;
        const member: unknown = Reflect.get(target, name_);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }
}

async function* broken(octets: Readable, after: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of octets as AsyncIterable<Buffer>) {
    const rest = chunk.subarray(0, after - size);
    size += rest.byteLength;
    yield rest;
    if (size >= after) throw new Error('the disk is gone');
  }
}

describe('transfers with the file store of an upstream', function () {
  this.timeout(60_000);
  const servers = new TestServers();
  afterEach(() => servers.end());
  const path = { uuid: '6a7f3c52-0000-11f1-8000-000000000001', fileName: 'дело № 1.bin' };
  const octets = randomBytes(700_000);

  async function start(breaks = 0) {
    const inner = new FolderHost(servers.folder());
    const host = new BreakingHost(inner, breaks, 200_000);
    const { port } = await servers.start({ host });
    const place: FtpPlace = {
      ...{ host: '127.0.0.1', port, user, password, tls: undefined, silentMs: 10_000 },
    };
    return { place, host, root: inner.root };
  }
  const file = {
    size: octets.byteLength,
    open: async (from: number) => Readable.from([octets.subarray(from)], { objectMode: false }),
  };
  function sink() {
    const chunks: Buffer[] = [];
    const all = () => Buffer.concat(chunks);
    const write = async (chunk: Uint8Array) => void chunks.push(Buffer.from(chunk));
    return { all, at: () => all().byteLength, write };
  }

  it('upload a file once, and what is missing of one that was cut off', async () => {
    const { place, root } = await start();
    const stands = () => readFile(join(root, path.uuid, path.fileName));
    await uploadFile(place, path, file, never);
    expect((await stands()).equals(octets)).to.equal(true);
    const froms: number[] = [];
    const noted = {
      ...file,
      open: (from: number) => {
        froms.push(from);
        return file.open(from);
      },
    };
    await uploadFile(place, path, noted, never);
    await writeFile(join(root, path.uuid, path.fileName), octets.subarray(0, 300_000));
    await uploadFile(place, path, noted, never);
    expect((await stands()).equals(octets)).to.equal(true);
    expect(froms).to.deep.equal([300_000]);
  });

  it('download a file over connections that break, each from where the one before ended', async () => {
    const { place, root, host } = await start(3);
    await mkdir(join(root, path.uuid));
    await writeFile(join(root, path.uuid, path.fileName), octets);
    const to = sink();
    await downloadFile(place, path, to, never);
    expect(to.all().equals(octets)).to.equal(true);
    expect(host.froms).to.deep.equal([0, 200_000, 400_000, 600_000]);
  });

  it('say what they failed at', async () => {
    const { place, root } = await start(10);
    await mkdir(join(root, path.uuid));
    const codeOf = async (work: Promise<unknown>) => (await failureOf(work)).code;
    expect(await codeOf(downloadFile(place, path, sink(), never))).to.equal('AGENCY_ERROR');
    const stranger = { ...place, password: 'wrong' };
    expect(await codeOf(downloadFile(stranger, path, sink(), never))).to.equal('REFUSED');
    const nobody = { ...place, port: 1 };
    expect(await codeOf(uploadFile(nobody, path, file, never))).to.equal('UNREACHABLE');
    await writeFile(join(root, path.uuid, path.fileName), Buffer.alloc(2_000_000));
    expect(await codeOf(downloadFile(place, path, sink(), never))).to.equal('UNREACHABLE');
    for (const fileName of ['a\r\nDELE b', '../b', '..', '']) {
      const leading = downloadFile(place, { ...path, fileName }, sink(), never);
      expect(await codeOf(leading), fileName).to.equal('ANSWER_BROKEN');
    }
  });
});
