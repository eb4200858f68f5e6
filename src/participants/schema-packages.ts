import { judgeCertificate } from '../pki/trust.ts';
import {
  type AdmissionLimits,
  admissionLimits,
  admitPackage,
} from '../schema/admission/admission.ts';
import type { AdmissionFinding } from '../schema/admission/findings.ts';
import type { Admission } from '../schema/admission/judge.ts';
import type { SchemaPackage } from '../schema/package.ts';
import { packageSigner } from '../schema/package-signature.ts';
import type { SchemaFile } from '../schema/set.ts';
import { type ApplyContext, ApplyRefused } from './apply.ts';
import { judgeRegistration } from './registration.ts';
import type { MessageType, Registry } from './registry.ts';
import { admitVersion } from './schema-admitting.ts';
import { countingVersions } from './type-versions.ts';

/** A package of schemas that a partner brings as a version of a message type. */
export interface PackageOffer {
  readonly type: string;
  readonly version: string;
  readonly package: SchemaPackage;
  /** Detached PKCS#7 over the package: DER. */
  readonly signature: Uint8Array | undefined;
  /** Local names; those of the type's newest version where absent. */
  readonly requestRoot?: string | undefined;
  readonly responseRoot?: string | undefined;
  /** Where several of the package's namespaces declare both. */
  readonly namespace?: string | undefined;
  /** Nothing is kept: it is only said what is wrong. */
  readonly check?: boolean | undefined;
}

/** What became of an offer. */
export interface OfferOutcome
  extends Pick<Admission, 'errors' | 'warnings' | 'ignored' | 'namespace'> {
  /** 'present': the very same was admitted before; 'good': it was only checked. */
  readonly outcome: 'admitted' | 'present' | 'refused' | 'good';
  readonly signer: { readonly fingerprint: string; readonly system: string } | undefined;
}

/**
 * Checks a package apart from this process, and keeps it as a version of its type where nothing is wrong
 * with it. It counts for nothing yet.
 *
 * @param limits of the check
 * @throws ApplyRefused where there is no such type, its policy wants another signature, or the version is
 *   there with other bytes
 */
export async function takePackage(
  context: Pick<ApplyContext, 'journal' | 'who' | 'now' | 'random'>,
  registry: Registry,
  offer: PackageOffer,
  limits: AdmissionLimits = admissionLimits,
): Promise<OfferOutcome> {
  const type = registry.findMessageType(offer.type);
  if (type === undefined) {
    throw new ApplyRefused(`нет вида сведений ${offer.type} / there is no such message type`);
  }
  const signer = await signerOf(registry, type, offer, context.now());
  const roots = rootsOf(type, offer, context.now());
  const { errors, warnings, ignored, schemas, namespace } = await admitPackage(
    {
      package: offer.package,
      roots: { ...roots, ...(offer.namespace !== undefined && { namespace: offer.namespace }) },
      known: knownSchemas(registry),
      personalSignature: type.personalSignature === 'required',
    },
    limits,
  );
  const told = { errors, warnings, ignored, namespace, signer };
  if (errors.length > 0) return { ...told, outcome: 'refused' };
  if (offer.check === true) return { ...told, outcome: 'good' };
  const { type: id, version } = offer;
  const admission = { type: id, version, namespace, ...roots, schemas };
  const outcome = await admitVersion(context, { ...admission, signer: signer?.fingerprint });
  return { ...told, outcome };
}

/** As an operator and a partner read them, the errors first. */
export function findingLines(findings: readonly AdmissionFinding[]): string[] {
  return findings.flatMap(({ path, line, rule, text, mend }) => [
    `${[path, line].filter((each) => each !== '' && each !== 0).join(':')} ${rule}: ${text}`.trim(),
    `    ${mend}`,
  ]);
}

function rootsOf(type: MessageType, offer: PackageOffer, now: number) {
  const newest = countingVersions(type, now)[0] ?? type.versions.at(-1);
  return {
    requestRoot: offer.requestRoot ?? newest?.requestRoot ?? '',
    responseRoot: offer.responseRoot ?? newest?.responseRoot ?? '',
  };
}

/** What imports may find beyond the package: all that is declared or was admitted. */
function knownSchemas({ messageTypes }: Registry): SchemaFile[] {
  return messageTypes.flatMap(({ versions }) => versions.flatMap(({ schemas }) => schemas));
}

async function signerOf(
  registry: Registry,
  type: MessageType,
  { package: from, signature }: PackageOffer,
  at: number,
): Promise<OfferOutcome['signer']> {
  const { schemaSigners } = type;
  if (signature === undefined) {
    if (schemaSigners.length === 0) return undefined;
    throw new ApplyRefused(
      `${type.id}: нужна подпись пакета участником (${schemaSigners.join(', ')}): --signature / ` +
        'the package must be signed by one of these participants',
    );
  }
  const maySign = (fingerprint: string) => {
    const participant = registry.systemOfCertificate(fingerprint)?.system.participant;
    if (participant === undefined) return false;
    return schemaSigners.length === 0 || schemaSigners.includes(participant);
  };
  const found = await packageSigner(from, signature, maySign);
  if ('refused' in found) throw new ApplyRefused(`${signatureWords}: ${found.text}`);
  const { certificate } = found;
  const owner = registry.systemOfCertificate(certificate.fingerprint);
  if (owner === undefined) return undefined;
  const { system, registration } = owner;
  const others = () => registry.registrationsOf(system.id);
  const distrust =
    judgeRegistration(registration, others, at) ??
    judgeCertificate(certificate, registry.trustAt(at), at);
  if (distrust === undefined) return { fingerprint: certificate.fingerprint, system: system.id };
  const { ru, en } = distrust.row;
  throw new ApplyRefused(`${signatureWords}: ${ru[0]} / ${en[0]}`);
}

const signatureWords = 'подпись пакета / signature of the package';
