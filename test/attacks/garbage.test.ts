import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import type { ProfileName } from '../../src/signature/profiles.ts';
import { octetsUnder } from '../../src/signature/transforms.ts';
import { canonicalize } from '../../src/xml/canonicalize.ts';
import { withXml, XmlElement } from '../../src/xml/document.ts';
import { sandboxKinds, sandboxSigner } from '../harness/client.ts';
import { garbage, judged, mutated, randomFrom, verified } from './garbage.ts';
import { part, parts, signedNote } from './messages.ts';

const full = process.env['MEZHVED_FULL'] === '1';
const count = full ? 100_000 : 2_000;
const slowestMs = 1000;
const growthMax = 64 * 1024 * 1024;

describe('garbage and mutated messages', function () {
  this.timeout(full ? 3_600_000 : 120_000);

  it(`${count} of them: no crash, none over a second, no growth, none good that is another message`, () => {
    const seed = Number(process.env['MEZHVED_SEED'] ?? Date.now() % 2 ** 32);
    process.stdout.write(`    seed ${seed}\n`);
    const random = randomFrom(seed);
    const signers = sandboxKinds.map((kind) => sandboxSigner('agency-a', kind));
    const messages = signers.map((signer) => Buffer.from(signedNote(undefined, signer)));
    const signedHashes = messages.map((bytes) => hashOf(bytes));
    let slowest = 0;
    let same = 0;
    let early = 0;
    for (let n = 0; n < count; n += 1) {
      const which = random(messages.length + 1);
      const message = messages[which];
      const bytes = message === undefined ? garbage(random) : mutatedInside(random, message);
      const started = process.cpuUsage();
      const found = verified(bytes);
      const judgement = judged(bytes);
      // Time of the processor: a busy machine may let any process wait.
      const { user, system } = process.cpuUsage(started);
      slowest = Math.max(slowest, (user + system) / 1000);
      const accepted = judgement.verdict === 'verified';
      if (accepted || (found !== undefined && found.good > 0)) {
        // Only a change that says nothing is let through: the same octets, the same SignedInfo.
        expect(message, `${n}`).not.to.equal(undefined);
        if (accepted) expect(judgement.verifiedHash, `${n}`).to.equal(signedHashes[which]);
        const profile = signers[which]?.profile ?? 'xmldsig';
        expect(statement(bytes, profile), `${n}`).to.equal(statement(message ?? bytes, profile));
        same += 1;
      }
      if (n === Math.floor(count / 4)) early = memoryOctets();
    }
    process.stdout.write(
      `    slowest ${slowest.toFixed(0)} ms; ${same} said the same; memory +${((memoryOctets() - early) / 2 ** 20).toFixed(1)} MiB\n`,
    );
    expect(slowest).to.be.below(slowestMs);
    expect(memoryOctets() - early).to.be.below(growthMax);
  });
});

/** What the process holds, the memory of libxml2 among it, once what is not needed is gone. */
function memoryOctets(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().rss;
}

/** Changes the signed element or the signature, and nothing around them. */
function mutatedInside(random: ReturnType<typeof randomFrom>, message: Buffer): Buffer {
  const text = message.toString('latin1');
  const inside = part(text, random(2) === 0 ? parts.data : parts.signature);
  const from = text.indexOf(inside);
  return mutated(random, message, from, from + inside.length);
}

function hashOf(bytes: Buffer): string {
  const judgement = judged(bytes);
  if (judgement.verdict === 'refused') throw new Error(JSON.stringify(judgement.fault));
  return judgement.verifiedHash;
}

/** What the message says under its profile: the octets that are digested, and those of SignedInfo. */
function statement(bytes: Uint8Array, profile: ProfileName): string {
  return withXml(
    bytes,
    (document) => {
      const octets = (name: string, made: (element: XmlElement) => Buffer) => {
        const element = document.get(`//*[local-name()="${name}"]`);
        return element instanceof XmlElement ? made(element).toString('latin1') : '';
      };
      return [
        octets('SenderProvidedRequestData', (data) => octetsUnder(profile, data)),
        octets('SignedInfo', (info) => canonicalize(info)),
      ].join('\n');
    },
    { processingInstructions: 'allow' },
  );
}
