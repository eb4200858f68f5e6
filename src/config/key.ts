import * as z from 'zod';

/** A time in ms, a year at most. */
export const millis = z
  .int()
  .min(1)
  .max(366 * 86_400_000);

/** Such as 127.0.0.1:8080 or [::1]:8080. */
export const address = z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/, 'host:port');

/** Whether a text names a key in a token (RFC 7512), well or badly, and no file. */
export function isTokenUri(text: string): boolean {
  return text.toLowerCase().startsWith('pkcs11:');
}

/** A key of the configuration with what it means, in both languages. */
export function key<T extends z.ZodType>(schema: T, ru: string, en: string): T {
  return schema.meta({ ru, en });
}
