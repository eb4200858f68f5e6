import { minute } from '../clock.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { TrustStore } from '../pki/path.ts';
import { hostOf, type RevocationQuestion, revocationSources } from '../pki/revocation-sources.ts';
import type { RevocationQuestionTable } from '../store/revocation-tables.ts';

/** What the node fetches of its own about the certificates of a path. */
export interface Fetching {
  /** `trust.fetch.hosts` */
  readonly hosts: readonly string[];
  /** By the id of the question. */
  readonly asked: ReadonlyMap<string, RevocationQuestionTable>;
}

/** A list or an answer that a certificate says where to get. */
export interface ReportedFetch {
  /** Place in the path: 0 is the certificate itself. */
  readonly certificate: number;
  readonly kind: RevocationQuestion['kind'] | 'none';
  /** 'not-allowed': the operator does not name the host. */
  readonly state: 'not-allowed' | 'not-asked' | 'answered' | 'failed';
  readonly words: string;
  /** What would bring it; empty where it came. */
  readonly todo: string;
}

/** Whom the node asks about each certificate below the anchor, and what came of it. */
export function fetchesOf(
  certificates: readonly Certificate[],
  trust: TrustStore,
  { hosts, asked }: Fetching,
): ReportedFetch[] {
  if (trust.revocation === undefined) return [];
  return certificates.slice(0, -1).flatMap((each, certificate) => {
    const { questions, notAllowed } = revocationSources([each], trust, hosts);
    return [
      ...notAllowed.map((host) => ({ certificate, ...notAllowedWords(host) })),
      ...questions.map((one) => ({ certificate, ...fetchWords(one, asked.get(one.id)) })),
    ];
  });
}

type Words = Omit<ReportedFetch, 'certificate'>;

function notAllowedWords(host: string): Words {
  return {
    kind: 'none',
    state: 'not-allowed',
    words: `${host}: не разрешён, не спрашивается / not allowed, not asked`,
    todo: `разрешите узлу спрашивать ${host} (trust.fetch.hosts) или загрузите список или ответ сами / let the node ask ${host} (trust.fetch.hosts), or load a list or an answer yourself`,
  };
}

const kinds = { list: 'список / list', ocsp: 'OCSP' } as const;

function fetchWords(
  { kind, urls }: RevocationQuestion,
  asked: RevocationQuestionTable | undefined,
): Words {
  const host = asked?.host ?? hostOf(urls[0] ?? '') ?? '';
  const what = `${kinds[kind]}, ${host}`;
  if (asked === undefined) {
    return {
      kind,
      state: 'not-asked',
      words: `${what}: ещё не спрошен / not asked yet`,
      todo: `${host} спрашивают работающий узел и только об объявленных сертификатах: объявите его, запустите узел / ${host} is asked by a running node, about declared certificates alone: declare it, start the node`,
    };
  }
  const last = asked.answered_at === null ? '—' : minute(asked.answered_at);
  if (asked.why === null) {
    return { kind, state: 'answered', words: `${what}: получен / got ${last}`, todo: '' };
  }
  return {
    kind,
    state: 'failed',
    words: `${what}: не получен / not got ${minute(asked.asked_at)} (${asked.failures}): ${asked.why}; последний / last ${last}`,
    todo: `${host} не дал того, что нужно (${asked.why}): проверьте сеть и адрес, спросите удостоверяющий центр / ${host} did not give what is needed (${asked.why}): check network and address, ask the authority`,
  };
}
