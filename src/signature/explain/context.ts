import { soapNamespace } from '../../smev/namespaces.ts';
import { neededOnApex } from './names.ts';
import type { Edit, Subject } from './subject.ts';
import type { ElementNode } from './tree.ts';

type Declarations = ReadonlyMap<string, string>;

/**
 * Inclusive canonicalization takes along what is declared around the element. What stood around it
 * when it was signed: only some of the elements that do now, or an envelope that is gone.
 */
export function contextEdit({ declarations }: Pick<Subject, 'declarations'>): Edit {
  return {
    cause: 'out-of-context',
    hiddenBy: 'exclusive',
    change: (tree) => {
      const needed = neededOnApex(tree);
      const inner = declarations
        .slice(0, -1)
        .map((_, count) => within(tree, [...declarations.slice(0, count + 1)].reverse(), needed));
      const outer = envelopes.map(
        (envelope): ElementNode => ({
          ...tree,
          declared: new Map([...envelope, ...tree.declared]),
        }),
      );
      return [...inner, ...outer];
    },
  };
}

function within(
  tree: ElementNode,
  outermostFirst: readonly Declarations[],
  needed: Declarations,
): ElementNode {
  const declared = new Map([...needed, ...outermostFirst.flatMap((each) => [...each])]);
  return { ...tree, declared };
}

const prefixes = ['soap', 'soapenv', 'S', 's', 'SOAP-ENV', 'env'];
const instance: readonly [string, string][] = [
  ['xsi', 'http://www.w3.org/2001/XMLSchema-instance'],
  ['xsd', 'http://www.w3.org/2001/XMLSchema'],
];
const envelopes: readonly Declarations[] = [
  new Map(instance),
  ...prefixes.flatMap((prefix) => [
    new Map([[prefix, soapNamespace]]),
    new Map([[prefix, soapNamespace], ...instance]),
  ]),
];
