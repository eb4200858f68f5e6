import { judge } from '../../src/compute/judge.ts';
import type { Question } from '../../src/compute/judge-again.ts';
import { signTemplate } from '../../src/compute/sign-template.ts';
import * as calls from '../../src/smev/calls.ts';
import type { Version } from '../../src/smev/namespaces.ts';
import { freshMessageId, type SandboxKind, sandboxSigner } from '../harness/client.ts';
import { noteRequest, testRules } from '../harness/rules.ts';

/** A signed SendRequest of the tests' own message type. */
export function signedNote(kind: SandboxKind = 'rsa', version: Version = '1.2'): string {
  const call = { messageId: freshMessageId(), content: noteRequest('привет') };
  return signTemplate(calls.sendRequestCall(version, call), sandboxSigner('agency-a', kind));
}

/** What the first verifier found, as the second is asked about it. */
export function questionOf(text: string, version: Version = '1.2'): Question {
  const bytes = Buffer.from(text);
  const judged = judge({ bytes, endpoint: version, soapAction: undefined }, testRules());
  if (judged.verdict === 'refused') throw new Error(judged.fault.code);
  const { profile, octetsHash, certificate } = judged;
  return { bytes, version, profile, octetsHash, fingerprint: certificate.fingerprint };
}
