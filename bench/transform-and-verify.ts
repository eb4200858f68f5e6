// The SMEV transform beside libxml2's exc-c14n over the same octets, and the verification of a 100 KB
// message with RSA beside xmlsec1 and xml-crypto, in turn.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignedXml } from 'xml-crypto';
import { signText } from '../src/signature/insert.ts';
import { profiles } from '../src/signature/profiles.ts';
import { signerFromPem } from '../src/signature/signer.ts';
import { smevTransform } from '../src/signature/smev-transform.ts';
import { verifyCovered } from '../src/signature/verify.ts';
import { canonicalize } from '../src/xml/canonicalize.ts';
import { parseXml, withXml } from '../src/xml/document.ts';
import { child } from '../src/xml/navigate.ts';
import { wholeByLibxml2 } from '../test/harness/libxml2-c14n.ts';
import { temporaryFolder } from '../test/harness/node.ts';
import { partsOf, selfSigned, sendRequest, types } from '../test/signature/documents.ts';
import { type Spent, Xmlsec1 } from './xmlsec1.ts';

// What a node takes a message of a test stand by.
const allowed = [profiles.xmldsig];

export interface TransformAndVerifyOptions {
  readonly rounds: number;
  /** About how long one side of a round works, in milliseconds. */
  readonly slice: number;
}

/** Prints the ratios of both, medians over rounds in turn; @returns them by name, of CPU time. */
export async function transformAndVerify(
  options: TransformAndVerifyOptions,
): Promise<Map<string, number>> {
  const ratios = new Map<string, number>();
  for (const [name, bytes] of Object.entries({ '3 KB': 3e3, '100 KB': 1e5, '5 MB': 5e6 })) {
    ratios.set(`transform ${name}`, compareTransform(name, bytes, options));
  }
  for (const [name, ratio] of await compareVerify(options)) ratios.set(name, ratio);
  return ratios;
}

/** Content as messages have it: short texts, attributes, white space, some references. */
function content(bytes: number): string {
  const items: string[] = [];
  for (let length = 0, n = 0; length < bytes; n += 1) {
    const item =
      `<x:Item xmlns:x="urn://x-artefacts/registry/4.0.0" x:number="${n}" kind="ordinary">\n  <x:Person>` +
      `\n    <y:Name xmlns:y="urn://x-artefacts/types">Запись ${n}</y:Name></x:Person>` +
      `<x:Code>44500001 &amp; ${n}</x:Code><x:Place>street, house ${n}</x:Place>\n</x:Item>`;
    length += Buffer.byteLength(item);
    items.push(item);
  }
  return `<q:Query xmlns:q="urn://x-artefacts/query">${items.join('')}</q:Query>`;
}

function compareTransform(name: string, bytes: number, options: TransformAndVerifyOptions): number {
  const octets = withXml(Buffer.from(content(bytes)), ({ root }) => canonicalize(root));
  const document = parseXml(octets);
  try {
    const row = inTurn(options, {
      ours: () => smevTransform(octets),
      theirs: () => wholeByLibxml2(document),
    });
    print(`SMEV transform, ${name}`, 'exc-c14n of libxml2', row);
    return row.cpu.ratio;
  } finally {
    document.dispose();
  }
}

async function compareVerify(options: TransformAndVerifyOptions): Promise<[string, number][]> {
  const pair = selfSigned('rsa', 2048);
  const signer = signerFromPem(pair.key, pair.certificate, 'sha256');
  const message = Buffer.from(signText(sendRequest(content(98_000)), 'caller', signer));
  const ours = () => verified(message);
  const found: [string, number][] = [];
  const naive = inTurn(options, { ours, theirs: () => verifiedByXmlCrypto(message, pair) });
  print('verify RSA 100 KB', 'xml-crypto', naive);
  found.push(['verify xml-crypto', naive.cpu.ratio]);
  const folder = await temporaryFolder();
  try {
    const files = [join(folder.path, 'signed.xml'), join(folder.path, 'signer.pem')] as const;
    writeFileSync(files[0], message);
    writeFileSync(files[1], pair.certificate);
    const xmlsec1 = Xmlsec1.start(folder.path, [files[0], files[1]]);
    if (xmlsec1 === undefined) {
      process.stdout.write(
        'verify RSA 100 KB: SKIPPED: xmlsec1: install the Debian package libxmlsec1-dev or python3-xmlsec\n',
      );
      return found;
    }
    const count = timesWithin(options.slice, ours);
    const rounds: Round[] = [];
    await xmlsec1.verify(count);
    for (let n = 0; n < options.rounds; n += 1) {
      rounds.push({ ours: spent(ours, count), theirs: each(await xmlsec1.verify(count), count) });
    }
    xmlsec1.stop();
    const row = summary(rounds);
    print('verify RSA 100 KB', xmlsec1.name, row);
    found.push(['verify xmlsec1', row.cpu.ratio]);
  } finally {
    await folder.remove();
  }
  return found;
}

function verified(message: Buffer): void {
  withXml(message, (document) => {
    const { payload, data } = partsOf(document);
    const container = child(payload, types, 'CallerInformationSystemSignature');
    if (container === undefined) throw new Error('no container');
    verifyCovered(document, container, data, allowed);
  });
}

function verifiedByXmlCrypto(message: Buffer, { certificate }: { certificate: string }): void {
  const text = message.toString('utf8');
  const signed = new SignedXml({ publicCert: certificate });
  signed.loadSignature(/<ds:Signature[\s\S]*<\/ds:Signature>/.exec(text)?.[0] ?? '');
  if (!signed.checkSignature(text)) throw new Error('xml-crypto does not verify');
}

interface Round {
  readonly ours: Spent;
  readonly theirs: Spent;
}

/** Microseconds, medians over the rounds; the ratio is the median of the rounds' ratios. */
interface Row {
  readonly cpu: { ours: number; theirs: number; ratio: number };
  readonly wall: { ours: number; theirs: number; ratio: number };
}

function inTurn(
  { rounds, slice }: TransformAndVerifyOptions,
  work: { readonly ours: () => void; readonly theirs: () => void },
): Row {
  const counts = { ours: timesWithin(slice, work.ours), theirs: timesWithin(slice, work.theirs) };
  return summary(
    Array.from({ length: rounds }, () => ({
      ours: spent(work.ours, counts.ours),
      theirs: spent(work.theirs, counts.theirs),
    })),
  );
}

function summary(rounds: readonly Round[]): Row {
  const of = (clock: 'cpu' | 'wall') => ({
    ours: median(rounds.map(({ ours }) => ours[clock])),
    theirs: median(rounds.map(({ theirs }) => theirs[clock])),
    ratio: median(rounds.map(({ ours, theirs }) => ours[clock] / theirs[clock])),
  });
  return { cpu: of('cpu'), wall: of('wall') };
}

/** Warms up for twice the slice, and says how often the work fits into one. */
function timesWithin(slice: number, work: () => void): number {
  const start = performance.now();
  let times = 0;
  for (; performance.now() - start < 2 * slice; times += 1) work();
  return Math.max(1, Math.round(times / 2));
}

function spent(work: () => void, count: number): Spent {
  const start = performance.now();
  const before = process.cpuUsage();
  for (let n = 0; n < count; n += 1) work();
  const { user, system } = process.cpuUsage(before);
  return each({ cpu: user + system, wall: (performance.now() - start) * 1000 }, count);
}

function each({ cpu, wall }: Spent, count: number): Spent {
  return { cpu: cpu / count, wall: wall / count };
}

function print(what: string, other: string, { cpu, wall }: Row): void {
  const figures = ({ ours, theirs, ratio }: Row['cpu']) =>
    `${ours.toFixed(1)} µs, ${other} ${theirs.toFixed(1)} µs, ratio ${ratio.toFixed(3)}`;
  process.stdout.write(`${what}: CPU ${figures(cpu)}; wall ratio ${wall.ratio.toFixed(3)}\n`);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

if (process.argv[1] === import.meta.filename) await transformAndVerify({ rounds: 9, slice: 400 });
