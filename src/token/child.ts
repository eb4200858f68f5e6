import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { threadScript } from '../checkout.ts';
import type { FromProcess, ToProcess } from './process.ts';

/** The process of a token, from the side of whoever started it. */
export class TokenChild {
  readonly #process: ChildProcess;

  /** @param ended called once, when nothing more will come */
  constructor(said: (what: FromProcess) => void, ended: () => void) {
    this.#process = fork(fileURLToPath(threadScript('token/process')), {
      serialization: 'advanced',
      // What libraries print is nobody's.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
    });
    this.#process.on('message', said);
    this.#process.once('error', () => this.end());
    this.#process.once('exit', ended);
  }

  tell(what: ToProcess): void {
    // Where the line is down, the end of the process is told too.
    this.#process.send(what, () => undefined);
  }

  /** kill -9: it may hang in its library. */
  end(): void {
    this.#process.removeAllListeners('message');
    this.#process.kill('SIGKILL');
  }
}
