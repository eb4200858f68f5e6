import type { VersionFiles, VersionName } from '../compute/version-files.ts';
import { asFault } from '../fault/fault.ts';
import type { TypePages, TypeSummary, VersionSummary } from '../http/type-pages.ts';
import type { TypeVersion } from '../participants/type-versions.ts';
import { isOpen } from '../participants/type-versions.ts';
import { isWithin } from '../pki/window.ts';
import type { Composed } from './composed.ts';

type Parts = Pick<Composed, 'clock' | 'compute' | 'registry'>;

/** Octets of files that are held; those that nobody asked for longest give way. */
const heldOctetsMax = 64 * 1024 * 1024;

/** What the node says of its message types to whoever asks. */
export function typePages(context: Parts): TypePages {
  const { clock, compute, registry } = context;
  const held = new HeldFiles((name) => compute.versionFiles(name));
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
      return held.get(registry().revision, { messageType: type, version });
    },
  };
}

type Make = (name: VersionName) => Promise<VersionFiles | undefined>;

/**
 * Makes the files of versions, one version at a time, and holds them: whoever asks for all of them again and
 * again leaves the threads to messages.
 */
class HeldFiles {
  readonly #make: Make;
  readonly #held = new Map<string, { readonly files: VersionFiles | undefined; size: number }>();
  #octets = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(make: Make) {
    this.#make = make;
  }

  get(revision: number, name: VersionName): Promise<VersionFiles | undefined> {
    const key = JSON.stringify([revision, name]);
    const turn = this.#last.then(async () => {
      const known = this.#held.get(key);
      if (known === undefined) return this.#hold(key, await this.#made(name));
      this.#held.delete(key);
      this.#held.set(key, known);
      return known.files;
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** What cannot be made is not tried again until the registry changes; where the node is busy, it is. */
  async #made(name: VersionName): Promise<VersionFiles | undefined> {
    try {
      return await this.#make(name);
    } catch (error) {
      if (asFault(error).code === 'BUSY') throw error;
      return undefined;
    }
  }

  #hold(key: string, files: VersionFiles | undefined): VersionFiles | undefined {
    const size = sizeOf(files);
    this.#held.set(key, { files, size });
    this.#octets += size;
    for (const [eldest, { size: octets }] of this.#held) {
      if (this.#octets <= heldOctetsMax || eldest === key) break;
      this.#held.delete(eldest);
      this.#octets -= octets;
    }
    return files;
  }
}

function sizeOf(files: VersionFiles | undefined): number {
  if (files === undefined) return 100;
  const { schemas, archive, request = '', response = '' } = files;
  const octets = schemas.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  return 100 + octets + archive.byteLength + request.length + response.length;
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
