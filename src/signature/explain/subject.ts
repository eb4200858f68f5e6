import { canonicalizeAs } from '../../xml/canonicalize.ts';
import type { XmlElement } from '../../xml/document.ts';
import type { Cause } from './causes.ts';
import { type Attribute, type ElementNode, readCanonical } from './tree.ts';

/** An element whose canonical octets were signed, as a value that can be changed. */
export interface Subject {
  /** With every namespace in scope declared on it, and with comments. */
  readonly tree: ElementNode;
  /** Attributes xml:* of the elements around it, which inclusive canonicalization takes along. */
  readonly inherited: readonly Attribute[];
  /** What each element around it declares, the nearest first, after its own declarations. */
  readonly declarations: readonly ReadonlyMap<string, string>[];
}

/** One thing to try: the octets that would have been signed if these were the causes. */
export interface Trial {
  readonly causes: readonly Cause[];
  /** What exactly: names alone, no values. */
  readonly about?: string;
  /** Undefined where it cannot be done. */
  octets(): Buffer | undefined;
}

/** Turns a tree into octets: as the signature declares, or otherwise for one cause. */
export interface Way {
  readonly cause?: Cause;
  readonly inclusive: boolean;
  /** Whether the SMEV transform follows: it hides prefixes and white space between elements. */
  readonly smev: boolean;
  write(tree: ElementNode): Buffer | undefined;
}

/** Turns what came into what may have been signed: none where the cause cannot be. */
export interface Edit {
  readonly cause: Cause;
  /** What hides the change: exclusive canonicalization, or the SMEV transform. */
  readonly hiddenBy?: 'exclusive' | 'smev';
  change(tree: ElementNode): Iterable<ElementNode>;
}

/** @param without an element inside that is left out */
export function subjectOf(element: XmlElement, without?: XmlElement): Subject | undefined {
  const octets = canonicalizeAs(element, { inclusive: true, comments: true }, [], without);
  const apex = readCanonical(octets);
  if (apex === undefined) return undefined;
  const own = element.attrs.filter(({ prefix }) => prefix === 'xml').map(({ name }) => name);
  const isInherited = ({ prefix, local }: Attribute) => prefix === 'xml' && !own.includes(local);
  const declarations: ReadonlyMap<string, string>[] = [];
  for (let at: XmlElement | null = element; at !== null; at = at.parent) {
    declarations.push(new Map(Object.entries(at.nsDeclarations)));
  }
  return {
    tree: { ...apex, attributes: apex.attributes.filter((each) => !isInherited(each)) },
    inherited: apex.attributes.filter(isInherited),
    declarations,
  };
}
