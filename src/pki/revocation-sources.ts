import { createHash } from 'node:crypto';
import { clockSkewMs, type Millis } from '../clock.ts';
import type { Certificate } from './certificate.ts';
import { pathsOf, type TrustStore } from './path.ts';

/** A list or an answer that may be fetched. */
export type RevocationQuestion = {
  /** SHA-256 of what is asked, lower-case hex. */
  readonly id: string;
  readonly issuer: Certificate;
  /** Where one may ask, in the order of the certificate; any of them will do. */
  readonly urls: readonly string[];
} & ({ readonly kind: 'list' } | { readonly kind: 'ocsp'; readonly certificate: Certificate });

/** What may be asked, and hosts that certificates name and the operator does not. */
export interface RevocationSources {
  readonly questions: readonly RevocationQuestion[];
  readonly notAllowed: readonly string[];
}

/**
 * What to ask about certificates, by the addresses in them: of allowed hosts alone (an authority may
 * write any address into what it issues), by http and https, and only below an anchor.
 *
 * @param hosts such as ca.example or ca.example:8080
 */
export function revocationSources(
  certificates: readonly Certificate[],
  trust: TrustStore,
  hosts: readonly string[],
): RevocationSources {
  const questions = new Map<string, RevocationQuestion>();
  const notAllowed = new Set<string>();
  const allowed = (addresses: readonly string[]) =>
    addresses.flatMap((address) => {
      const host = hostOf(address);
      if (host !== undefined && hosts.includes(host)) return [new URL(address).href];
      if (host !== undefined) notAllowed.add(host);
      return [];
    });
  const add = (question: RevocationQuestion) => {
    if (question.urls.length > 0) questions.set(question.id, question);
  };
  for (const certificate of certificates) {
    const issuer = issuerOf(certificate, trust);
    if (issuer === undefined) continue;
    const { crlUrls, ocspUrls } = certificate.extensions;
    const lists = allowed(crlUrls);
    add({ kind: 'list', issuer, urls: lists, id: idOf('list', issuer, ...lists) });
    const id = idOf('ocsp', certificate);
    add({ kind: 'ocsp', issuer, certificate, urls: allowed(ocspUrls), id });
  }
  return { questions: [...questions.values()], notAllowed: [...notAllowed] };
}

/** Others of its name and key would be asked for the same. */
function issuerOf(certificate: Certificate, trust: TrustStore): Certificate | undefined {
  return pathsOf(certificate, trust).find(({ broken }) => broken === undefined)?.certificates[1];
}

function idOf(kind: string, { fingerprint }: Certificate, ...urls: readonly string[]): string {
  return createHash('sha256')
    .update([kind, fingerprint, ...urls].join('\n'))
    .digest('hex');
}

const addressMax = 2048;

/** Host and port of an address by http or https, the usual port left out; undefined for another. */
export function hostOf(address: string): string | undefined {
  if (address.length > addressMax || !URL.canParse(address)) return undefined;
  const { protocol, host, username, password } = new URL(address);
  const isWeb = protocol === 'http:' || protocol === 'https:';
  return isWeb && username === '' && password === '' ? host : undefined;
}

/** When something was last asked, ms UTC, and how often in a row in vain. */
export interface Asked {
  readonly at: number;
  readonly failures: number;
}

/** How long to wait, in ms. */
export interface Pauses {
  readonly everyMs: number;
  readonly retryMs: number;
}

/**
 * Whether it is time to ask: later after each failure in a row. A time ahead of now was written before
 * the clock was set back.
 */
export function isDue(
  asked: Asked | undefined,
  { everyMs, retryMs }: Pauses,
  now: Millis,
): boolean {
  if (asked === undefined) return true;
  const { at, failures } = asked;
  const pause =
    failures === 0 ? everyMs : Math.min(everyMs, retryMs * 2 ** Math.min(failures - 1, 20));
  return at + pause <= now || at > now + clockSkewMs;
}

/** One address after another where one gives nothing. */
export function urlOf({ urls }: RevocationQuestion, asked: Asked | undefined): string {
  return urls[(asked?.failures ?? 0) % urls.length] ?? '';
}
