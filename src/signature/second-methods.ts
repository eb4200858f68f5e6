import { verify as verifyWithKey } from 'node:crypto';
import {
  C14nCanonicalization,
  type CanonicalizationOrTransformationAlgorithm,
  ExclusiveCanonicalization,
  type HashAlgorithm,
  type SignatureAlgorithm as SignatureMethod,
  SignedXml,
} from 'xml-crypto';
import { referenceArithmetic } from '../gost/reference.ts';
import { readCertificate } from '../pki/certificate.ts';
import { exclusive } from '../xml/canonicalize.ts';
import { digestAlgorithms, type SignatureAlgorithm, signatureAlgorithms } from './algorithms.ts';
import { digestOf } from './digest.ts';
import { smevTransformUri } from './profiles.ts';
import { smevTransformReference } from './smev-transform-reference.ts';

// What xml-crypto lacks or does otherwise than the standards say, for src/signature/second-opinion.ts
// alone. Its own work, parsing and canonicalization, stays its own: that is what a second opinion is for.

type Options = Parameters<CanonicalizationOrTransformationAlgorithm['process']>[1];
type Process = CanonicalizationOrTransformationAlgorithm['process'];
type DomNode = Parameters<Process>[0];
type DomElement = Parameters<ExclusiveCanonicalization['process']>[0];

const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';

/** Canonicalizations and transforms by URI, as xml-crypto takes them. */
export function secondTransforms(): Record<
  string,
  new () => CanonicalizationOrTransformationAlgorithm
> {
  return { [exclusive]: Exclusive, [inclusive]: Inclusive, [smevTransformUri]: Smev };
}

class Exclusive extends ExclusiveCanonicalization {
  // Canonical XML 1.0 §2.2: by code point. Its own order is that of a language.
  override nsCompare(a: { prefix: string }, b: { prefix: string }): number {
    return a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : 0;
  }

  override process(node: DomElement, options: Options): string {
    return super.process(node, inScope(node, options));
  }
}

class Inclusive extends C14nCanonicalization {
  override process(node: DomNode, options: Options): string {
    return super.process(node, inScope(node, options));
  }
}

/**
 * The namespaces around SignedInfo. xml-crypto takes those of the first SignedInfo in the document,
 * which may be another signature's; the right ones stand on the signature that was loaded.
 */
function inScope(node: DomNode, options: Options): Options {
  const { localName, attributes } = node as DomElement;
  const loaded = options?.signatureNode as { documentElement?: DomElement } | null | undefined;
  const signature = loaded?.documentElement;
  if (localName !== 'SignedInfo' || signature === undefined) return options ?? {};
  const own = declarations(attributes).map(({ prefix }) => prefix);
  const ancestorNamespaces = declarations(signature.attributes).filter(
    ({ prefix }) => !own.includes(prefix),
  );
  return { ...options, ancestorNamespaces };
}

function declarations(attributes: DomElement['attributes']) {
  return Array.from(attributes)
    .filter(({ name }) => name === 'xmlns' || name.startsWith('xmlns:'))
    .map(({ name, value }) => ({ prefix: name.slice(6), namespaceURI: value }));
}

/** The transform in its TypeScript reference, over octets that xml-crypto made. */
class Smev implements CanonicalizationOrTransformationAlgorithm {
  getAlgorithmName(): string {
    return smevTransformUri;
  }

  // xml-crypto parses what the transform before gave: its exclusive form is that again.
  process(node: DomNode): string {
    return smevTransformReference(
      Buffer.from(new Exclusive().process(node as DomElement, {})),
    ).toString();
  }
}

/**
 * Digest methods by URI.
 *
 * @param seen is told what each digest was computed over
 */
export function secondDigests(
  seen: (octets: Buffer) => void,
): Record<string, new () => HashAlgorithm> {
  return mapped(digestAlgorithms, (uri, hash) => {
    return class implements HashAlgorithm {
      getAlgorithmName(): string {
        return uri;
      }

      getHash(xml: string): string {
        const octets = Buffer.from(xml);
        seen(octets);
        return digestOf(hash, octets).toString('base64');
      }
    };
  });
}

/**
 * Signature methods by URI: xml-crypto's own where it has them.
 *
 * @param seen is told the canonical SignedInfo and the certificate, PEM, whose key is asked
 */
export function secondSignatures(
  seen: (signedInfo: Buffer, certificate: string) => void,
): Record<string, new () => SignatureMethod> {
  const own = new SignedXml().SignatureAlgorithms;
  return mapped(signatureAlgorithms, (uri, row) => {
    const Own = own[uri];
    return class implements SignatureMethod {
      getAlgorithmName(): string {
        return uri;
      }

      getSignature(): never {
        throw new RangeError('a second opinion signs nothing');
      }

      verifySignature(material: string, key: unknown, value: string): boolean {
        const certificate = String(key);
        seen(Buffer.from(material), certificate);
        return Own === undefined
          ? valueFits(row, certificate, material, value)
          : new Own().verifySignature(material, certificate, value);
      }
    };
  });
}

function valueFits(
  { keyKind, hash }: SignatureAlgorithm,
  certificate: string,
  material: string,
  base64: string,
): boolean {
  const value = Buffer.from(base64, 'base64');
  if (keyKind === 'rsa' || keyKind === 'ec') {
    const key = { key: certificate, dsaEncoding: 'ieee-p1363' } as const;
    return verifyWithKey(hash, Buffer.from(material), key, value);
  }
  const { gostKey } = readCertificate(certificate);
  if (gostKey === undefined) return false;
  const { curve, point } = gostKey;
  const digest = digestOf(hash, Buffer.from(material));
  if (digest.length !== curve.bytes || value.length !== 2 * curve.bytes) return false;
  return referenceArithmetic(curve).verify(point, digest, value);
}

function mapped<T, U>(
  table: Readonly<Record<string, T>>,
  make: (uri: string, row: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(table).map(([uri, row]) => [uri, make(uri, row)]));
}
