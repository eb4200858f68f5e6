import { minute } from '../clock.ts';
import { Fault } from '../fault/fault.ts';
import type { Certificate } from '../pki/certificate.ts';
import { isWithin, type Window } from '../pki/window.ts';

/** A certificate that a system is known by, and when. */
export interface Registration {
  readonly certificate: Certificate;
  readonly window: Window;
}

/** The same of an authority, with the id of its declaration. */
export interface Authority extends Registration {
  readonly id: string;
}

/**
 * Whether a system may be known by one of its certificates at this time. Undefined when it may; else a
 * fault that names the day, and the certificate that took its place.
 *
 * @param others all that the system is known by
 * @param at ms UTC
 */
export function judgeRegistration(
  { certificate, window }: Registration,
  others: () => readonly Registration[],
  at: number,
): Fault | undefined {
  if (isWithin(window, at)) return undefined;
  if (window.from !== null && at < window.from) {
    return new Fault('CERTIFICATE_NOT_ACTIVE', { public: minute(window.from) });
  }
  const until = minute(window.until ?? at);
  const next = successorOf(certificate, others(), at);
  const words =
    next === undefined
      ? until
      : `${until}; новый / new: № ${next.certificate.serial}, с / from ${minute(startOf(next))}`;
  return new Fault('CERTIFICATE_REPLACED', { public: words });
}

/** What counts now, the last one that began. */
function successorOf(
  { fingerprint }: Certificate,
  others: readonly Registration[],
  at: number,
): Registration | undefined {
  return others
    .filter((each) => each.certificate.fingerprint !== fingerprint && isWithin(each.window, at))
    .toSorted((a, b) => startOf(b) - startOf(a))[0];
}

function startOf({ certificate, window }: Registration): number {
  return Math.max(certificate.notBefore, window.from ?? 0);
}
