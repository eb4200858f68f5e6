import type { Opinion } from '../compute/judge-again.ts';
import { asFault, Fault } from '../fault/fault.ts';
import type { ExchangeContext } from './context.ts';
import type { Known } from './refuse.ts';
import type { Called } from './stages.ts';

/**
 * Has a message judged by the second verifier where its type is declared so: always, or by chance as
 * often as the share says. What was to be judged always and could not be is refused; what was drawn
 * by chance goes on without. Only a known caller's message comes here: a stranger could occupy the
 * slow threads for nothing.
 *
 * @throws Fault SIGNATURE_DISPUTED; BUSY, INTERNAL where it could not be judged
 */
export async function seekSecondOpinion(
  context: ExchangeContext,
  { received, verified }: Called,
  known: Known,
): Promise<void> {
  const share = shareOf(context, verified.content?.messageType);
  if (!isDrawn(context, share)) return;
  context.metrics.secondOpinion('asked');
  const opinion = await askWithin(context, share, {
    bytes: received.bytes,
    version: verified.version,
    profile: verified.profile,
    octetsHash: verified.octetsHash,
    fingerprint: verified.certificate.fingerprint,
  });
  if (opinion === undefined) return;
  context.metrics.secondOpinion(opinion.verdict);
  if (opinion.verdict === 'agreed') return;
  known.disagreement = opinion;
  const { difference, of } = opinion;
  throw new Fault('SIGNATURE_DISPUTED', { private: `${difference}; canonical forms of ${of}` });
}

function shareOf(context: ExchangeContext, messageType: string | undefined): number {
  if (messageType === undefined) return 0;
  return context.registry().findMessageType(messageType)?.secondOpinion ?? 0;
}

function isDrawn({ random }: ExchangeContext, share: number): boolean {
  if (share <= 0 || share >= 1) return share >= 1;
  return random(4).readUInt32BE() / 2 ** 32 < share;
}

async function askWithin(
  { opinions, metrics, log }: ExchangeContext,
  share: number,
  question: Parameters<ExchangeContext['opinions']['ask']>[0],
): Promise<Opinion | undefined> {
  try {
    return await opinions.ask(question);
  } catch (thrown) {
    const { code, detail } = asFault(thrown);
    metrics.secondOpinion(code === 'BUSY' ? 'busy' : 'failed');
    if (share >= 1) throw thrown;
    log.warn({ code, why: detail.private }, 'a message goes on without its second opinion');
    return undefined;
  }
}
