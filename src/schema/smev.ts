import type { Finding } from '../fault/fault.ts';
import { smevNamespaces, type Version, versions } from '../smev/namespaces.ts';
import type { XmlElement } from '../xml/document.ts';
import { childElements, isNamed } from '../xml/navigate.ts';
import type { XsdProblem } from '../xml/xsd.ts';
import { type CompiledSchema, compileSchemas } from './compile.ts';
import { findingOf } from './finding.ts';
import { toleratedDeviations } from './tolerance.ts';
import { findingsMax } from './validate.ts';

/** The folders of schemas/smev: a version each, and the tolerant reading of 1.2. */
const smevSets = [...versions, '1.2-tolerant'] as const;
export type SmevSet = (typeof smevSets)[number];

/** The compiled schemas of the envelope. */
export type SmevSchemas = Readonly<Record<SmevSet, CompiledSchema>>;

export interface EnvelopeJudgement {
  readonly valid: boolean;
  readonly findings: readonly Finding[];
  /** Names of the deviations from the published 1.2 that were let through; see tolerance.ts. */
  readonly tolerated: readonly string[];
}

const everywhere = ['basic.xsd', 'types.xsd', 'faults.xsd'] as const;

/** The schema files of a version, in its folder of schemas/smev and behind ?xsd=. */
export function schemaFileNames(set: SmevSet): readonly string[] {
  return set === '1.3' ? [...everywhere, 'routing.xsd', 'directive.xsd'] : everywhere;
}

/** Compiles the envelope's schemas of all versions; `read` gives a file of a set. */
export function compileSmevSchemas(read: (set: SmevSet, name: string) => Uint8Array): SmevSchemas {
  const compile = (set: SmevSet) => {
    const files = schemaFileNames(set).map((name) => ({ name, bytes: read(set, name) }));
    const version = set === '1.2-tolerant' ? '1.2' : set;
    return compileSchemas([...files, { name: 'all.xsd', bytes: bothImported(version) }], 'all.xsd');
  };
  return {
    '1.1': compile('1.1'),
    '1.2': compile('1.2'),
    '1.2-tolerant': compile('1.2-tolerant'),
    '1.3': compile('1.3'),
  };
}

export function disposeSmevSchemas(schemas: SmevSchemas): void {
  for (const set of smevSets) schemas[set].dispose();
}

/** As the WSDL does: types with faults, for xsi:type names the types of faults. */
function bothImported(version: Version): Uint8Array {
  const { types, faults } = smevNamespaces[version];
  return Buffer.from(
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:import namespace="${types}" schemaLocation="types.xsd"/>
  <xs:import namespace="${faults}" schemaLocation="faults.xsd"/>
</xs:schema>`,
  );
}

/**
 * Judges the child of a SOAP Body, or a bare element, by the schemas of its version. What an XOP
 * package moved out of AttachmentContent (xop:Include) counts as the base64 text it stands for.
 * 1.2 is read by the published schema first; what that refuses may pass the tolerant reading, and
 * each deviation is named.
 */
export function judgeEnvelope(
  schemas: SmevSchemas,
  version: Version,
  element: XmlElement,
): EnvelopeJudgement {
  const findings = judgeBy(schemas[version], version, element);
  if (findings.length === 0) return { valid: true, findings, tolerated: [] };
  if (version !== '1.2') return { valid: false, findings, tolerated: [] };
  const remaining = judgeBy(schemas['1.2-tolerant'], version, element);
  if (remaining.length > 0) return { valid: false, findings: remaining, tolerated: [] };
  return { valid: true, findings: [], tolerated: toleratedDeviations(element) };
}

function judgeBy(schema: CompiledSchema, version: Version, element: XmlElement): Finding[] {
  const counts = (problem: XsdProblem) =>
    !isIncluded(problem, version) && !isForeignType(problem, version);
  return schema.validate(element, findingsMax, counts).map(findingOf);
}

const xopNamespace = 'http://www.w3.org/2004/08/xop/include';
const elementsInSimpleType = 1828;
const unresolvedType = 1851;

/** XOP 1.0 §3: base64 content whose only child is xop:Include. */
function isIncluded({ code, element }: XsdProblem, version: Version): boolean {
  if (code !== elementsInSimpleType || element === undefined) return false;
  if (!isNamed(element, smevNamespaces[version].basic, 'Content')) return false;
  const [include, ...others] = childElements(element);
  if (include === undefined || others.length > 0) return false;
  return isNamed(include, xopNamespace, 'Include') && element.content.trim() === '';
}

/**
 * 1.3 takes business content laxly: an xsi:type that the envelope's schemas do not know is then no
 * error (XML Schema Part 1 §3.3.4, Schema-Validity Assessment (Element)); libxml2 makes it one.
 * The content's own schema judges it.
 */
function isForeignType({ code, element }: XsdProblem, version: Version): boolean {
  if (code !== unresolvedType || element === undefined) return false;
  return !element.namespaceUri.startsWith(smevNamespaces[version].types.slice(0, -3));
}
