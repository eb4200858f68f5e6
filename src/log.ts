import { pino } from 'pino';

/** Ids and verdicts; never a value of a message, never key material. */
export type Log = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error'>;

/** Where the lines go. */
export interface LogOutput {
  /** A person reads along. */
  readonly isTTY?: boolean;
  write(line: string): unknown;
}

/**
 * Lines on standard error, so that what a command prints stays its own: JSON (time in ISO 8601, level
 * by name), or on a terminal text.
 */
export function createLog(
  { level }: { readonly level: string },
  output: LogOutput = process.stderr,
): Log {
  const format = output.isTTY === true ? readable : (line: string) => line;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => output.write(format(line)) },
  );
}

/** Time of day, level and words, then the fields. */
function readable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = [String(time).slice(11, 23), String(level).padEnd(5), msg];
  for (const [name, value] of Object.entries(fields)) {
    words.push(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
  return `${words.join(' ')}\n`;
}
