import type { Reply } from '../replies.ts';
import type { SessionState, Transfer, Visit } from '../state.ts';

/** The reply that ends a command, and what happens once it is sent. */
export interface Outcome {
  readonly reply: Reply;
  readonly after?: 'secure' | 'end';
}

/** 'none': an argument is refused; 'some': its absence is. */
export type Argument = 'none' | 'some' | 'any';

/** A row of the table. What a command needs, its handler gets; without it, it does not run. */
export type Command = { readonly argument: Argument } & (
  | {
      readonly needs: 'nothing';
      run(state: SessionState, argument: string): Outcome | Promise<Outcome>;
    }
  | {
      readonly needs: 'login';
      run(state: SessionState, visit: Visit, argument: string): Reply | Promise<Reply>;
    }
  | {
      readonly needs: 'data';
      run(state: SessionState, transfer: Transfer, argument: string): Promise<Reply>;
    }
);

export type Commands = Readonly<Record<string, Command>>;
