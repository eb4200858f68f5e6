import * as z from 'zod';

const mimeType = z
  .string()
  .regex(/^(text|image|audio|video|application)\/[a-zA-Z0-9\-+.]+$/, 'application/pdf');

/** What a message type allows of the files that its messages carry. Times are in ms, sizes in bytes. */
export const filePolicySchema = z
  .strictObject({
    /** MIME types that are taken; all where absent. */
    types: z.array(mimeType).max(30).optional(),
    /** Whether each file must carry a detached signature; the message's own covers no octets of it. */
    signature: z.enum(['required', 'optional']).default('required'),
    /** What its files may take in the file store until their receivers acknowledge; no bound where absent. */
    quotaBytes: z.int().min(0).optional(),
    /** How long octets are kept once nobody waits for them; the journal keeps their hashes for ever. */
    keepMs: z
      .int()
      .min(0)
      .max(10 * 366 * 86_400_000)
      .default(0),
    /** Whether the octets must be of the type that the header claims, where they tell it. */
    sniff: z.boolean().default(true),
  })
  .prefault({});
export type FilePolicy = z.infer<typeof filePolicySchema>;
