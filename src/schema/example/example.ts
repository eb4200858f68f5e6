import type { Finding } from '../../fault/fault.ts';
import { withXml } from '../../xml/document.ts';
import { compileSchemas } from '../compile.ts';
import { Types } from '../model/types.ts';
import type { SchemaFile } from '../set.ts';
import { findingsMax, validateElement } from '../validate.ts';
import { expanded, readComponents } from '../xsd-components.ts';
import { Builder, type Unmade } from './builder.ts';
import { type Choices, plainChoices } from './choices.ts';
import { Prefixes } from './prefixes.ts';

/** An example of business content, and what its schema says of it. */
export interface Example {
  readonly xml: string;
  /** The judgement of the compiled schema, never a claim. */
  readonly valid: boolean;
  readonly findings: readonly Finding[];
  /** What could not be made. */
  readonly unmade: readonly Unmade[];
}

/**
 * An example of a root element: all that is required, each optional part once near the top, the first
 * branch of a choice that can be made, values that fit. The same schemas give the same example. The
 * schemas were admitted, the main file first; undefined where they do not declare the root.
 *
 * @throws XsdUnread of xs:redefine
 * @throws SchemaRefused where the schemas do not compile
 */
export function exampleOf(
  files: readonly SchemaFile[],
  root: { readonly namespace: string; readonly local: string },
): Example | undefined {
  const types = new Types(readComponents(files));
  const written = writeExample(types, expanded(root.namespace, root.local), plainChoices());
  if (written === undefined) return undefined;
  const findings = judge(files, written.xml);
  return { ...written, valid: findings.length === 0, findings };
}

/** An example as it is written, without a judgement; undefined where the root is not declared. */
export function writeExample(
  types: Types,
  root: string,
  choices: Choices,
): Pick<Example, 'xml' | 'unmade'> | undefined {
  const element = types.root(root);
  if (element === undefined) return undefined;
  const prefixes = new Prefixes(element.namespace);
  const { lines, unmade } = new Builder(types, choices, prefixes).element(element, '');
  const tag = prefixes.qualified(element.name);
  const [start = `<${tag}/>`, ...rest] = lines;
  const declared = start.replace(`<${tag}`, () => `<${tag}${prefixes.declarations()}`);
  return { xml: `${[declared, ...rest].join('\n')}\n`, unmade };
}

function judge(files: readonly SchemaFile[], xml: string): Finding[] {
  const compiled = compileSchemas(files, files[0]?.name ?? '');
  try {
    return withXml(Buffer.from(xml), (document) =>
      validateElement(compiled, document.root, findingsMax),
    );
  } finally {
    compiled.dispose();
  }
}
