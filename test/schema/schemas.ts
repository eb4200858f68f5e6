import type { SchemaFile } from '../../src/schema/set.ts';

/** A schema of the namespace urn:t (prefix t) around the declarations. */
export function schemaText(inner: string): string {
  return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" \
targetNamespace="urn:t" elementFormDefault="qualified">${inner}</xs:schema>`;
}

export function schema(name: string, inner: string): SchemaFile {
  return { name, bytes: Buffer.from(schemaText(inner)) };
}
