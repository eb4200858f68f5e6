import { TokenChild } from './child.ts';
import type { TokenSettings } from './cryptoki.ts';
import type { TakenOrder } from './mailbox.ts';
import type { FromProcess } from './process.ts';

/** What an operator is told of the token. */
export type TokenState =
  | { readonly state: 'up' }
  /** It is being opened anew. */
  | { readonly state: 'away'; readonly why: string }
  /** The PIN: nothing more is tried. */
  | { readonly state: 'refused'; readonly why: string };

/** Times in ms. */
export interface LineTimes {
  /** A token that has not signed by then is silent. */
  readonly signMs: number;
  readonly openMs: number;
  /** How long signatures wait for a token that went away; then they fail at once. */
  readonly patienceMs: number;
  /** Between two tries to open it: the first, and the longest. */
  readonly pauseMs: number;
  readonly pauseMaxMs: number;
}

export const lineTimes: LineTimes = {
  signMs: 3000,
  openMs: 10_000,
  patienceMs: 2000,
  pauseMs: 50,
  pauseMaxMs: 5000,
};

/** A signature is tried once more after the token went away in its midst. */
const triesMax = 2;

interface Waiting {
  readonly order: TakenOrder;
  tries: number;
  isTold: boolean;
}

/**
 * The line to a token. Whatever goes wrong with the token, its process is ended and another started,
 * which loads the library, logs in and finds the keys anew; meanwhile signatures wait a little.
 */
export class TokenLine {
  readonly #settings: TokenSettings;
  readonly #times: LineTimes;
  readonly #changed: (state: TokenState) => void;
  readonly #waiting = new Map<number, Waiting>();
  /** Keys that were signed with. */
  readonly #known = new Set<string>();
  #child: TokenChild | undefined;
  #state: TokenState = { state: 'away', why: 'ещё не открыт / not open yet' };
  #lastId = 0;
  #pauseMs: number;
  /** Ends when the token says something. */
  #silence: NodeJS.Timeout | undefined;
  #patience: NodeJS.Timeout | undefined;
  #isPatient = true;

  constructor(
    settings: TokenSettings,
    changed: (state: TokenState) => void,
    times: LineTimes = lineTimes,
  ) {
    this.#settings = settings;
    this.#times = times;
    this.#changed = changed;
    this.#pauseMs = times.pauseMs;
    this.#bePatient();
    this.#start();
  }

  sign(order: TakenOrder): void {
    const { state } = this.#state;
    if (state === 'refused' || (state === 'away' && !this.#isPatient)) {
      order.failed(this.#why());
      return;
    }
    this.#lastId += 1;
    const waiting: Waiting = { order, tries: 0, isTold: false };
    this.#waiting.set(this.#lastId, waiting);
    if (state === 'up') this.#tell(this.#lastId, waiting);
  }

  /** Ends the process; nothing is signed afterwards. */
  close(): void {
    this.#turn({ state: 'refused', why: 'узел останавливается / the node stops' });
  }

  #start(): void {
    const child = new TokenChild(
      (said) => this.#hear(said),
      () => {
        if (child === this.#child)
          this.#lose('процесс токена умер / the process of the token died');
      },
    );
    this.#child = child;
    child.tell({ open: this.#settings, uris: [...this.#known] });
    this.#listen(this.#times.openMs);
  }

  #tell(id: number, waiting: Waiting): void {
    const { uri, mechanism, data } = waiting.order;
    waiting.tries += 1;
    waiting.isTold = true;
    this.#child?.tell({ id, uri, mechanism, data });
    if (this.#silence === undefined) this.#listen(this.#times.signMs);
  }

  #listen(ms: number | undefined): void {
    clearTimeout(this.#silence);
    this.#silence =
      ms === undefined
        ? undefined
        : setTimeout(() => this.#lose('токен молчит / the token is silent'), ms);
  }

  #hear(said: FromProcess): void {
    this.#listen(undefined);
    if ('opened' in said) {
      this.#turn({ state: 'up' });
      for (const [id, waiting] of this.#waiting) this.#tell(id, waiting);
    } else if ('value' in said) {
      this.#pauseMs = this.#times.pauseMs;
      const waiting = this.#take(said.id);
      if (waiting !== undefined) this.#known.add(waiting.order.uri);
      waiting?.order.signed(said.value);
    } else if (said.kind === 'key' && said.id !== undefined) {
      this.#take(said.id)?.order.failed(said.failed);
    } else if (said.kind === 'pin') {
      this.#turn({ state: 'refused', why: said.failed });
    } else {
      this.#lose(said.failed);
    }
    // Orders are answered one after the other.
    const isAwaited = [...this.#waiting.values()].some(({ isTold }) => isTold);
    if (isAwaited) this.#listen(this.#times.signMs);
  }

  /** Ends the process, and starts another after a pause. */
  #lose(why: string): void {
    this.#endChild();
    if (this.#state.state === 'up') this.#bePatient();
    this.#turn({ state: 'away', why });
    for (const [id, waiting] of this.#waiting) {
      waiting.isTold = false;
      if (waiting.tries >= triesMax || !this.#isPatient) this.#take(id)?.order.failed(why);
    }
    setTimeout(() => {
      if (this.#state.state === 'away') this.#start();
    }, this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#times.pauseMaxMs);
  }

  #bePatient(): void {
    this.#isPatient = true;
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.#isPatient = false;
      if (this.#state.state !== 'up') this.#failAll();
    }, this.#times.patienceMs);
  }

  #turn(next: TokenState): void {
    this.#state = next;
    if (next.state === 'refused') {
      this.#endChild();
      this.#failAll();
    }
    this.#changed(next);
  }

  #endChild(): void {
    this.#listen(undefined);
    this.#child?.end();
    this.#child = undefined;
  }

  #failAll(): void {
    for (const id of this.#waiting.keys()) this.#take(id)?.order.failed(this.#why());
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #why(): string {
    return this.#state.state === 'up' ? '' : this.#state.why;
  }
}
