import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, readCertificate } from '../../src/pki/certificate.ts';
import { nodeProfiles } from '../../src/signature/profiles.ts';
import { sandboxAnchors } from '../harness/certificates.ts';
import { testRules } from '../harness/rules.ts';

import { part, parts } from './messages.ts';

// A process of its own: judges attacks by copies of the source that lack guards, and prints what came
// of each, a line of JSON each.

/** Attacks that share their guards, with the copy that lacks them. */
export interface Group {
  readonly folder: string;
  readonly cases: readonly Case[];
}

interface Case {
  readonly name: string;
  readonly bytes: string;
  readonly endpoint: '1.2';
  readonly soapAction: string | undefined;
  readonly trust: boolean;
}

export interface Outcome {
  readonly name: string;
  /** 'verified', or what refused it. */
  readonly came: string;
  readonly messageId?: string;
}

const file = process.argv[2];
if (file !== undefined) {
  for (const group of JSON.parse(readFileSync(file, 'utf8')) as Group[]) await judgeGroup(group);
}

async function judgeGroup({ folder, cases }: Group): Promise<void> {
  const source = (path: string) => import(join(folder, 'src', path));
  const { judge } = await source('compute/judge.ts');
  const { profiles } = await source('signature/profiles.ts');
  const rules = { ...testRules(), profiles: nodeProfiles.map((name) => profiles[name]) };
  const { judgeCertificate } = await source('pki/trust.ts');
  const trusted = { anchors: sandboxAnchors(), intermediates: [] };
  for (const { name, bytes, trust, ...posted } of cases) {
    const judgement = judge({ ...posted, bytes: Buffer.from(bytes, 'base64') }, rules);
    if (trust && judgement.verdict === 'verified') {
      const certificate = claimed(Buffer.from(bytes, 'base64').toString());
      const distrust = judgeCertificate(certificate, trusted, Date.now());
      print({ name, came: distrust?.code ?? 'verified' });
      continue;
    }
    const outcome: Outcome =
      judgement.verdict === 'verified'
        ? { name, came: 'verified', messageId: judgement.request.messageId }
        : { name, came: `${judgement.fault.code} ${JSON.stringify(judgement.fault.detail)}` };
    print(outcome);
  }
}

function print(outcome: Outcome): void {
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

/** The certificate that a message brings. */
function claimed(text: string): Certificate {
  return readCertificate(part(text, parts.certificate).replace(/^<[^>]*>/, ''));
}
