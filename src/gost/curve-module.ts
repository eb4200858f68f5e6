import type { Arithmetic } from './arithmetic.ts';
import { constantsOf, curveModules, limbsOf, negativeInverse } from './curve-constants.ts';
import type { Curve } from './curves.ts';
import { referenceArithmetic } from './reference.ts';
import { wasmModule } from './wasm.ts';

/** What scripts/curve-source.mjs and src/gost/assembly/curve.ts export; numbers are addresses. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  prepare(): void;
  multiplyBase(): void;
  sign(): number;
  verify(): number;
  wipe(): void;
  readonly [address: string]: unknown;
}

/**
 * The arithmetic of a curve in WebAssembly, with memory and tables of its own, which fill in some
 * milliseconds; undefined where the module does not run here. Signing does the same operations at the
 * same addresses whatever the secrets are, and wipes them from its memory.
 */
export function moduleArithmetic(curve: Curve): Arithmetic | undefined {
  const module = wasmModule(curveModules[curve.name].name);
  if (module === undefined) return undefined;
  return arithmeticOver(curve, new WebAssembly.Instance(module));
}

function addressOf(exports: Exports, name: string): number {
  return (exports[name] as WebAssembly.Global).value;
}

function writeConstants(curve: Curve, exports: Exports): void {
  const module = curveModules[curve.name];
  const view = new DataView(exports.memory.buffer);
  const count = curve.bytes === 32 ? 9 : 18;
  for (const [name, value] of constantsOf(curve, module)) {
    const address = addressOf(exports, name);
    limbsOf(value, count).forEach((limb, index) => {
      view.setInt32(address + 4 * index, limb, true);
    });
  }
  view.setInt32(addressOf(exports, 'NEGATIVE_P'), negativeInverse(curve.p), true);
  view.setInt32(addressOf(exports, 'NEGATIVE_Q'), negativeInverse(curve.q), true);
  const small = curve.a > curve.p >> 1n ? curve.a - curve.p : curve.a;
  view.setBigInt64(addressOf(exports, 'COEFFICIENT_A'), BigInt.asIntN(64, small), true);
  const exponent = (curve.p - 2n).toString(16).padStart(2 * curve.bytes, '0');
  const at = addressOf(exports, 'EXPONENT');
  [...exponent].forEach((digit, index) => {
    view.setUint8(at + index, Number.parseInt(digit, 16));
  });
}

/** The arithmetic of a curve over a fresh instance of its module. */
export function arithmeticOver(curve: Curve, instance: WebAssembly.Instance): Arithmetic {
  const { bytes } = curve;
  const exports = instance.exports as unknown as Exports;
  writeConstants(curve, exports);
  exports.prepare();
  const memory = new Uint8Array(exports.memory.buffer);
  const at = (name: string) => addressOf(exports, name);
  const [x, y, r, s] = [at('INPUT_X'), at('INPUT_Y'), at('INPUT_R'), at('INPUT_S')];
  const [scalarAt, digestAt, nonceAt] = [at('SCALAR'), at('DIGEST'), at('NONCE')];
  const [first, second] = [at('OUTPUT_1'), at('OUTPUT_2')];

  function write(address: number, octets: Uint8Array): void {
    memory.set(octets, address);
  }

  function writeReversed(address: number, octets: Uint8Array): void {
    for (let index = 0; index < bytes; index++) {
      memory[address + bytes - 1 - index] = octets[index] ?? 0;
    }
  }

  function readReversed(to: Buffer, offset: number, address: number): void {
    for (let index = 0; index < bytes; index++) {
      to[offset + bytes - 1 - index] = memory[address + index] ?? 0;
    }
  }

  return {
    constantTime: true,
    multiplyBase(scalar) {
      write(scalarAt, scalar);
      exports.multiplyBase();
      const point = Buffer.alloc(2 * bytes);
      point.set(memory.subarray(first, first + bytes));
      point.set(memory.subarray(second, second + bytes), bytes);
      exports.wipe();
      return point;
    },
    sign(scalar, digest, nonce) {
      write(scalarAt, scalar);
      write(digestAt, digest);
      write(nonceAt, nonce);
      const made = exports.sign() === 1;
      const signature = Buffer.alloc(2 * bytes);
      readReversed(signature, 0, first);
      readReversed(signature, bytes, second);
      exports.wipe();
      return made ? signature : undefined;
    },
    verify(point, digest, signature) {
      write(x, point.subarray(0, bytes));
      write(y, point.subarray(bytes));
      write(digestAt, digest);
      writeReversed(s, signature.subarray(0, bytes));
      writeReversed(r, signature.subarray(bytes));
      const verdict = exports.verify();
      // Sums that its formulas do not cover come about on purpose alone, with a known private key.
      if (verdict === 2) return referenceArithmetic(curve).verify(point, digest, signature);
      return verdict === 1;
    },
  };
}
