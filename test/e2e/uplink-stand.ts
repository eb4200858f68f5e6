import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { StoredCall } from '../../src/smev/file-texts.ts';
import { freshMessageId, textAt } from '../harness/client.ts';
import { birthNamespace } from '../harness/content.ts';
import { sha256 } from '../harness/files.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';
import { curl, downloadWords, storedCall, uploadWords } from '../harness/store-client.ts';

const certs = join(checkout, 'certs.example');

/** Of what a message below may have beside it; an agency's answer of more goes by the store. */
export const attachedMax = 200_000;

// A check of files that waits while its gate is shut.
const gate =
  ': >"$1/reached"; n=0; while [ ! -e "$1/go" ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done; cat >/dev/null';

/**
 * Two nodes: the upper one with its file store, and the lower one, whose uplink serves the upper's
 * requests for birth records out of a folder.
 */
export class UplinkStand {
  readonly #folder: string;
  readonly #remove: () => Promise<void>;
  #upper: NodeProcess | undefined;
  #lower: NodeProcess | undefined;

  private constructor(folder: string, remove: () => Promise<void>) {
    this.#folder = folder;
    this.#remove = remove;
  }

  static async begin(): Promise<UplinkStand> {
    const { path, remove } = await temporaryFolder();
    const stand = new UplinkStand(path, remove);
    for (const side of ['upper', 'lower'] as const) {
      await mkdir(stand.#at(`gate-${side}`));
      await stand.openGate(side);
    }
    await mkdir(stand.#at('exchange'));
    await writeFile(stand.#at('user'), 'agency-b\n');
    await writeFile(stand.#at('password'), 'agency-b-files\n');
    const config = await stand.#write('upper.yaml', {
      ...stand.#common('upper'),
      attachments: { check: stand.#check('upper'), ftp: { listen: '127.0.0.1:0' } },
    });
    stand.#upper = await startNode(stand.#at('upper'), { MEZHVED_CONFIG: config });
    await stand.startLower();
    await stand.#declare();
    return stand;
  }

  get upper(): NodeProcess {
    if (this.#upper === undefined) throw new Error('not begun');
    return this.#upper;
  }

  get lower(): NodeProcess {
    if (this.#lower === undefined) throw new Error('not begun');
    return this.#lower;
  }

  async startLower({ fileStore = true } = {}): Promise<void> {
    const [userFile, passwordFile] = [this.#at('user'), this.#at('password')];
    const uplink = {
      id: 'upper',
      url: `${this.upper.url}/smev/v1.2/ws`,
      key: join(certs, 'agency-b.key.pem'),
      certificate: join(certs, 'agency-b.crt.pem'),
      trust: join(certs, 'node.crt.pem'),
      localKey: join(certs, 'agency-a.key.pem'),
      localCertificate: join(certs, 'agency-a.crt.pem'),
      types: [{ namespace: birthNamespace, requestRoot: 'BirthRecordRequest' }],
      pollMs: 100,
      ...(fileStore ? { fileStore: { url: this.upper.storeUrl, userFile, passwordFile } } : {}),
    };
    const config = await this.#write('lower.yaml', {
      ...this.#common('lower'),
      attachments: { check: this.#check('lower'), totalBytesMax: attachedMax },
      uplinks: [uplink],
    });
    this.#lower = await startNode(this.#at('lower'), { MEZHVED_CONFIG: config });
  }

  async end(): Promise<void> {
    await Promise.all([this.openGate('upper'), this.openGate('lower')]);
    await Promise.all([this.#lower?.stop(), this.#upper?.stop()]);
    await this.#remove();
  }

  async openGate(side: 'upper' | 'lower'): Promise<void> {
    await writeFile(this.#at(`gate-${side}`, 'go'), '');
  }

  /** Holds what is being accepted there at the check of its files; resolves when something is. */
  async shutGate(side: 'upper' | 'lower'): Promise<{ readonly reached: () => Promise<void> }> {
    await rm(this.#at(`gate-${side}`, 'go'), { force: true });
    await rm(this.#at(`gate-${side}`, 'reached'), { force: true });
    const isReached = async () =>
      (await readdir(this.#at(`gate-${side}`))).includes('reached') ? true : undefined;
    return { reached: async () => void (await this.until(isReached)) };
  }

  /** Uploads into the sender's account above. */
  async upload(octets: Buffer, name: string): Promise<StoredCall> {
    const uuid = freshMessageId();
    const file = this.#at(`${uuid}.up`);
    await writeFile(file, octets);
    await curl(...uploadWords(this.upper.storeUrl, 'agency-a', file, { uuid, name }));
    return { ...storedCall('agency-a', 'gost', octets, uuid), fileName: name };
  }

  /** The one file of the store that an answer above gives access to. */
  async download(text: string): Promise<{ readonly name: string; readonly octets: Buffer }> {
    const path = ['ResponseMessage', 'Response', 'FSAttachmentsList', 'FSAttachment'];
    const at = (name: string) => textAt(text, ...path, name) ?? '';
    const access = { user: at('UserName'), password: at('Password'), uuid: at('uuid') };
    const file = this.#at(`${access.uuid}.down`);
    const name = at('FileName');
    await curl(...downloadWords(this.upper.storeUrl, { ...access, name }, file));
    return { name, octets: await readFile(file) };
  }

  /** The request as the folder agency finds it, with its files by their names in the message. */
  async atAgency(messageId: string) {
    const read = () =>
      readFile(this.#at('exchange', 'out', `${messageId}.xml`)).catch(() => undefined);
    await this.until(read);
    const told = await readFile(this.#at('exchange', 'out', `${messageId}.json`), 'utf8');
    const files = new Map<string, { readonly path: string; readonly signature: string }>();
    for (const { name, file, signature } of JSON.parse(told).files ?? []) {
      const at = (each: string) => this.#at('exchange', 'out', messageId, each);
      files.set(name, { path: at(file), signature: at(signature) });
    }
    return files;
  }

  /** How many requests the agency has had. */
  async requests(): Promise<string[]> {
    const names = await readdir(this.#at('exchange', 'out')).catch(() => []);
    const archived = await readdir(this.#at('exchange', 'archive'), { recursive: true }).catch(
      () => [],
    );
    const waiting = names.filter((name) => name.endsWith('.xml'));
    return [...waiting, ...archived.filter((name) => name.endsWith('.request.xml'))];
  }

  /** Answers as the agency. */
  async answer(messageId: string, content: string, files: Readonly<Record<string, Uint8Array>>) {
    const folder = this.#at('exchange', 'in');
    await mkdir(join(folder, `.${messageId}`), { recursive: true });
    for (const [name, octets] of Object.entries(files)) {
      await writeFile(join(folder, `.${messageId}`, name), octets);
    }
    await rename(join(folder, `.${messageId}`), join(folder, messageId));
    await writeFile(join(folder, `.${messageId}.xml`), content);
    await rename(join(folder, `.${messageId}.xml`), join(folder, `${messageId}.xml`));
  }

  /** Alters a file that a message above came with, where it is kept. */
  async spoil(octets: Buffer): Promise<void> {
    const kept = this.#at('upper', 'files', 'kept');
    for (const name of await readdir(kept, { recursive: true })) {
      const found = await readFile(join(kept, name)).catch(() => undefined);
      if (found === undefined || sha256(found) !== sha256(octets)) continue;
      found[0] = (found[0] ?? 0) ^ 1;
      await writeFile(join(kept, name), found);
      return;
    }
    throw new Error('it is not kept there');
  }

  /** Nothing arrives, is uploaded or being written, on neither node. */
  async expectNoLeftovers(): Promise<void> {
    let left: string[] = [];
    for (let n = 0; n < 50; n += 1) {
      left = (await Promise.all(['upper', 'lower'].map((side) => this.#leftIn(side)))).flat();
      if (left.length === 0) return;
      await wait(100);
    }
    expect(left).to.deep.equal([]);
  }

  async until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (let n = 0; n < 600; n += 1) {
      const found = await look();
      if (found !== undefined) return found;
      await wait(50);
    }
    throw new Error(`it did not come:\n${this.upper.output()}\n${this.lower.output()}`);
  }

  async #leftIn(side: string): Promise<string[]> {
    const list = async (...place: string[]) =>
      (await readdir(this.#at(side, 'files', ...place)).catch(() => [])).map((name) =>
        join(...place, name),
      );
    const accounts = [...(await list('uploads')), ...(await list('writing'))];
    const folders = await Promise.all(accounts.map((account) => list(account)));
    return [...(await list('new')), ...folders.flat()].map((path) => join(side, path));
  }

  async #declare(): Promise<void> {
    const type = {
      kind: 'messageType',
      id: 'birth-record',
      name: 'Сведения о рождении (испытание)',
      versions: [
        {
          namespace: birthNamespace,
          requestRoot: 'BirthRecordRequest',
          responseRoot: 'BirthRecordResponse',
          schemas: [join(checkout, 'config/sandbox/schemas/birth-record-1.0.0.xsd')],
        },
      ],
      senders: ['agency-a'],
      providers: ['agency-b'],
      route: { kind: 'directory', folder: this.#at('exchange'), pollMs: 100 },
    };
    const { code, stderr } = await mezhved(
      ['apply', await this.#write('birth-record.yaml', type)],
      this.lower.env,
    );
    expect(code, stderr).to.equal(0);
    await this.until(async () => this.lower.output().includes('taken up') || undefined);
  }

  #common(side: string) {
    return { node: { id: side }, compute: { threads: 1 }, limits: { leaseMs: 1200 } };
  }

  #check(side: string) {
    return { command: ['sh', '-c', gate, 'sh', this.#at(`gate-${side}`)] };
  }

  async #write(name: string, tree: object): Promise<string> {
    const file = this.#at(name);
    await writeFile(file, stringify(tree));
    return file;
  }

  #at(...names: string[]): string {
    return join(this.#folder, ...names);
  }
}
