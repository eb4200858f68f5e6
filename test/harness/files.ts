import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCertificate } from '../../src/pki/certificate.ts';
import { contentHashOf, signDetached } from '../../src/pki/cms-sign.ts';
import { issuingKeyFromPem } from '../../src/pki/issuing-key.ts';
import { contentDigest } from '../../src/pki/signature-algorithms.ts';
import type { AttachedCall } from '../../src/smev/file-texts.ts';
import { parseMediaType } from '../../src/soap/media-type.ts';
import { MultipartReader } from '../../src/soap/multipart-reader.ts';
import { multipartHead } from '../../src/soap/multipart-writer.ts';
import { withXml, type XmlElement } from '../../src/xml/document.ts';
import { childElements } from '../../src/xml/navigate.ts';
import { type Agency, bodyOf, type SandboxKind } from './client.ts';
import { checkout } from './node.ts';

/** Key and certificate of an agency of the sandbox. */
function identityOf(agency: Agency, kind: SandboxKind) {
  const stem = join(checkout, 'certs.example', kind === 'rsa' ? agency : `${agency}-${kind}`);
  const certificate = readCertificate(readFileSync(`${stem}.crt.pem`, 'utf8'));
  return {
    key: issuingKeyFromPem(readFileSync(`${stem}.key.pem`, 'utf8'), certificate),
    certificate,
  };
}

/** A detached signature of octets by an agency of the sandbox. */
export function signatureOf(agency: Agency, kind: SandboxKind, octets: Uint8Array): Uint8Array {
  const { key, certificate } = identityOf(agency, kind);
  const digest = contentDigest(contentHashOf(key));
  digest.update(octets);
  return signDetached({ key, certificate, digest: digest.digest() });
}

/** The same of octets that are only known by the digest that the key signs. */
export function signatureOfDigest(
  agency: Agency,
  kind: SandboxKind,
  digest: Uint8Array,
): Uint8Array {
  return signDetached({ ...identityOf(agency, kind), digest });
}

/** A file in base64 in the envelope, with its signature. */
export function attached(
  contentId: string,
  octets: Uint8Array,
  agency: Agency = 'agency-a',
  kind: SandboxKind = 'rsa',
): AttachedCall {
  return {
    contentId,
    mimeType: 'application/octet-stream',
    signature: signatureOf(agency, kind, octets),
    content: { octets },
  };
}

export function sha256(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}

/** What the AttachmentContentList of an answer holds, by Id: its text without blanks. */
export function contentsOf(answer: string): Map<string, string> {
  return withXml(Buffer.from(answer), (document) => {
    const found = new Map<string, string>();
    const seek = (element: XmlElement) => {
      for (const inner of childElements(element)) {
        if (inner.name !== 'AttachmentContent') seek(inner);
        else {
          const [id, content] = childElements(inner);
          const include = content && childElements(content)[0];
          const href = include?.attr('href')?.value;
          found.set(id?.content ?? '', href ?? content?.content.replace(/\s/g, '') ?? '');
        }
      }
    };
    seek(bodyOf(document));
    return found;
  });
}

/** A multipart message as bytes, with its Content-Type. */
export function multipartOf(
  envelope: string | Uint8Array,
  parts: readonly { readonly contentId: string; readonly octets: Uint8Array }[],
): { readonly contentType: string; readonly bytes: Buffer } {
  const octets = new Map(parts.map((part) => [part.contentId, part.octets]));
  const { contentType, body } = multipartHead(
    `b${randomBytes(12).toString('hex')}`,
    Buffer.from(envelope),
    parts.map(({ contentId }) => ({ contentId, mimeType: 'application/octet-stream' })),
  );
  const pieces = body.map((piece) =>
    piece instanceof Uint8Array ? piece : (octets.get(piece.contentId) ?? Buffer.alloc(0)),
  );
  return { contentType, bytes: Buffer.concat(pieces) };
}

/** The parts of a multipart answer by Content-ID, the root under 'root'. */
export async function partsOf(response: Response): Promise<Map<string, Buffer>> {
  const type = parseMediaType(response.headers.get('content-type') ?? '');
  const parts = new Map<string, Buffer>();
  let id = '';
  let root = true;
  const limits = { partsMax: 100, headerBytesMax: 10_000, totalBytesMax: 1 << 30 };
  const reader = new MultipartReader(type?.parameters.get('boundary'), limits, {
    part: ({ contentId = '' }) => {
      id = root ? 'root' : contentId;
      root = false;
      parts.set(id, Buffer.alloc(0));
    },
    data: (chunk) => parts.set(id, Buffer.concat([parts.get(id) ?? Buffer.alloc(0), chunk])),
    partEnd: () => undefined,
  });
  reader.push(Buffer.from(await response.arrayBuffer()));
  reader.end();
  return parts;
}
