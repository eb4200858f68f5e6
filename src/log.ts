import { pino } from 'pino';

/** Ids and verdicts; never a value of a message, never key material. */
export type Log = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error'>;

/** Lines of JSON on standard error, so that what a command prints stays its own. */
export function createLog({ level }: { readonly level: string }): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false }),
  );
}
