import { parentPort, workerData } from 'node:worker_threads';
import type { TokenSettings } from './cryptoki.ts';
import { TokenLine, type TokenState } from './line.ts';
import { emptyMailbox, type Mailbox, type TokenOrder } from './mailbox.ts';

/** What the thread starts with. */
export interface ThreadData {
  readonly mailbox: Mailbox;
  readonly settings: TokenSettings;
}

/** What it is told by messages: those who can wait for an answer ask by them too. */
export type ToThread = 'close' | { readonly id: number; readonly order: TokenOrder };

export type FromThread =
  | { readonly state: TokenState }
  | { readonly id: number; readonly value: Uint8Array }
  | { readonly id: number; readonly failed: string };

// A thread of its own: the main one is at times busy for longer than a signature takes.
const { mailbox, settings } = workerData as ThreadData;
const tell = (said: FromThread) => parentPort?.postMessage(said);
const line = new TokenLine(settings, (state) => tell({ state }));

parentPort?.on('message', (told: ToThread) => {
  if (told === 'close') {
    line.close();
    process.exit();
  }
  const { id, order } = told;
  line.sign({
    ...order,
    signed: (value) => tell({ id, value }),
    failed: (why) => tell({ id, failed: why }),
  });
});

void emptyMailbox(mailbox, (order) => line.sign(order));
