import type { Kysely, Transaction } from 'kysely';
import { newEntryId } from '../journal/entry.ts';
import type { CommitScope } from '../journal/writer.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import type { SigningKind } from '../pki/signature-algorithms.ts';
import { type Purpose, slotOf } from '../pki/signing-key.ts';
import { type Window, windowWords } from '../pki/window.ts';
import type { Tables } from '../store/tables.ts';
import { type ApplyContext, ApplyRefused, lockRevision, raiseRevision } from './apply.ts';
import { endedBy } from './turns.ts';
import { columnsOf, windowOf } from './windowed.ts';

/** Where the private half of a key is. */
export type PrivateHalf =
  /** EncryptedPrivateKeyInfo */
  | { readonly place: 'database'; readonly sealed: Uint8Array }
  /** A URI of RFC 7512. */
  | { readonly place: 'token'; readonly uri: string };

/** A signing key of the node as the database has it. */
export interface StoredKey {
  /** SHA-256 of its public key, lower-case hex. */
  readonly id: string;
  readonly kind: SigningKind;
  /** What it signs. */
  readonly purpose: Purpose;
  /** undefined until it has come. */
  readonly certificate: Certificate | undefined;
  /** undefined once it was erased. */
  readonly half: PrivateHalf | undefined;
  /** When it may sign; undefined until it is told to. */
  readonly window: Window | undefined;
  /** ms UTC */
  readonly madeAt: number;
}

/** All signing keys that the database has, those that begin first before others. */
export async function listNodeKeys(db: Kysely<Tables>): Promise<StoredKey[]> {
  const rows = await db
    .selectFrom('node_key')
    .selectAll()
    .orderBy('from_at')
    .orderBy('made_at')
    .orderBy('id')
    .execute();
  return rows.map(({ id, kind, purpose, certificate, sealed, token, made_at, ...columns }) => ({
    id,
    kind: kind as SigningKind,
    purpose: purpose as Purpose,
    certificate: certificate === null ? undefined : readCertificate(certificate),
    half: halfOf(sealed, token),
    window: columns.from_at === null ? undefined : windowOf(columns),
    madeAt: made_at,
  }));
}

function halfOf(sealed: Uint8Array | null, uri: string | null): PrivateHalf | undefined {
  if (sealed !== null) return { place: 'database', sealed };
  return uri === null ? undefined : { place: 'token', uri };
}

/** A key that is new to the database. */
export interface NewKey extends Pick<StoredKey, 'id' | 'kind' | 'purpose' | 'certificate'> {
  readonly half: PrivateHalf;
}

/**
 * Keeps a new key. It signs nothing until rotateNodeKey tells it to.
 *
 * @throws ApplyRefused where it is here already
 */
export function addNodeKey(
  context: ApplyContext,
  { id, kind, purpose, certificate, half }: NewKey,
): Promise<void> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    const all = await listNodeKeys(scope.tx);
    if (all.some((each) => each.id === id)) {
      throw new ApplyRefused('этот ключ уже есть у узла / the node has this key already');
    }
    const made_at = context.now();
    const row = { id, kind, purpose, certificate: certificate?.der ?? null, made_at };
    const sealed = half.place === 'database' ? half.sealed : null;
    const token = half.place === 'token' ? half.uri : null;
    await scope.tx
      .insertInto('node_key')
      .values({ ...row, sealed, token, from_at: null, until_at: null })
      .execute();
    enter(context, scope, { id, purpose, certificate, window: undefined }, 'added');
    await raiseRevision(scope.tx);
  });
}

/**
 * Gives a key the certificate that it waits for.
 *
 * @param id of a key to which the certificate belongs
 * @throws ApplyRefused where it has one
 */
export function certifyNodeKey(
  context: ApplyContext,
  id: string,
  certificate: Certificate,
): Promise<void> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    const key = (await listNodeKeys(scope.tx)).find((each) => each.id === id);
    if (key === undefined) throw new ApplyRefused('нет такого ключа / there is no such key');
    if (key.certificate !== undefined) {
      throw new ApplyRefused(
        'у ключа уже есть сертификат; новому нужен новый ключ (cert csr --node) / ' +
          'the key has a certificate; a new one wants a new key (cert csr --node)',
      );
    }
    await update(scope.tx, id, { certificate: certificate.der });
    enter(context, scope, { ...key, certificate }, 'changed');
    await raiseRevision(scope.tx);
  });
}

/** Which key begins to sign, and when; times are ms UTC. */
export interface KeyRotation {
  /** The beginning of its id or of its certificate's fingerprint, of eight digits at least. */
  readonly named: string;
  readonly at: number;
  /** How long after that the keys before it are kept for a way back. */
  readonly overlapMs: number;
}

/** A key that another ends. */
export type ReplacedKey = StoredKey & { readonly window: Window };

/**
 * Lets a key sign from a moment on, on every node of the database, in place of those of its slot. One
 * that signed before may do so again: that is the way back.
 *
 * @returns the key as it was, and those that it ends as they are now
 * @throws ApplyRefused where none or several begin so, or it cannot sign
 */
export function rotateNodeKey(
  context: ApplyContext,
  { named, at, overlapMs }: KeyRotation,
): Promise<{ readonly key: StoredKey; readonly replaced: readonly ReplacedKey[] }> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    const all = await listNodeKeys(scope.tx);
    const key = oneNamed(all, named);
    if (key.certificate === undefined || key.half === undefined) {
      throw new ApplyRefused(
        'у ключа нет сертификата или закрытой части / the key has no certificate, or no private half',
      );
    }
    await turn(context, scope, key, { from: at, until: null });
    const slot = slotOf(key.purpose, key.kind);
    const others = all.filter(
      (each) => each.id !== key.id && slotOf(each.purpose, each.kind) === slot,
    );
    const turnAt = { at, overlapMs, now: context.now() };
    const replaced = endedBy(key.window, others, turnAt).map((each) => ({
      ...each.ended,
      window: each.window,
    }));
    for (const each of replaced) await turn(context, scope, each, each.window);
    await raiseRevision(scope.tx);
    return { key, replaced };
  });
}

/**
 * Lets a key sign until a moment and no longer.
 *
 * @param named as in KeyRotation
 * @param until ms UTC; now or before: it signs no more at once
 * @param erase its private half goes for good
 * @throws ApplyRefused where none or several begin so, or a private half is to go that may sign yet
 */
export function retireNodeKey(
  context: ApplyContext,
  named: string,
  until: number,
  erase: boolean,
): Promise<StoredKey> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    const key = oneNamed(await listNodeKeys(scope.tx), named);
    const ended = key.window?.until ?? null;
    if (ended !== null && ended < until && ended <= context.now()) {
      throw new ApplyRefused(
        'он уже не подписывает; вернуть: cert rotate --node / it signs no more; cert rotate --node brings it back',
      );
    }
    if (erase && until > context.now()) {
      throw new ApplyRefused('стереть можно то, что уже не подписывает / erase what signs no more');
    }
    // One that never began never will: a window that ends as it begins holds no time.
    await turn(context, scope, key, { from: startOf(key) ?? until, until });
    if (erase) await update(scope.tx, key.id, { sealed: null, token: null });
    await raiseRevision(scope.tx);
    return key;
  });
}

function startOf({ window }: StoredKey): number | null {
  return window?.from ?? null;
}

function oneNamed(all: readonly StoredKey[], named: string): StoredKey {
  const found = all.filter(
    ({ id, certificate }) => id.startsWith(named) || certificate?.fingerprint.startsWith(named),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1 && named.length >= 8) return only;
  throw new ApplyRefused(
    `ключей узла, что начинаются с ${named}: ${found.length} (нужен один, не короче 8 знаков) / ` +
      `keys of the node that begin so: ${found.length} (one is wanted, of 8 digits at least)`,
  );
}

async function turn(
  context: ApplyContext,
  scope: CommitScope,
  key: StoredKey,
  window: Window,
): Promise<void> {
  await update(scope.tx, key.id, columnsOf(window));
  enter(context, scope, { ...key, window }, 'changed');
}

async function update(
  tx: Transaction<Tables>,
  id: string,
  columns: Partial<Tables['node_key']>,
): Promise<void> {
  await tx.updateTable('node_key').set(columns).where('id', '=', id).execute();
}

function enter(
  { who, now, random }: ApplyContext,
  scope: CommitScope,
  {
    id,
    purpose,
    certificate,
    window,
  }: Pick<StoredKey, 'id' | 'purpose' | 'certificate' | 'window'>,
  change: 'added' | 'changed',
): void {
  const when = window === undefined ? '' : windowWords(window);
  scope.journal({
    id: newEntryId(now(), random(10)),
    at: now(),
    kind: 'configuration',
    verdict: 'good',
    ...(certificate && {
      certificate: certificate.fingerprint,
      content: scope.content(certificate.der),
    }),
    detail: { who, what: 'nodeKey', id, purpose, change, ...(when === '' ? {} : { when }) },
  });
}
