import { Fault } from '../fault/fault.ts';
import { readCertificate } from '../pki/certificate.ts';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import { judgeCertificate } from '../pki/trust.ts';
import { type Arrived, nameOf, shown } from './arrived-files.ts';
import type { ExchangeContext } from './context.ts';
import type { Called } from './stages.ts';

/**
 * Whose signature each file bears, by fingerprint; whoever signed must be trusted now, be it a person or
 * the system.
 *
 * @throws Fault ATTACHMENT_SIGNATURE_INVALID, and those of certificates
 */
export async function verifySignatures(
  context: ExchangeContext,
  { received, verified }: Called,
  arrived: readonly Arrived[],
): Promise<ReadonlyMap<Arrived, string>> {
  const digested = [];
  const signed = [];
  for (const file of arrived) {
    const { signature } = file.claimed;
    if (signature === undefined) continue;
    const digest =
      file.digests.get(signature.hash) ?? (await digestOf(context, file, signature.hash));
    digested.push({ name: nameOf(file.claimed), cms: signature.cms, digest });
    signed.push(file);
  }
  if (digested.length === 0) return new Map();
  const { anchors } = context.registry();
  const old = { gost2001: verified.profile === 'smev3-2001' };
  const signers = new Map<Arrived, string>();
  for (const [index, der] of (await context.compute.verifyFiles(digested)).entries()) {
    const certificate = readCertificate(der);
    const distrust = judgeCertificate(certificate, anchors, received.at, old);
    const file = signed[index];
    if (file === undefined) continue;
    if (distrust !== undefined) {
      const why = distrust.detail.public === undefined ? '' : `: ${distrust.detail.public}`;
      throw new Fault(distrust.code, { public: `вложение ${shown(file.claimed)}${why}` });
    }
    signers.set(file, certificate.fingerprint);
  }
  return signers;
}

async function digestOf(
  { files, digester }: ExchangeContext,
  { key }: Arrived,
  hash: ContentHash,
): Promise<Uint8Array> {
  const running = digester.begin([hash]);
  try {
    for await (const chunk of (await files.read(key)) as AsyncIterable<Buffer>) {
      await running.update(chunk);
    }
    const digest = (await running.finish()).get(hash);
    if (digest === undefined) throw new Fault('INTERNAL', { private: `no digest ${hash}` });
    return digest;
  } finally {
    running.drop();
  }
}
