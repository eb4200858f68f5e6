import { Fault } from '../fault/fault.ts';
import {
  type Canonicalization,
  canonicalizations,
  canonicalize,
  exclusive,
} from '../xml/canonicalize.ts';
import type { XmlElement } from '../xml/document.ts';
import { envelopedUri, type ProfileName, profiles, smevTransformUri } from './profiles.ts';
import { smevTransform } from './smev-transform.ts';
import type { Structure } from './structure.ts';

/**
 * What the digest of the one Reference is computed over: the target through the transforms in their
 * order (XML Signature 1.1 §4.4.3.2). The SMEV transform comes last, and nothing is canonicalized
 * after it.
 *
 * @throws Fault TRANSFORM_REFUSED; SIGNATURE_FORMAT for a transform that no profile has
 */
export function transformed(
  { transforms, signature }: Pick<Structure, 'transforms' | 'signature'>,
  target: XmlElement,
): Buffer {
  let octets: Buffer | undefined;
  let without: XmlElement | undefined;
  for (const { algorithm, prefixes } of transforms) {
    if (algorithm === envelopedUri) without = signature;
    else if (algorithm === smevTransformUri && octets !== undefined) octets = smevTransform(octets);
    else if (isCanonicalization(algorithm) && octets === undefined) {
      octets = canonicalize(target, algorithm, prefixes, without);
    } else throw new Fault('SIGNATURE_FORMAT', { public: `Transform ${algorithm.slice(0, 200)}` });
  }
  if (octets === undefined) throw new Fault('SIGNATURE_FORMAT', { public: 'нет Transform' });
  return octets;
}

function isCanonicalization(uri: string): uri is Canonicalization {
  return Object.hasOwn(canonicalizations, uri);
}

/** The octets that a signature of this profile digests, as the node itself signs. */
export function octetsUnder(profile: ProfileName, element: XmlElement): Buffer {
  const octets = canonicalize(element, exclusive);
  return isSmev(profile) ? smevTransform(octets) : octets;
}

/** The transforms that a signature of this profile is made with. */
export function transformsOf(profile: ProfileName): readonly string[] {
  return profiles[profile].transforms[0] ?? [];
}

function isSmev(profile: ProfileName): boolean {
  return transformsOf(profile).includes(smevTransformUri);
}
