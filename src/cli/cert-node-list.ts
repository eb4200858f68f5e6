import { systemClock } from '../clock.ts';
import { isTokenUri } from '../config/key.ts';
import { listNodeKeys } from '../participants/node-keys.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { readPemPair } from '../pki/keystore.ts';
import { type KeyState, type Purpose, stateOf } from '../pki/signing-key.ts';
import { always, type Window } from '../pki/window.ts';
import { columns } from './columns.ts';
import { openForCli } from './open.ts';
import { type ExitCode, print } from './run.ts';

/** What `cert list --node --json` prints of each key. */
export interface ListedKey {
  /** Of the public key; null for a key that the configuration names by its files. */
  readonly id: string | null;
  readonly kind: string;
  /** What it signs. */
  readonly purpose: Purpose;
  /** 'waiting' until its certificate has come. */
  readonly state: KeyState | 'waiting';
  /** Of the certificate. */
  readonly fingerprint: string | null;
  readonly subject: string | null;
  readonly notAfter: string | null;
  /** From when until when it signs; null for no bound. */
  readonly from: string | null;
  readonly until: string | null;
  readonly place: 'file' | 'database' | 'token' | 'erased';
}

interface Found {
  readonly id: string | null;
  readonly purpose: Purpose;
  readonly certificate: Certificate;
  /** undefined until it is told to sign. */
  readonly window: Window | undefined;
  readonly place: ListedKey['place'];
}

/** `cert list --node`: the signing keys of the node, with what becomes of each. */
export async function listNode(json: true | undefined): Promise<ExitCode> {
  const { database, keys: files } = await openForCli();
  try {
    const stored = await listNodeKeys(database.kysely);
    const ofFiles = files.map(
      (pair): Found => ({
        ...{
          id: null,
          purpose: 'messages',
          window: always,
          place: isTokenUri(pair.key) ? 'token' : 'file',
        },
        certificate: readCertificate(readPemPair(pair).certificate),
      }),
    );
    const ofDatabase = stored.flatMap(({ id, purpose, certificate, window, half }): Found[] => {
      const place = half?.place ?? 'erased';
      return certificate === undefined ? [] : [{ id, purpose, certificate, window, place }];
    });
    const waiting = stored.filter(({ certificate }) => certificate === undefined);
    const listed = [
      ...listedKeys([...ofFiles, ...ofDatabase], systemClock.now()),
      ...waiting.map(({ id, kind, purpose, half }) => ({
        ...{ ...nothing, id, kind, purpose, state: 'waiting' as const },
        place: half?.place ?? ('erased' as const),
      })),
    ];
    print(json, listed, () => table(listed));
    return 0;
  } finally {
    await database.close();
  }
}

const nothing = { fingerprint: null, subject: null, notAfter: null, from: null, until: null };

function listedKeys(found: readonly Found[], now: number): ListedKey[] {
  const dated = found.filter(isDated);
  return found.map((each) => {
    const { id, purpose, certificate, window, place } = each;
    const { fingerprint, subject, keyKind: kind, notAfter } = certificate;
    const state = isDated(each) ? stateOf(each, dated, now) : 'next';
    const bounds = { from: isoOf(window?.from), until: isoOf(window?.until) };
    return {
      ...{ id, kind, purpose, state, fingerprint, subject, place, ...bounds },
      notAfter: new Date(notAfter).toISOString(),
    };
  });
}

function isDated(found: Found): found is Found & { readonly window: Window } {
  return found.window !== undefined;
}

function isoOf(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : new Date(at).toISOString();
}

const states = {
  waiting: 'ждёт сертификата / waits for its certificate',
  next: 'следующий / next',
  active: 'подписывает / active',
  retiring: 'наготове / retiring',
  retired: 'снят / retired',
} as const;

function table(listed: readonly ListedKey[]): string {
  return columns([
    [
      ...[
        'вид / kind',
        'для / for',
        'состояние / state',
        'с / from',
        'до / until',
        'срок / expires',
      ],
      ...['отпечаток / fingerprint', 'где / place', 'владелец / subject'],
    ],
    ...listed.map((each) => [
      ...[each.kind, each.purpose, states[each.state], minute(each.from), minute(each.until)],
      each.notAfter?.slice(0, 10) ?? '',
      (each.fingerprint ?? each.id ?? '').slice(0, 16),
      each.place,
      each.subject ?? '',
    ]),
  ]);
}

function minute(iso: string | null): string {
  return iso === null ? '' : `${iso.slice(0, 16)}Z`;
}
