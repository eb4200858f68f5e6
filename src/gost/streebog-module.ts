import { lookup } from './streebog.ts';
import { iterations } from './streebog-constants.ts';
import { wasmModule } from './wasm.ts';

/** What src/gost/assembly/streebog.ts exports, and the addresses that it says. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  start(size: number): void;
  take(end: number): void;
  finish(octets: number): void;
}
const constantsAt = 16384;
const stateAt = 17408;
const stateSize = 3 * 64;
const inputAt = 65536;
const inputSize = 65536;
const block = 64;

interface Engine {
  readonly exports: Exports;
  readonly memory: Uint8Array;
  /** Whose state the memory holds. */
  owner: ModuleStreebog | undefined;
}

let engine: Engine | undefined;

/** Whether the module of Streebog was built and runs here. */
export function hasStreebogModule(): boolean {
  return wasmModule('streebog') !== undefined;
}

function makeEngine(): Engine {
  const module = wasmModule('streebog');
  if (module === undefined) throw new Error('the WebAssembly of Streebog was not built');
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  const memory = new Uint8Array(exports.memory.buffer);
  const tables = lookup();
  memory.set(new Uint8Array(tables.buffer, tables.byteOffset, tables.byteLength));
  for (const [index, constant] of iterations.entries()) {
    memory.set(Uint8Array.from(constant).reverse(), constantsAt + block * index);
  }
  return { exports, memory, owner: undefined };
}

/**
 * GOST R 34.11-2012 in WebAssembly. All digests of a thread share one memory: what is under way is
 * taken out of it when another comes in between.
 */
export class ModuleStreebog {
  readonly #size: 32 | 64;
  readonly #pending = new Uint8Array(block);
  #filled = 0;
  #saved: Uint8Array | undefined;
  #begun = false;

  /** @param size octets of the digest */
  constructor(size: 32 | 64) {
    this.#size = size;
  }

  update(bytes: Uint8Array): void {
    let at = 0;
    if (this.#filled > 0) {
      at = Math.min(block - this.#filled, bytes.length);
      this.#pending.set(bytes.subarray(0, at), this.#filled);
      this.#filled += at;
      if (this.#filled < block) return;
      this.#take(this.#pending);
    }
    const whole = bytes.length - ((bytes.length - at) % block);
    for (; at < whole; at += inputSize) {
      this.#take(bytes.subarray(at, Math.min(at + inputSize, whole)));
    }
    this.#pending.set(bytes.subarray(whole));
    this.#filled = bytes.length - whole;
  }

  /** The digest, once: nothing may be added afterwards. */
  digest(): Buffer {
    const own = this.#enter();
    const { exports, memory } = own;
    memory.set(this.#pending.subarray(0, this.#filled), inputAt);
    exports.finish(this.#filled);
    own.owner = undefined;
    return Buffer.from(memory.subarray(stateAt + block - this.#size, stateAt + block));
  }

  #take(blocks: Uint8Array): void {
    const { exports, memory } = this.#enter();
    memory.set(blocks, inputAt);
    exports.take(inputAt + blocks.length);
  }

  #enter(): Engine {
    engine ??= makeEngine();
    if (engine.owner === this) return engine;
    const { memory, owner } = engine;
    if (owner !== undefined) owner.#saved = memory.slice(stateAt, stateAt + stateSize);
    if (this.#saved !== undefined) memory.set(this.#saved, stateAt);
    if (!this.#begun) engine.exports.start(this.#size);
    this.#begun = true;
    engine.owner = this;
    return engine;
  }
}
