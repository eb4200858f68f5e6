import { Fault } from '../../fault/fault.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { canonicalize } from '../../xml/canonicalize.ts';
import { type XmlDocument, type XmlElement, XmlRefused } from '../../xml/document.ts';
import { certificateFor, targetOf } from '../examine.ts';
import type { FoundSignature } from '../find.ts';
import type { Profile } from '../profiles.ts';
import type { Structure } from '../structure.ts';
import { transformed } from '../transforms.ts';
import { computedDigest } from '../verify.ts';
import { Budget, type Limits } from './budget.ts';
import type { Cause } from './causes.ts';
import { type Difference, differenceOf } from './difference.ts';
import { searchDigest } from './digest.ts';
import type { Find, Finds } from './search.ts';
import { searchValue } from './value.ts';
import type { Parts } from './xop.ts';

/** Digests in base64; null where they cannot be known. */
export interface Reference {
  readonly uri: string;
  readonly expected: string | null;
  readonly computed: string | null;
}

/** What an explanation goes by. */
export interface Evidence {
  readonly document: XmlDocument;
  /** What the document was parsed from. */
  readonly bytes: Uint8Array;
  readonly parts: Parts;
  /** The signature profiles that count. */
  readonly profiles: readonly Profile[];
  readonly limits: Limits;
}

/** The two searches in one signature. */
export class Suspect {
  readonly tried = new Set<Cause>();
  readonly #evidence: Evidence;
  readonly #found: FoundSignature;
  readonly #structure: Structure;
  readonly #target: XmlElement | undefined;
  readonly #received: Buffer | undefined;
  readonly #signedInfo: Buffer | undefined;

  constructor(evidence: Evidence, found: FoundSignature, structure: Structure) {
    this.#evidence = evidence;
    this.#found = found;
    this.#structure = structure;
    const target = attempt(() => targetOf(evidence.document, structure));
    this.#target = target;
    this.#received = target && attempt(() => transformed(structure, target));
    const { signedInfo, canonicalization, signedInfoPrefixes } = structure;
    this.#signedInfo = attempt(() =>
      canonicalize(signedInfo, canonicalization, signedInfoPrefixes),
    );
  }

  reference(): Reference {
    const { targetId, digest } = this.#structure;
    const computed = this.#computed();
    return {
      uri: targetId === '' ? '' : `#${targetId}`,
      expected: digest.toString('base64'),
      computed: computed?.toString('base64') ?? null,
    };
  }

  digest(): Find | undefined {
    const { document, bytes, parts } = this.#evidence;
    const digestCase = {
      ...{ document, bytes, parts, structure: this.#structure, target: this.#target },
      demanded: this.#found.demanded,
    };
    const budget = new Budget(this.#evidence.limits);
    return searchDigest(digestCase, this.#received, budget, this.tried);
  }

  value(digestIsBad: boolean): Find | undefined {
    const { document, limits } = this.#evidence;
    const structure = this.#structure;
    const certificate = attempt(
      (): Certificate => certificateFor(document, structure, this.#found),
    );
    const computed = digestIsBad ? this.#computed() : undefined;
    const valueCase = { document, structure, certificate, computed };
    if (this.#signedInfo === undefined) return undefined;
    return searchValue(valueCase, this.#signedInfo, new Budget(limits), this.tried);
  }

  difference({ digest, value }: Finds): Difference | null {
    const ofDigest =
      digest?.octets && this.#received && differenceOf(digest.octets, this.#received);
    const ofValue =
      value?.octets && this.#signedInfo && differenceOf(value.octets, this.#signedInfo);
    return ofDigest ?? ofValue ?? null;
  }

  #computed(): Buffer | undefined {
    return this.#received && computedDigest(this.#structure, this.#received);
  }
}

/** What the work gives; undefined where the message does not let it. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Fault || thrown instanceof XmlRefused) return undefined;
    throw thrown;
  }
}
