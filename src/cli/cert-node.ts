import { systemClock } from '../clock.ts';
import { isTokenUri } from '../config/key.ts';
import {
  addNodeKey,
  certifyNodeKey,
  listNodeKeys,
  type PrivateHalf,
  retireNodeKey,
  rotateNodeKey,
  type StoredKey,
} from '../participants/node-keys.ts';
import { type Declared, readRegistry } from '../participants/registry.ts';
import { pemOf } from '../pki/asn1.ts';
import type { Certificate } from '../pki/certificate.ts';
import {
  type IssuingKey,
  isGostPair,
  isRsa,
  issuingKeyFromPem,
  keyId,
  privateKeyInfo,
} from '../pki/issuing-key.ts';
import { readNodePassphrase, readPassphraseFile, readSealedPair } from '../pki/keystore.ts';
import { readPkcs12 } from '../pki/pkcs12.ts';
import { openKey, sealKey } from '../pki/sealed-key.ts';
import type { SigningKind } from '../pki/signature-algorithms.ts';
import type { Purpose } from '../pki/signing-key.ts';
import { TokenKey } from '../pki/token-key.ts';
import { isWithin } from '../pki/window.ts';
import { carryOut, type PlanOptions } from './carry-out.ts';
import { readCertificateFile } from './certificate-file.ts';
import { keyNamed, provedInToken } from './check-token.ts';
import { endWords } from './end-words.ts';
import { type Operating, operateOrRefuse } from './operate.ts';
import { printCarriedOut } from './rehearsal.ts';
import { type ExitCode, print, UsageError } from './run.ts';

// `cert … --node`: the signing keys of the node, sealed in its database.

/** Keeps a new key until its certificate comes. @returns its id @throws UsageError, Error */
export function keepNodeKey(key: IssuingKey, purpose: Purpose): Promise<string> {
  return operateOrRefuse(async (context) => {
    const id = keyId(key);
    await addNodeKey(context, {
      id,
      kind: kindOf(key),
      purpose,
      certificate: undefined,
      half: await halfOf(context, key),
    });
    return id;
  });
}

function kindOf(key: IssuingKey): SigningKind {
  if (isGostPair(key)) return key.kind;
  return isRsa(key) ? 'rsa' : 'ec';
}

async function halfOf(context: Operating, key: IssuingKey): Promise<PrivateHalf> {
  if (key instanceof TokenKey) return { place: 'token', uri: key.uri };
  const sealed = await sealKey(privateKeyInfo(key), passphraseOf(context));
  return { place: 'database', sealed };
}

function passphraseOf({ config }: Operating): string {
  const passphrase = readNodePassphrase(config.profile, config.node);
  if (passphrase !== undefined) return passphrase;
  throw new UsageError(
    'ключи узла в базе запечатаны паролем: задайте node.passphraseFile / ' +
      'keys of the node in the database are sealed under a passphrase: set node.passphraseFile',
  );
}

/** What `cert import --node` is given. */
export interface NodeImport {
  /** PEM of the private key, or its URI in the token; else it is in the .p12, or waits in the database. */
  readonly key?: string;
  readonly passwordFile?: string;
  /** What a new key is to sign; one that waits was told when it was made. */
  readonly for?: Purpose;
  readonly json?: true;
}

/** `cert import --node`: a key with its certificate, or the certificate that a key waits for. */
export async function importNodeKey(file: string, options: NodeImport): Promise<ExitCode> {
  const [certificate] = readCertificateFile(file, options.passwordFile);
  checkUse(certificate, file);
  const id = await operateOrRefuse(async (context) => {
    const key = await givenKey(context, file, certificate, options);
    if (key === undefined) {
      if (options.for !== undefined) throw new UsageError(forWaiting);
      return certify(context, certificate);
    }
    await addNodeKey(context, {
      ...{ id: keyId(key), kind: kindOf(key), certificate, purpose: options.for ?? 'messages' },
      half: await halfOf(context, key),
    });
    return keyId(key);
  });
  const { fingerprint, subject } = certificate;
  print(options.json, { id, fingerprint, subject }, () =>
    [
      `Ключ узла готов / the key of the node is ready: ${subject}`,
      `  ${fingerprint}`,
      `  начнёт подписывать по команде / it begins to sign by: mezhved cert rotate --node ${fingerprint.slice(0, 16)} --at …`,
    ].join('\n'),
  );
  return 0;
}

const forWaiting =
  '--for: у ключа, что ждёт сертификата, назначение уже есть (cert csr --for) / ' +
  'a key that waits for its certificate has its purpose (cert csr --for)';

function checkUse({ maySign, notAfter, keyKind }: Certificate, file: string): void {
  if (!maySign || keyKind === 'other' || keyKind === 'gost2001') {
    throw new UsageError(`${file}: этим ключом не подписывают / such a key does not sign`);
  }
  if (notAfter < systemClock.now()) {
    throw new UsageError(`${file}: срок сертификата истёк / the certificate has expired`);
  }
}

async function givenKey(
  { config }: Operating,
  file: string,
  certificate: Certificate,
  { key, passwordFile }: NodeImport,
): Promise<IssuingKey | undefined> {
  const password = passwordFile === undefined ? undefined : readPassphraseFile(passwordFile);
  if (/\.(p12|pfx)$/i.test(file)) {
    return issuingKeyFromPem(readPkcs12(file, password ?? '').key, certificate);
  }
  if (key === undefined) return undefined;
  if (isTokenUri(key)) return provedInToken(config, key, certificate);
  const pair = await readSealedPair({ key, certificate: file }, password);
  return issuingKeyFromPem(pair.key, certificate);
}

async function certify(context: Operating, certificate: Certificate): Promise<string> {
  for (const waiting of await listNodeKeys(context.database.kysely)) {
    if (waiting.kind !== certificate.keyKind) continue;
    if (!(await fits(context, waiting, certificate))) continue;
    await certifyNodeKey(context, waiting.id, certificate);
    return waiting.id;
  }
  throw new Error(
    'ни один ключ узла не от этого сертификата: назовите его (--key) / ' +
      'no key of the node is that of the certificate: name it (--key)',
  );
}

async function fits(context: Operating, { id, half }: StoredKey, certificate: Certificate) {
  if (half === undefined) return false;
  if (half.place === 'token') return keyId(keyNamed(half.uri, certificate)) === id;
  const pem = pemOf(await opened(half.sealed, passphraseOf(context)), 'PRIVATE KEY');
  try {
    issuingKeyFromPem(pem, certificate);
    return true;
  } catch {
    return false;
  }
}

function opened(sealed: Uint8Array, passphrase: string): Promise<Buffer> {
  return openKey(sealed, passphrase).catch(() => {
    throw new Error(
      'пароль из node.passphraseFile не открывает ключи узла в базе / ' +
        'the passphrase of node.passphraseFile does not open the keys of the node in the database',
    );
  });
}

type Planned = PlanOptions & { readonly json?: true };

/** `cert rotate --node`. @param at ms UTC */
export async function rotateNode(
  named: string,
  { at, overlapMs }: { readonly at: number; readonly overlapMs: number },
  options: Planned,
): Promise<ExitCode> {
  const { outcome, rehearsal } = await carryOut(options, async (context) => {
    // A key that no node could open would stop them all at their next change.
    await checkOpens(context, named);
    const { declared } = await readRegistry(context.database);
    const turned = await rotateNodeKey(context, { named, at, overlapMs });
    const isMessages = turned.key.purpose !== 'journal';
    return { ...turned, answered: isMessages ? answeredBy(turned.key.kind, declared, at) : [] };
  });
  const { key, replaced, answered } = outcome;
  const from = new Date(at).toISOString();
  const name = ({ certificate, id }: StoredKey) => certificate?.subject ?? id;
  const told = {
    ...{ id: key.id, purpose: key.purpose, fingerprint: key.certificate?.fingerprint, from },
    replaced: replaced.map(({ id, certificate, window }) => ({
      fingerprint: certificate?.fingerprint ?? id,
      until: new Date(window.until ?? 0).toISOString(),
    })),
    answered,
  };
  return printCarriedOut(options.json, rehearsal, 'rotate', told, () => [
    `подписывает с / signs from ${from} (${key.purpose}): ${name(key)}`,
    `  ${key.certificate?.fingerprint ?? key.id}`,
    ...replaced.map((each) => `${endWords(each.window)}: ${name(each)}`),
    key.purpose === 'journal' ? knownToAuditors : knownTo(answered),
    `вернуться / the way back: mezhved ${wayBack(key, replaced)}`,
  ]);
}

const knownToAuditors =
  'этот сертификат нужен тому, кто проверяет журнал / whoever verifies the journal needs this certificate: journal verify --certificate';

function knownTo(systems: readonly string[]): string {
  return `этот сертификат должны знать / this certificate must be known to: ${systems.join(', ') || 'никто / nobody'}`;
}

/** A key of the configuration signs again once the new one is retired. */
function wayBack(key: StoredKey, [before]: readonly StoredKey[]): string {
  return before === undefined
    ? `cert retire --node ${shortName(key)}`
    : `cert rotate --node ${shortName(before)}`;
}

function shortName({ certificate, id }: StoredKey): string {
  return (certificate?.fingerprint ?? id).slice(0, 16);
}

/** Systems whose keys are of the kind at that time: the node answers each with a key of its own kind. */
function answeredBy(kind: SigningKind, { certificates }: Declared, at: number): string[] {
  const alike = certificates.filter(
    ({ certificate, window }) => certificate.keyKind === kind && isWithin(window, at),
  );
  return [...new Set(alike.map(({ system }) => system))].sort();
}

async function checkOpens(context: Operating, named: string): Promise<void> {
  for (const { id, certificate, half } of await listNodeKeys(context.database.kysely)) {
    const isIt = id.startsWith(named) || certificate?.fingerprint.startsWith(named);
    if (!isIt || certificate === undefined || half === undefined) continue;
    if (half.place === 'database') await opened(half.sealed, passphraseOf(context));
    else await provedInToken(context.config, half.uri, certificate);
  }
}

/** `cert retire --node`. @param until ms UTC */
export async function retireNode(
  named: string,
  { until, erase }: { readonly until: number; readonly erase: boolean },
  options: Planned,
): Promise<ExitCode> {
  const { outcome: key, rehearsal } = await carryOut(options, (context) =>
    retireNodeKey(context, named, until, erase),
  );
  const ends = new Date(until).toISOString();
  const told = {
    id: key.id,
    fingerprint: key.certificate?.fingerprint,
    until: ends,
    erased: erase,
  };
  const gone = key.half?.place === 'token' ? eraseInToken : eraseDone;
  return printCarriedOut(options.json, rehearsal, 'retire', told, () => [
    `${key.certificate?.subject ?? key.id}`,
    `  подписывает до / signs until ${ends}`,
    ...(erase ? [`  ${gone}`] : []),
  ]);
}

const eraseDone = 'закрытая часть стёрта / its private half is erased';
const eraseInToken =
  'узел забыл ключ; из токена его удаляют средствами токена / ' +
  'the node has forgotten the key; the tools of the token remove it there';
