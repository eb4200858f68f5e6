import { readFileSync } from 'node:fs';
import { checkout } from '../checkout.ts';

/**
 * The WebAssembly module of this name, compiled once a thread; undefined where it was not built or
 * this engine cannot run it (no SIMD), and the TypeScript path serves.
 */
export function wasmModule(name: string): WebAssembly.Module | undefined {
  if (!modules.has(name)) modules.set(name, load(name));
  return modules.get(name);
}

const modules = new Map<string, WebAssembly.Module | undefined>();

const folder = new URL('dist/wasm/', checkout);

function load(name: string): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(readFileSync(new URL(`${name}.wasm`, folder)));
  } catch {
    return undefined;
  }
}
