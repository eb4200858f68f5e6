import type { Cryptoki, Mechanism, TokenSettings } from './cryptoki.ts';
import { failureOf, TokenFailure } from './failures.ts';

/** What the process of a token is told. */
export type ToProcess =
  | {
      readonly open: TokenSettings;
      /** Keys that were signed with before. */
      readonly uris: readonly string[];
    }
  | {
      readonly id: number;
      readonly uri: string;
      readonly mechanism: Mechanism;
      readonly data: Uint8Array;
    };

/** What it says. After a failure of kind `pin` or `gone` it is of no use any more. */
export type FromProcess =
  | { readonly opened: true }
  | { readonly id: number; readonly value: Uint8Array }
  | { readonly id?: number; readonly failed: string; readonly kind: 'pin' | 'key' | 'gone' };

// A process of its own for the library: one that hangs is ended, and one that crashes takes nothing with
// it; and what a library made of software keeps in memory, it keeps here.
let cryptoki: Cryptoki | undefined;

async function perform(told: ToProcess): Promise<FromProcess> {
  try {
    if ('open' in told) {
      cryptoki = await load(told.open);
      for (const uri of told.uris) openAgain(cryptoki, uri);
      return { opened: true };
    }
    const { id, uri, mechanism, data } = told;
    if (cryptoki === undefined) return { id, kind: 'gone', failed: 'not open' };
    return { id, value: cryptoki.sign(uri, mechanism, Buffer.from(data)) };
  } catch (thrown) {
    const { kind, message } = failureOf(thrown);
    return { ...('id' in told ? { id: told.id } : {}), kind, failed: message };
  }
}

/** The package is optional: it is compiled where it is installed. */
async function load(settings: TokenSettings): Promise<Cryptoki> {
  const loaded = await import('./cryptoki.ts').catch(() => {
    throw new TokenFailure('gone', 'нет пакета pkcs11js / no package: npm rebuild pkcs11js');
  });
  return new loaded.Cryptoki(settings);
}

/** A key that is gone fails its own signatures. */
function openAgain(opened: Cryptoki, uri: string): void {
  try {
    opened.open(uri);
  } catch (thrown) {
    if (failureOf(thrown).kind !== 'key') throw thrown;
  }
}

process.on('message', async (told: ToProcess) => process.send?.(await perform(told)));
// It ends with its node, however that ends, and not before: what is in flight is signed yet.
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => undefined);
process.on('SIGINT', () => undefined);
