import { systemClock } from '../clock.ts';
import type { Config } from '../config/table.ts';
import { listNodeKeys, type PrivateHalf, type StoredKey } from '../participants/node-keys.ts';
import { pemOf } from '../pki/asn1.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { exampleKeyProblem } from '../pki/examples.ts';
import { issuingKeyFromPem } from '../pki/issuing-key.ts';
import { readNodePassphrase, readSealedPair } from '../pki/keystore.ts';
import { openKey } from '../pki/sealed-key.ts';
import { activeOf, keysFor, type SigningKey } from '../pki/signing-key.ts';
import { always } from '../pki/window.ts';
import type { Database } from '../store/database.ts';
import type { TokenKeeper } from '../token/keeper.ts';
import { proveKeys } from './token.ts';

/** What is being signed at the moment that a key ends may need it for as long as this. */
const inUseMs = 600_000;

interface Parts {
  readonly database: Database;
  /** Where keys of the node are in one. */
  readonly token: TokenKeeper | undefined;
  readonly passphrase: string | undefined;
  readonly ofFiles: readonly SigningKey[];
}

/** The keys that a node signs with: those of its configuration, and those of its database. */
export class SigningKeys {
  readonly #profile: Config['profile'];
  readonly #database: Database;
  readonly #token: TokenKeeper | undefined;
  readonly #passphrase: string | undefined;
  readonly #ofFiles: readonly SigningKey[];
  /** PEM of those that were opened, by their id: it takes a third of a second each. */
  readonly #opened = new Map<string, string>();
  readonly #fingerprints = new Set<string>();

  /** @throws Error with a plain sentence that names a file */
  static async open(
    config: Config,
    database: Database,
    token: TokenKeeper | undefined,
  ): Promise<SigningKeys> {
    const passphrase = readNodePassphrase(config.profile, config.node);
    const ofFiles = await keysOfFiles(config, passphrase);
    return new SigningKeys(config, { database, token, passphrase, ofFiles });
  }

  private constructor({ profile }: Config, { database, token, passphrase, ofFiles }: Parts) {
    this.#profile = profile;
    this.#database = database;
    this.#token = token;
    this.#passphrase = passphrase;
    this.#ofFiles = ofFiles;
  }

  /** Certificates of all that read() gave last: who the node is to itself. */
  get fingerprints(): ReadonlySet<string> {
    return this.#fingerprints;
  }

  /**
   * The keys as the database has them now, and those of the configuration before them.
   *
   * @throws Error with a plain sentence where one cannot be opened, or none signs
   */
  async read(): Promise<readonly SigningKey[]> {
    const now = systemClock.now();
    const keys = [...this.#ofFiles];
    for (const stored of await listNodeKeys(this.#database.kysely)) {
      const { certificate, half, window, purpose } = stored;
      const isOver = window === undefined || (window.until ?? now) + inUseMs < now;
      if (certificate === undefined || half === undefined || isOver) continue;
      const key = await this.#open(stored.id, half, certificate);
      keys.push({ key, purpose, certificate: pemOf(certificate.der, 'CERTIFICATE'), window });
    }
    await proveKeys(keys, this.#token);
    const dated = keys.map((each) => ({ ...each, certificate: readCertificate(each.certificate) }));
    if (keysFor(activeOf(dated, now), 'messages').length === 0) throw new Error(nothingSigns);
    this.#fingerprints.clear();
    for (const { certificate } of dated) this.#fingerprints.add(certificate.fingerprint);
    return keys;
  }

  /** @returns PEM, or the URI of a key that stays in its token */
  async #open(id: StoredKey['id'], half: PrivateHalf, certificate: Certificate): Promise<string> {
    if (half.place === 'token') return half.uri;
    const known = this.#opened.get(id);
    if (known !== undefined) return known;
    const which = `${certificate.subject} (${certificate.fingerprint.slice(0, 16)}…)`;
    if (this.#passphrase === undefined) {
      throw new Error(
        `ключ узла в базе запечатан, а node.passphraseFile не задан / a key of the node in the database is sealed, and node.passphraseFile is not set: ${which}`,
      );
    }
    const problem = exampleKeyProblem(this.#profile, certificate.x509.toString());
    if (problem !== undefined) throw new Error(`${which}: ${problem}`);
    const opened = await openKey(half.sealed, this.#passphrase).catch(() => {
      throw new Error(
        `пароль из node.passphraseFile не открывает ключ узла в базе / the passphrase of node.passphraseFile does not open a key of the node in the database: ${which}`,
      );
    });
    const pem = pemOf(opened, 'PRIVATE KEY');
    issuingKeyFromPem(pem, certificate);
    this.#opened.set(id, pem);
    return pem;
  }
}

const nothingSigns =
  'узлу нечем подписывать: нет ключа ни в node.keys, ни в базе (cert import --node, cert rotate --node) / ' +
  'the node has no key to sign with: neither in node.keys nor in the database (cert import --node, cert rotate --node)';

async function keysOfFiles(
  { node, profile }: Config,
  passphrase: string | undefined,
): Promise<SigningKey[]> {
  const keys: SigningKey[] = [];
  for (const files of node.keys) {
    const pair = await readSealedPair(files, passphrase);
    const problem = exampleKeyProblem(profile, pair.certificate);
    if (problem !== undefined) throw new Error(`${files.certificate}: ${problem}`);
    keys.push({ ...pair, purpose: 'messages', window: always });
  }
  return keys;
}
