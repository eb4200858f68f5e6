import { dsNamespace } from '../../smev/namespaces.ts';
import { type Canonicalization, canonicalizations, exclusive } from '../../xml/canonicalize.ts';
import type { XmlElement } from '../../xml/document.ts';
import { child, childElements } from '../../xml/navigate.ts';
import { envelopedUri, type Profile, profiles, smevTransformUri } from '../profiles.ts';
import { readStructure, type Structure, type Transform } from '../structure.ts';
import type { Cause } from './causes.ts';
import { attempt } from './suspect.ts';

/** A signature that can be computed with, and what had to be put right for that. */
export interface Readable {
  readonly structure: Structure;
  readonly mended: readonly Cause[];
}

/**
 * Reads a ds:Signature by the profiles or, where none allows it, by what it says itself: its methods
 * as they stand, its transforms in the order in which they make sense. For the eyes alone.
 */
export function readLeniently(
  signature: XmlElement,
  allowed: readonly Profile[],
): Readable | undefined {
  const strict = attempt(() => readStructure(signature, allowed));
  if (strict !== undefined) return { structure: strict, mended: [] };
  const structure = attempt(() => readStructure(signature, [ownProfile(signature)]));
  if (structure === undefined) return undefined;
  const transforms = mend(structure.transforms);
  const moved = isMoved(structure.transforms);
  return { structure: { ...structure, transforms }, mended: moved ? ['smev-transform-order'] : [] };
}

/** The profile that a signature would follow if it were right. */
function ownProfile(signature: XmlElement): Profile {
  const at = (parent: XmlElement | undefined, local: string) =>
    parent && child(parent, dsNamespace, local);
  const transforms = at(at(at(signature, 'SignedInfo'), 'Reference'), 'Transforms');
  const row = transforms && childElements(transforms).map((e) => e.attr('Algorithm')?.value ?? '');
  const all = Object.values(profiles);
  return {
    name: 'gost-archive',
    keyKinds: all.flatMap(({ keyKinds }) => keyKinds),
    hashes: all.flatMap(({ hashes }) => hashes),
    canonicalizations: Object.keys(canonicalizations) as Canonicalization[],
    transforms: [row ?? []],
    wholeDocument: true,
  };
}

/** Enveloped first, then one canonicalization, exclusive where there is none, then SMEV's. */
function mend(transforms: readonly Transform[]): Transform[] {
  const named = (uri: string) =>
    transforms.filter(({ algorithm }) => algorithm === uri).slice(0, 1);
  const canonical = transforms
    .map((each) => ({
      ...each,
      algorithm: each.algorithm.replace(/#?WithComments$/, hashOfExclusive),
    }))
    .find(({ algorithm }) => Object.hasOwn(canonicalizations, algorithm));
  return [
    ...named(envelopedUri),
    canonical ?? { algorithm: exclusive, prefixes: [] },
    ...named(smevTransformUri),
  ];
}

// The exclusive URI ends in #, the inclusive one does not.
function hashOfExclusive(_found: string, _at: number, whole: string): string {
  return whole.startsWith(exclusive) ? '#' : '';
}

function isMoved(transforms: readonly Transform[]): boolean {
  const at = transforms.findIndex(({ algorithm }) => algorithm === smevTransformUri);
  return at >= 0 && (at < transforms.length - 1 || at === 0);
}
