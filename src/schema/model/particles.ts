import type { XsdNode } from '../xsd-components.ts';
import type { ElementModel } from './types.ts';
import type { Wildcard } from './wildcard.ts';

interface Occurs {
  readonly min: number;
  /** Infinity: unbounded. */
  readonly max: number;
}

export interface ElementParticle extends Occurs {
  readonly kind: 'element';
  readonly element: ElementModel;
}

export interface AnyParticle extends Occurs {
  readonly kind: 'any';
  readonly node: XsdNode;
  readonly wildcard: Wildcard;
}

export interface GroupParticle extends Occurs {
  readonly kind: 'sequence' | 'choice' | 'all';
  readonly items: readonly Particle[];
}

/** A content model without names of groups: what stands in an element, and how often. */
export type Particle = ElementParticle | AnyParticle | GroupParticle;

export const nothing: GroupParticle = { kind: 'sequence', items: [], min: 1, max: 1 };

export function occursOf({ attributes }: XsdNode): Occurs {
  const { minOccurs = '1', maxOccurs = '1' } = attributes;
  return {
    min: Number(minOccurs),
    max: maxOccurs.trim() === 'unbounded' ? Infinity : Number(maxOccurs),
  };
}

/** The same content with the nesting taken out that means nothing. */
export function plain(particle: Particle): Particle {
  if (particle.kind === 'element' || particle.kind === 'any') return particle;
  const { kind, min, max } = particle;
  if (max === 0) return nothing;
  const items = particle.items.map(plain).flatMap((item) => lifted(item, kind));
  const [only] = items;
  if (kind === 'sequence' && only === undefined) return nothing;
  if (only !== undefined && items.length === 1 && kind !== 'all') {
    const occurs = product(only, { min, max });
    if (occurs !== undefined) return { ...only, ...occurs };
  }
  return { kind, items, min, max };
}

function lifted(item: Particle, into: GroupParticle['kind']): readonly Particle[] {
  if (item.max === 0) return into === 'choice' ? [nothing] : [];
  if (item.kind !== into || item.min !== 1 || item.max !== 1 || into === 'all') return [item];
  return item.items;
}

/** How often in all, where that says the same: (a{2}){0,2} is not a{0,4}. */
function product(inner: Occurs, outer: Occurs): Occurs | undefined {
  const one = ({ min, max }: Occurs) => min === 1 && max === 1;
  if (one(inner)) return outer;
  if (one(outer)) return inner;
  if (inner.min > 1 || outer.min > 1) return undefined;
  if (inner.max !== 1 && inner.max !== Infinity && outer.max !== 1) return undefined;
  return { min: inner.min * outer.min, max: inner.max * outer.max };
}

/** Every element and wildcard of a content model, in order. */
export function leaves(particle: Particle): (ElementParticle | AnyParticle)[] {
  if (particle.kind === 'element' || particle.kind === 'any') return [particle];
  return particle.items.flatMap(leaves);
}
