import { z } from 'zod';

/** A time in ms, a year at most. */
export const millis = z
  .int()
  .min(1)
  .max(366 * 86_400_000);

/** A key of the configuration with what it means, in both languages. */
export function key<T extends z.ZodType>(schema: T, ru: string, en: string): T {
  return schema.meta({ ru, en });
}
