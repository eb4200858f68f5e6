import type { VersionFiles } from '../compute/version-files.ts';
import type { TypePages, TypeSummary, VersionSummary } from '../http/type-pages.ts';
import type { TypeVersion } from '../participants/type-versions.ts';
import { isOpen } from '../participants/type-versions.ts';
import { isWithin } from '../pki/window.ts';
import type { Composed } from './composed.ts';

type Parts = Pick<Composed, 'clock' | 'compute' | 'registry'>;

/** Versions whose files are held; the eldest give way. */
const heldMax = 50;

/** What the node says of its message types to whoever asks. */
export function typePages(context: Parts): TypePages {
  const { clock, compute, registry } = context;
  const held = new Map<string, Promise<VersionFiles | undefined>>();
  const shown = (type: string) => {
    const found = registry().findMessageType(type);
    // What was admitted and has no date is nobody's yet.
    return found && { ...found, versions: found.versions.filter(({ window }) => window) };
  };
  return {
    list: () => registry().messageTypes.flatMap(({ id }) => summaryOf(shown(id), clock.now())),
    find: (type) => summaryOf(shown(type), clock.now())[0],
    files: (type, version) => {
      const known = shown(type)?.versions.some((each) => each.version === version);
      if (known !== true) return Promise.resolve(undefined);
      const key = JSON.stringify([registry().revision, type, version]);
      const files = held.get(key) ?? compute.versionFiles({ messageType: type, version });
      held.set(key, files);
      files.catch(() => held.delete(key));
      const [eldest] = held.keys();
      if (held.size > heldMax && eldest !== undefined) held.delete(eldest);
      return files;
    },
  };
}

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly versions: readonly TypeVersion[];
}

function summaryOf(type: Shown | undefined, now: number): TypeSummary[] {
  if (type === undefined) return [];
  const { id, name, versions } = type;
  return [{ id, name, versions: versions.map((each) => versionSummary(each, now)) }];
}

function versionSummary(
  { version, namespace, requestRoot, responseRoot, window }: TypeVersion,
  now: number,
): VersionSummary {
  const isActive = window !== undefined && isWithin(window, now);
  return {
    ...{ version, namespace, requestRoot, responseRoot },
    state: isActive ? 'active' : isOpen(window, now) ? 'next' : 'ended',
    from: isoOf(window?.from),
    until: isoOf(window?.until),
  };
}

function isoOf(at: number | null | undefined): string | null {
  return at == null ? null : new Date(at).toISOString();
}
