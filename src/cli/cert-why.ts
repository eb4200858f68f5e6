import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { judgeRegistration } from '../participants/registration.ts';
import { type Registry, readRegistry } from '../participants/registry.ts';
import { readAsked } from '../participants/revocation-questions.ts';
import { readAnchors } from '../pki/anchors.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { TrustStore } from '../pki/path.ts';
import type { PathCheck } from '../pki/path-checks.ts';
import { ruleTitles, ruleWords } from '../pki/path-words.ts';
import { bestPath, type JudgedPath, judgeCertificate } from '../pki/trust.ts';
import { windowWords } from '../pki/window.ts';
import { type Fetching, fetchesOf, type ReportedFetch } from './cert-fetches.ts';
import { readCertificateFile } from './certificate-file.ts';
import { momentOf } from './moment.ts';
import { openForCli } from './open.ts';
import { type ExitCode, print, run } from './run.ts';

interface Options {
  readonly at: string;
  readonly trust?: string;
  readonly passwordFile?: string;
  readonly json?: true;
}

/** What `cert why --json` prints. */
interface Report {
  readonly fingerprint: string;
  readonly subject: string;
  /** ms UTC as ISO 8601. */
  readonly at: string;
  /** Whom the node knows by it; null where the database was not asked. */
  readonly registered: readonly { readonly system: string; readonly window: string }[] | null;
  readonly path: readonly DrawnCertificate[];
  readonly checks: readonly ReportedCheck[];
  /** Whom the node asks about their revocation by itself, and what came of it. */
  readonly fetches: readonly ReportedFetch[];
  /** 'trusted', or the code of the fault that a message signed by it would get. */
  readonly verdict: string;
  /** What would mend it. */
  readonly todo: readonly string[];
}

interface DrawnCertificate {
  readonly subject: string;
  readonly fingerprint: string;
  readonly key: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly anchor: boolean;
}

interface ReportedCheck {
  readonly rule: string;
  /** Place in the path: 0 is the certificate itself. */
  readonly certificate: number;
  readonly good: boolean;
  /** Nothing is known of it, which is enough where `good`: a revocation that nobody told of. */
  readonly known: boolean;
  readonly words: string;
}

/** `cert why`: the path of a certificate, each check of it, and what to do. */
export function registerWhy(cert: Command): void {
  cert
    .command('why')
    .description(
      'почему сертификату (не) верят: цепочка, каждая проверка, что делать / why a certificate is (not) believed: its chain, each check, what to do',
    )
    .argument('<file>', 'PEM (others in it may complete the chain), DER, .p12, .pfx')
    .option('--at <time>', 'judge at another time, such as 2026-12-01T03:00+03:00', 'now')
    .option('--trust <dir>', "folder of PEM trust anchors instead of the node's database")
    .option('--password-file <file>', 'a file with the password of the .p12')
    .option('--json', 'print JSON')
    .action((file: string, options: Options) => run(() => why(file, options)));
}

async function why(file: string, options: Options): Promise<ExitCode> {
  const at = momentOf('--at', options.at, systemClock.now());
  const [certificate, ...beside] = readCertificateFile(file, options.passwordFile);
  const report =
    options.trust === undefined
      ? await withRegistry((registry, fetching) => {
          const trust = registry.trustAt(at);
          return reportOf(certificate, beside, { trust, at, registry, fetching });
        })
      : reportOf(certificate, beside, {
          trust: { anchors: readAnchors(options.trust), intermediates: [] },
          at,
        });
  print(options.json, report, () => drawn(report));
  return report.verdict === 'trusted' ? 0 : 1;
}

async function withRegistry<T>(work: (registry: Registry, fetching: Fetching) => T): Promise<T> {
  const { database, trusting, fetchHosts: hosts } = await openForCli();
  try {
    const asked = await readAsked(database.kysely);
    return work(await readRegistry(database, trusting), { hosts, asked });
  } finally {
    await database.close();
  }
}

interface Judging {
  readonly trust: TrustStore;
  readonly at: number;
  readonly registry?: Registry;
  readonly fetching?: Fetching;
}

function reportOf(
  certificate: Certificate,
  beside: readonly Certificate[],
  { trust, at, registry, fetching }: Judging,
): Report {
  const old = { gost2001: certificate.keyKind === 'gost2001' };
  const judged = bestPath(certificate, trust, at, old);
  const owner = registry?.systemOfCertificate(certificate.fingerprint);
  const registration =
    owner &&
    judgeRegistration(
      owner.registration,
      () => registry?.registrationsOf(owner.system.id) ?? [],
      at,
    );
  const distrust = registration ?? judgeCertificate(certificate, trust, at, old);
  const bad = judged.checks.filter(({ good }) => !good);
  const words = bad.map((each) => wordsOf(judged, each));
  const extended = { ...trust, intermediates: [...trust.intermediates, ...beside] };
  const fetches = fetching ? fetchesOf(judged.path.certificates, trust, fetching) : [];
  const completed = bad.length > 0 && isGood(bestPath(certificate, extended, at, old));
  return {
    fingerprint: certificate.fingerprint,
    subject: certificate.subject,
    at: new Date(at).toISOString(),
    registered: registry === undefined ? null : registeredAs(owner),
    path: judged.path.certificates.map((each, index) => ({
      subject: each.subject,
      fingerprint: each.fingerprint,
      key: keyWords(each),
      notBefore: new Date(each.notBefore).toISOString(),
      notAfter: new Date(each.notAfter).toISOString(),
      anchor: judged.path.broken === undefined && index === judged.path.certificates.length - 1,
    })),
    checks: judged.checks.map((check) => reported(judged, check)),
    fetches,
    verdict: distrust?.code ?? 'trusted',
    todo: [
      ...(completed
        ? [
            'сертификаты центров, что лежат в том же файле, дополняют цепочку: объявите их (kind: intermediate) / the authorities in the same file complete the chain: declare them (kind: intermediate)',
          ]
        : words.map(({ todoRu, todoEn }) => `${todoRu} / ${todoEn}`)),
      ...fetchTodo(judged, fetches),
      ...(registration === undefined ? [] : [registration.message]),
    ],
  };
}

/** Where the word on a certificate is missing, what keeps the node from fetching it. */
function fetchTodo({ checks }: JudgedPath, fetches: readonly ReportedFetch[]): string[] {
  const missing = checks.filter((check) => !isKnown(check) && check.rule === 'revocation');
  const places = new Set(missing.map(({ at }) => at));
  const todo = fetches
    .filter(({ certificate }) => places.has(certificate))
    .map((each) => each.todo);
  return [...new Set(todo)].filter((line) => line !== '');
}

function reported(judged: JudgedPath, check: PathCheck): ReportedCheck {
  const { rule, at, good } = check;
  const known = isKnown(check);
  const isAnchor = rule === 'issuer' && at === judged.path.certificates.length - 1;
  const title = isAnchor ? 'объявлен якорем / declared an anchor' : ruleTitles[rule];
  const words = good && check.standing === undefined ? title : bilingual(wordsOf(judged, check));
  return { rule, certificate: at, good, known, words };
}

/** Where nothing is known of revocation and nothing is demanded, it is said all the same. */
function isKnown({ standing }: PathCheck): boolean {
  return standing === undefined || standing.kind === 'good';
}

function registeredAs(owner: ReturnType<Registry['systemOfCertificate']>): Report['registered'] {
  if (owner === undefined) return [];
  return [{ system: owner.system.id, window: windowWords(owner.registration.window) }];
}

function isGood({ checks }: JudgedPath): boolean {
  return checks.every(({ good }) => good);
}

function wordsOf({ path }: JudgedPath, { rule, at, standing }: PathCheck) {
  return ruleWords(rule, path.certificates[at] ?? path.certificates[0], path.broken, standing);
}

function bilingual({ ru, en }: { readonly ru: string; readonly en: string }): string {
  return `${ru} / ${en}`;
}

function keyWords({ keyKind, keyBits, curve }: Certificate): string {
  return [keyKind, keyBits ?? curve].filter((part) => part !== undefined).join(' ');
}

function drawn({
  fingerprint,
  subject,
  at,
  registered,
  path,
  checks,
  fetches,
  verdict,
  todo,
}: Report): string {
  return [
    subject,
    `  ${fingerprint}`,
    ...registeredLines(registered),
    '',
    'цепочка / chain',
    ...path.map(
      ({ subject: name, key, notBefore, notAfter, anchor }, index) =>
        `  ${index}${anchor ? ' якорь / anchor' : ''}: ${name}\n      ${key}, ${notBefore.slice(0, 10)} … ${notAfter.slice(0, 10)}`,
    ),
    '',
    `проверки на / checks at ${at}`,
    ...checks.map((check) => `  ${markOf(check)} ${check.certificate}: ${check.words}`),
    ...fetchLines(fetches),
    '',
    `вердикт / verdict: ${verdict === 'trusted' ? 'доверенный / trusted' : verdict}`,
    ...todo.map((line) => `  что делать / what to do: ${line}`),
  ].join('\n');
}

function markOf({ good, known }: ReportedCheck): string {
  if (!good) return 'НЕТ';
  return known ? 'да ' : '?  ';
}

function fetchLines(fetches: readonly ReportedFetch[]): string[] {
  if (fetches.length === 0) return [];
  return [
    '',
    'узел забирает сам / fetched by the node',
    ...fetches.map(({ certificate, words }) => `  ${certificate}: ${words}`),
  ];
}

function registeredLines(registered: Report['registered']): string[] {
  if (registered === null) return [];
  if (registered.length === 0) {
    return ['  не зарегистрирован ни за одной системой / registered for no system'];
  }
  return registered.map(
    ({ system, window }) => `  система / system: ${system}${window === '' ? '' : `, ${window}`}`,
  );
}
