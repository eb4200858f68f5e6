import { type ChildProcess, spawn } from 'node:child_process';
import {
  constants,
  createPrivateKey,
  createPublicKey,
  sign as engineSign,
  verify as engineVerify,
  type KeyObject,
  randomBytes,
  setEngine,
} from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Curve, curves } from '../src/gost/curves.ts';
import { newPrivateKey, publicKeyOf } from '../src/gost/keys.ts';
import { pooled } from '../src/gost/nonce.ts';
import { signDigest, verifyDigest } from '../src/gost/signature.ts';

/** Where Debian's libengine-gost-openssl puts the engine. */
const engine = [
  '/usr/lib/x86_64-linux-gnu/engines-3/gost.so',
  '/usr/lib/aarch64-linux-gnu/engines-3/gost.so',
].find((path) => existsSync(path));

/**
 * Prints for each curve how fast GOST R 34.10 is here and in OpenSSL's engine, and the ratio: above 1
 * is faster than the engine. Rounds of the two go by turns in one process, a child of this one, since
 * the engine changes the process that loads it.
 */
export async function benchGostSignatures(): Promise<void> {
  if (engine === undefined) {
    process.stdout.write('SKIPPED: no OpenSSL engine gost: install libengine-gost-openssl\n');
    return;
  }
  const script = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, ['--import', 'tsx', script, '--child'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await exitOf(child);
  if (code !== 0) throw new Error(`the measuring process ended with ${code}`);
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('exit', resolve);
    child.once('error', reject);
  });
}

interface Contender {
  readonly curve: Curve;
  readonly hash: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly own: ReturnType<typeof newPrivateKey>;
}

const rounds = 15;
const random = pooled(randomBytes);

function measure(): void {
  setEngine(engine as string, constants.ENGINE_METHOD_ALL);
  // The engine knows no curve of the 512-bit example. Every key is read before the first hash:
  // afterwards the engine does not read them.
  const contenders = curves.filter(({ name }) => name !== 'TC26-512-Test').map(contenderOf);
  for (const contender of contenders) report(contender);
}

function report({ curve, hash, privateKey, publicKey, own }: Contender): void {
  const message = Buffer.from('message');
  const digest = randomBytes(curve.bytes);
  const owner = publicKeyOf(own);
  const theirs = engineSign(hash, message, privateKey);
  const ours = signDigest(own, digest, randomBytes);
  const times = curve.bytes === 32 ? 200 : 60;
  const verifying = compare(
    times,
    () => engineVerify(hash, message, publicKey, theirs),
    () => verifyDigest(owner, digest, ours),
  );
  const signing = compare(
    times,
    () => engineSign(hash, message, privateKey),
    () => signDigest(own, digest, random),
  );
  const line = ([name, { engineTime, ownTime, ratio }]: [string, Comparison]) =>
    `${name} ${ratio.toFixed(2)} (${ownTime.toFixed(0)} against ${engineTime.toFixed(0)} µs)`;
  const parts = [line(['verify', verifying]), line(['sign', signing])];
  process.stdout.write(`${curve.name.padEnd(15)} ${parts.join(', ')}\n`);
}

interface Comparison {
  /** Processor time of one operation, µs, the median over the rounds. */
  readonly engineTime: number;
  readonly ownTime: number;
  /** The median of the ratios of each round. */
  readonly ratio: number;
}

function compare(times: number, engineWork: () => unknown, ownWork: () => unknown): Comparison {
  const timesOf = (work: () => unknown) => {
    const before = process.cpuUsage();
    for (let time = 0; time < times; time++) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / times;
  };
  for (let round = 0; round < 3; round++) [engineWork, ownWork].map(timesOf);
  const pairs = Array.from({ length: rounds }, (_, round) =>
    // Which of the two goes first changes from round to round.
    round % 2 === 0
      ? ([timesOf(engineWork), timesOf(ownWork)] as const)
      : ([timesOf(ownWork), timesOf(engineWork)].reverse() as [number, number]),
  );
  return {
    engineTime: median(pairs.map(([first]) => first)),
    ownTime: median(pairs.map(([, second]) => second)),
    ratio: median(pairs.map(([first, second]) => first / second)),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function contenderOf(curve: Curve): Contender {
  const own = newPrivateKey(curve, randomBytes);
  const size = curve.bytes === 32 ? '256' : '512';
  const privateKey = createPrivateKey(pemOf(curve, own.scalar));
  const publicKey = createPublicKey(privateKey);
  return { curve, hash: `md_gost12_${size}`, privateKey, publicKey, own };
}

/** PKCS#8 (RFC 9215): the engine reads PEM alone. */
function pemOf({ bytes, oids }: Curve, scalar: Uint8Array): string {
  const size = bytes === 32 ? [1, 2] : [2, 3];
  const algorithm = oid(`1.2.643.7.1.1.1.${size[0]}`);
  const parameters = der(0x30, oid(oids[0] ?? ''), oid(`1.2.643.7.1.1.2.${size[1]}`));
  const version = der(2, Buffer.of(0));
  const key = der(0x30, version, der(0x30, algorithm, parameters), der(4, Buffer.from(scalar)));
  const lines = key.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = rest.flatMap((part) => (part < 128 ? [part] : [128 | (part >> 7), part & 127]));
  return der(6, Buffer.of(40 * first + second, ...octets));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--child')) measure();
  else await benchGostSignatures();
}
