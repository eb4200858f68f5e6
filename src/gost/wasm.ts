import { readFileSync } from 'node:fs';

/**
 * The WebAssembly module of this name, compiled once a thread; undefined where it was not built or
 * this engine cannot run it (no SIMD), and the TypeScript path serves.
 */
export function wasmModule(name: string): WebAssembly.Module | undefined {
  if (!modules.has(name)) modules.set(name, load(name));
  return modules.get(name);
}

const modules = new Map<string, WebAssembly.Module | undefined>();

// dist/wasm stands beside dist/gost, and beside src when the sources run as they are.
const folder = new URL('../../dist/wasm/', import.meta.url);

function load(name: string): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(readFileSync(new URL(`${name}.wasm`, folder)));
  } catch {
    return undefined;
  }
}
