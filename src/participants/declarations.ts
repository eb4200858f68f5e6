import * as z from 'zod';
import { filePolicySchema } from './file-policy.ts';
import { id, routeSchema } from './routes.ts';

const name = z.string().trim().min(1).max(500);
const ncName = z.string().regex(/^[A-Za-z_][A-Za-z0-9._-]*$/, 'XML NCName');

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const window = { from: time.optional(), until: time.optional() };

/** A certificate file, or one that counts from a time until another. */
const certificate = z.union([z.string(), z.strictObject({ file: z.string(), ...window })]);

const participant = z.strictObject({
  kind: z.literal('participant'),
  id,
  name,
  systems: z
    .array(
      z.strictObject({
        id,
        certificates: z.array(certificate).default([]),
        /** The hash that `mezhved password` prints: the system may upload files under its id. */
        uploadPassword: z
          .string()
          .regex(/^scrypt:[0-9a-f]{32}:[0-9a-f]{64}$/, 'mezhved password')
          .optional(),
      }),
    )
    .min(1),
});

/** Share of a type's messages whose signatures a second, independent verifier judges too. */
const secondOpinion = z
  .union([z.enum(['off', 'always']), z.number().min(0).max(1)])
  .default('off')
  .transform((given) => (given === 'off' ? 0 : given === 'always' ? 1 : given));

/** Whether content must bear the signature of a person. */
export const personalSignature = z.enum(['optional', 'required']);
export type PersonalSignaturePolicy = z.infer<typeof personalSignature>;

/** What a version of a message type is called. */
export const versionName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, '1.0.2');

const messageType = z.strictObject({
  kind: z.literal('messageType'),
  id,
  name,
  versions: z
    .array(
      z.strictObject({
        /** Its name; where absent, what stands last in its namespace. */
        version: versionName.optional(),
        namespace: z.string().min(1),
        requestRoot: ncName,
        responseRoot: ncName,
        /** Files of the schema, the main one first. */
        schemas: z.array(z.string()).min(1),
      }),
    )
    // All versions may be brought by partners.
    .default([]),
  senders: z.array(id).default([]),
  providers: z.array(id).min(1),
  route: routeSchema,
  secondOpinion,
  /** Whether content must bear the signature of a person (ЭП-СП). */
  personalSignature: personalSignature.default('optional'),
  /** Participants, one of whom signs each package of schemas; nobody need where there are none. */
  schemaSigners: z.array(id).default([]),
  attachments: filePolicySchema,
});

const trustAnchor = z.strictObject({
  kind: z.literal('trustAnchor'),
  id,
  certificate: z.string(),
  ...window,
});

/** An authority that an anchor issued, so that paths can be drawn through it. */
const intermediate = z.strictObject({
  kind: z.literal('intermediate'),
  id,
  certificate: z.string(),
  ...window,
});

export const declarationSchema = z.discriminatedUnion('kind', [
  participant,
  messageType,
  trustAnchor,
  intermediate,
]);

/** One YAML document that an operator applies. */
export type Declaration = z.infer<typeof declarationSchema>;
