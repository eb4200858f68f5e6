import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { capturedXml } from '../../src/cli/captured.ts';
import type { Version } from '../../src/smev/namespaces.ts';
import { smevNamespaces, soapNamespace, versions } from '../../src/smev/namespaces.ts';
import { type XmlDocument, XmlElement } from '../../src/xml/document.ts';
import { child, childElements, isNamed } from '../../src/xml/navigate.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of reference data, or undefined where it was not provided. */
export function referenceFolder(): string | undefined {
  const folder = process.env['MEZHVED_REFERENCE'] ?? join(checkout, 'reference');
  return existsSync(join(folder, 'samples')) ? folder : undefined;
}

/** Skips the test with the reason unless the reference data are there. */
export function needReference(context: Mocha.Context): string {
  const folder = referenceFolder();
  if (folder !== undefined) return folder;
  const title = context.test?.fullTitle() ?? '';
  console.log(`SKIPPED: ${title}: provide reference data in MEZHVED_REFERENCE or reference/`);
  return context.skip();
}

/** Published sets of each version, in the reference folder. */
const publishedSets: Readonly<Record<Version, string>> = {
  '1.1': 'noadavis/v1_1',
  '1.2': 'noadavis/v1_2',
  '1.3': 'mimic/v3',
};

export function publishedFolder(reference: string, version: Version): string {
  return join(reference, 'xsd/smev3', publishedSets[version]);
}

/** The published files of a version and a main one that imports types and faults, as its WSDL does. */
export function publishedSet(reference: string, version: Version) {
  const folder = publishedFolder(reference, version);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.xsd'))
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  const main = importing(version, (part) => `smev-message-exchange-${part}-${version}.xsd`);
  return [...files, { name: 'all.xsd', bytes: Buffer.from(main) }];
}

function importing(version: Version, locate: (part: string) => string): string {
  const { types, faults } = smevNamespaces[version];
  return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
    <xs:import namespace="${types}" schemaLocation="${locate('types')}"/>
    <xs:import namespace="${faults}" schemaLocation="${locate('faults')}"/>
  </xs:schema>`;
}

export interface Sample {
  /** Path from the folder of samples. */
  readonly name: string;
  readonly xml: Uint8Array;
}

/** The files of the reference that hold XML, or a captured multipart message. */
export function samples(reference: string): Sample[] {
  const folder = join(reference, 'samples');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(xml|txt)$/.test(name))
    .sort()
    .map((name) => ({ name, xml: capturedXml(readFileSync(join(folder, name))).xml }));
}

/** The SMEV 3 message of a document, as `validate` finds it. */
export function messageOf(
  document: XmlDocument,
): { element: XmlElement; version: Version } | undefined {
  const { root } = document;
  const body = isNamed(root, soapNamespace, 'Envelope') && child(root, soapNamespace, 'Body');
  const element = body ? childElements(body)[0] : root;
  if (!(element instanceof XmlElement)) return undefined;
  const version = versions.find((v) =>
    [smevNamespaces[v].types, smevNamespaces[v].basic].includes(element.namespaceUri),
  );
  return version && { element, version };
}

export function hasXmllint(): boolean {
  return spawnSync('xmllint', ['--version']).status === 0;
}

/** xmllint's verdict on each document by the published schemas; works in `folder`. */
export function xmllintVerdicts(
  reference: string,
  version: Version,
  documents: readonly Uint8Array[],
  folder: string,
): boolean[] {
  mkdirSync(folder, { recursive: true });
  const published = publishedFolder(reference, version);
  const main = join(folder, 'all.xsd');
  const locate = (part: string) =>
    pathToFileURL(join(published, `smev-message-exchange-${part}-${version}.xsd`)).href;
  writeFileSync(main, importing(version, locate));
  const names = documents.map((bytes, index) => {
    const name = join(folder, `${index}.xml`);
    writeFileSync(name, bytes);
    return name;
  });
  const verdicts = new Map<string, boolean>();
  for (let from = 0; from < names.length; from += 500) {
    const batch = names.slice(from, from + 500);
    const { stderr } = spawnSync('xmllint', ['--nonet', '--noout', '--schema', main, ...batch], {
      maxBuffer: 1 << 28,
      encoding: 'utf8',
    });
    for (const line of stderr.split('\n')) {
      const match = /^(.*) (validates|fails to validate)$/.exec(line);
      if (match?.[1] !== undefined) verdicts.set(match[1], match[2] === 'validates');
    }
  }
  return names.map((name) => {
    const verdict = verdicts.get(name);
    if (verdict === undefined) throw new Error(`xmllint gave no verdict on ${name}`);
    return verdict;
  });
}
