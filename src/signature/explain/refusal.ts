import { Fault } from '../../fault/fault.ts';
import type { XmlElement } from '../../xml/document.ts';
import { childElements } from '../../xml/navigate.ts';
import { refusalLimits } from './budget.ts';
import { readLeniently } from './lenient.ts';
import { causeTold } from './sentences.ts';
import { type Evidence, Suspect } from './suspect.ts';

/** Larger messages are refused without a search. */
const bytesMax = 256 * 1024;

const noParts: Evidence['parts'] = new Map();

/**
 * Does the work; where it refuses a digest or a value, the refusal says why as far as a small budget
 * finds out. The text goes to the peer alone and holds names and digests, no values.
 *
 * @param container of the signature that the work verifies
 * @throws Fault as the work does
 */
export function explaining<T>(
  evidence: Pick<Evidence, 'document' | 'bytes' | 'profiles'>,
  container: XmlElement | undefined,
  demanded: XmlElement | undefined,
  work: () => T,
): T {
  try {
    return work();
  } catch (thrown) {
    const [signature] = container === undefined ? [] : childElements(container);
    if (!(thrown instanceof Fault) || signature === undefined) throw thrown;
    const { code, detail } = thrown;
    if (code !== 'SIGNATURE_DIGEST' && code !== 'SIGNATURE_VALUE') throw thrown;
    if (evidence.bytes.byteLength > bytesMax) throw thrown;
    const read = readLeniently(signature, evidence.profiles);
    if (read === undefined) throw thrown;
    const suspect = new Suspect(
      { ...evidence, parts: noParts, limits: refusalLimits },
      { signature, container, demanded, misplaced: false },
      read.structure,
    );
    const find = code === 'SIGNATURE_DIGEST' ? suspect.digest() : suspect.value(false);
    const why = find === undefined ? 'причина не найдена' : `причина: ${causeTold(find)}`;
    throw new Fault(code, { ...detail, public: `${detail.public ?? ''}; ${why}` });
  }
}
