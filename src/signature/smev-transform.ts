import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Fault } from '../fault/fault.ts';
import { wasmModule } from '../gost/wasm.ts';
import { smevTransformReference } from './smev-transform-reference.ts';

/**
 * The transform urn://smev-gov-ru/xmldsig/transform over octets that exclusive canonicalization gave:
 * what a digest of the profile smev3 is computed over, nothing is canonicalized after it. Its rules
 * are in smev-transform-reference.ts, which serves where WebAssembly cannot.
 *
 * @param canonical UTF-8
 * @returns a copy of its own, at most 16 times the input and 64 KiB
 * @throws Fault TRANSFORM_REFUSED as `smevTransformReference`
 */
export function smevTransform(canonical: Uint8Array): Buffer {
  if (!isUtf8(canonical)) throw new Fault('TRANSFORM_REFUSED', { public: 'не UTF-8' });
  engine ??= instantiate();
  if (engine === undefined) return smevTransformReference(canonical);
  return run(engine, canonical) ?? smevTransformReference(canonical);
}

/** What src/signature/assembly/smev-transform.ts exports. */
interface Engine {
  readonly memory: WebAssembly.Memory;
  seed(secret: number): void;
  prepare(length: number): number;
  transform(): number;
  outputAt(): number;
  outputLength(): number;
  refusedAt(): number;
  refusedLength(): number;
}

let engine: Engine | undefined;

/** An instance whose memory grew past this is given up after its run, and the next one starts small. */
const memoryKept = 16 * 1024 * 1024;

function instantiate(): Engine | undefined {
  const compiled = wasmModule('smev-transform');
  if (compiled === undefined) return undefined;
  const { exports } = new WebAssembly.Instance(compiled);
  const made = exports as unknown as Engine;
  // The secret of the hash that finds names: nobody outside can choose names that collide.
  made.seed(randomBytes(4).readUInt32LE());
  return made;
}

/** @returns undefined where there is not enough memory for the instance */
function run(instance: Engine, canonical: Uint8Array): Buffer | undefined {
  const { memory } = instance;
  try {
    const input = instance.prepare(canonical.byteLength) >>> 0;
    if (input === 0) return undefined;
    new Uint8Array(memory.buffer, input, canonical.byteLength).set(canonical);
    const status = instance.transform();
    if (status === 0) {
      const [at, length] = [instance.outputAt() >>> 0, instance.outputLength() >>> 0];
      return Buffer.from(new Uint8Array(memory.buffer, at, length));
    }
    const why = refusals[status];
    if (why === undefined) return undefined;
    const [at, length] = [instance.refusedAt() >>> 0, instance.refusedLength() >>> 0];
    const name = Buffer.from(memory.buffer, at, length).toString('utf8');
    throw new Fault('TRANSFORM_REFUSED', { public: why(name) });
  } finally {
    if (memory.buffer.byteLength > memoryKept) engine = undefined;
  }
}

/** By the number that the instance gives; the texts are those of the reference. */
const refusals: Readonly<Record<number, (name: string) => string>> = {
  1: () => 'не каноническая форма',
  2: (name) => `элемент ${name} без пространства имён`,
  3: (name) => `атрибут ${name}`,
  4: () => 'результат слишком велик',
};
