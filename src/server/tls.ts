import { createHash } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/table.ts';
import type { Log } from '../log.ts';
import { exampleKeyProblem } from '../pki/examples.ts';
import { readTlsTexts } from '../pki/keystore.ts';
import {
  judgeTlsPair,
  type TlsFiles,
  type TlsPair,
  type TlsTexts,
  TlsUnfit,
  tlsRules,
} from '../pki/tls-pair.ts';

type ClientAuth = NonNullable<Config['tls']>['clientAuth'];
type Profile = Config['profile'];

/** What a port under TLS serves with now, and what it will. */
export interface ServedTls {
  readonly pair: TlsPair;
  readonly clientAuth: ClientAuth;
  /** Once; `take` is called with each pair that follows and may be used. */
  whenChanged(take: (pair: TlsPair) => void): void;
}

/** The files of one port. */
export interface TlsPlace {
  /** The path of its settings. */
  readonly name: string;
  readonly files: TlsFiles;
  readonly clientAuth: ClientAuth;
}

interface Refusal {
  readonly mark: string;
  readonly unfit: TlsUnfit;
}

/**
 * The pair of one port. Its files are looked at again and again: a pair that does is taken up, with one
 * that does not the port serves on with the last that did.
 */
export class KeptTls implements ServedTls {
  readonly place: TlsPlace;
  readonly #profile: Profile;
  #pair: TlsPair;
  /** A hash of what is in the files that are served. */
  #mark: string;
  /** The same of what the last look found. */
  #seen: string;
  #refusal: Refusal | undefined;
  #take: ((pair: TlsPair) => void) | undefined;

  /** @param now ms UTC @throws Error with a plain sentence that names a file */
  static async open(place: TlsPlace, profile: Profile, now: number): Promise<KeptTls> {
    try {
      const texts = await readTlsTexts(place.files);
      return new KeptTls(place, profile, judge(place.files, profile, texts, now), markOf(texts));
    } catch (error) {
      throw error instanceof TlsUnfit ? new Error(`${place.name}: ${error.message}`) : error;
    }
  }

  private constructor(place: TlsPlace, profile: Profile, pair: TlsPair, mark: string) {
    this.place = place;
    this.#profile = profile;
    this.#pair = pair;
    this.#mark = mark;
    this.#seen = mark;
  }

  get pair(): TlsPair {
    return this.#pair;
  }

  get clientAuth(): ClientAuth {
    return this.place.clientAuth;
  }

  /** Whether what lies in the files now was refused. */
  get isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  whenChanged(take: (pair: TlsPair) => void): void {
    this.#take = take;
  }

  /** Reads the files, and takes up what has changed and has been the same for two looks. */
  async look(clock: Clock, log: Log): Promise<void> {
    const texts = await readTlsTexts(this.place.files).catch(unfitOnly);
    const mark = markOf(texts);
    const isSettled = mark === this.#seen;
    this.#seen = mark;
    if (mark === this.#mark) this.#refusal = undefined;
    // Somebody may be writing yet: half a file, or one of two.
    else if (isSettled && this.#isWorthJudging(mark, clock.now())) {
      this.#consider(texts, clock.now(), log);
    }
  }

  #isWorthJudging(mark: string, now: number): boolean {
    if (this.#refusal?.mark !== mark) return true;
    const { fitFrom } = this.#refusal.unfit;
    return fitFrom !== undefined && now >= fitFrom;
  }

  #consider(texts: TlsTexts | TlsUnfit, now: number, log: Log): void {
    try {
      if (texts instanceof TlsUnfit) throw texts;
      const pair = judge(this.place.files, this.#profile, texts, now);
      this.#take?.(pair);
      this.#pair = pair;
      this.#mark = markOf(texts);
      this.#refusal = undefined;
      log.info(factsOf(this), 'TLS certificate taken up');
    } catch (error) {
      const unfit = unfitOnly(error);
      this.#refusal = { mark: markOf(texts), unfit };
      const facts = { ...factsOf(this), why: unfit.message };
      log.error(facts, 'TLS files not taken up; the certificate before them serves on');
    }
  }
}

/** @throws TlsUnfit */
function judge(files: TlsFiles, profile: Profile, texts: TlsTexts, now: number): TlsPair {
  const pair = judgeTlsPair(files, texts, now);
  const problem = exampleKeyProblem(profile, pair.certificate);
  if (problem !== undefined) throw new TlsUnfit(`${problem}: ${files.certificate}`);
  try {
    const { key, certificate, clientCa } = pair;
    createSecureContext({ ...tlsRules, key, cert: certificate, ca: clientCa });
  } catch (error) {
    const { code = 'ERR_TLS' } = error as NodeJS.ErrnoException;
    throw new TlsUnfit(`OpenSSL не берёт / OpenSSL does not take (${code}): ${files.certificate}`);
  }
  return pair;
}

function unfitOnly(error: unknown): TlsUnfit {
  if (error instanceof TlsUnfit) return error;
  throw error;
}

function markOf(texts: TlsTexts | TlsUnfit): string {
  const all =
    texts instanceof TlsUnfit
      ? [texts.message]
      : [texts.key, texts.certificate, texts.passphrase ?? null, texts.clientCa ?? null];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}

/** What a log says of the certificate that is served. */
export function factsOf({ place, pair }: KeptTls) {
  const { fingerprint, notAfter } = pair;
  return { tls: place.name, fingerprint, notAfter: new Date(notAfter).toISOString() };
}
