// The parts of libxml2-wasm that its typings leave out. They are internal to that package: its
// version is pinned, and the tests of canonicalization fail first when they change.
import * as raw from 'libxml2-wasm/lib/libxml2.mjs';
import type { XmlDocument, XmlElement } from './document.ts';

/** An address in the memory of the WebAssembly instance. */
export type Pointer = number;

interface Internals {
  addFunction(callback: (...args: number[]) => number, signature: string): Pointer;
  xmlC14NExecute(
    document: Pointer,
    isVisible: Pointer,
    userData: number,
    mode: number,
    prefixes: Pointer,
    withComments: number,
    output: Pointer,
  ): number;
  xmlOutputBufferCreateIO(handler: {
    write: (chunk: Uint8Array) => number;
    close: () => boolean;
  }): Pointer;
  xmlOutputBufferClose(output: Pointer): number;
  allocCStringArray(strings: readonly string[]): Pointer;
  free(pointer: Pointer): void;
  XmlTreeCommonStruct: {
    type(node: Pointer): number;
    parent(node: Pointer): Pointer;
    children(node: Pointer): Pointer;
    next(node: Pointer): Pointer;
    name_(node: Pointer): string;
  };
  XmlNodeStruct: {
    properties(node: Pointer): Pointer;
    nsDef(node: Pointer): Pointer;
    line(node: Pointer): number;
  };
  XmlNodeSetStruct: { nodeTable(set: Pointer, size: number): Int32Array<ArrayBuffer> };
  XmlNsStruct: { next(namespace: Pointer): Pointer; href(namespace: Pointer): string };
  XmlErrorStruct: {
    message(error: Pointer): string;
    level(error: Pointer): number;
    file(error: Pointer): string | null;
    line(error: Pointer): number;
    node(error: Pointer): Pointer;
  };
  xmlRegisterInputProvider(provider: {
    match(name: string): boolean;
    open(name: string): number | undefined;
    read(handle: number, into: Uint8Array): number;
    close(handle: number): boolean;
  }): boolean;
  xmlSchemaNewDocParserCtxt(document: Pointer): Pointer;
  xmlSchemaSetParserStructuredErrors(context: Pointer, handler: Pointer, data: number): void;
  xmlSchemaParse(context: Pointer): Pointer;
  xmlSchemaFreeParserCtxt(context: Pointer): void;
  xmlSchemaFree(schema: Pointer): void;
  xmlSchemaNewValidCtxt(schema: Pointer): Pointer;
  xmlSchemaSetValidStructuredErrors(context: Pointer, handler: Pointer, data: number): void;
  xmlSchemaValidateOneElement(context: Pointer, element: Pointer): number;
  xmlSchemaFreeValidCtxt(context: Pointer): void;
}

export const libxml2 = raw as unknown as Internals;

export function documentPointer(document: XmlDocument): Pointer {
  return (document as unknown as { _ptr: Pointer })._ptr;
}

export function nodePointer(element: XmlElement): Pointer {
  return (element as unknown as { _nodePtr: Pointer })._nodePtr;
}
