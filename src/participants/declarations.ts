import { z } from 'zod';

const id = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/,
    'латинские буквы, цифры, . _ - / letters, digits, . _ -',
  );
const name = z.string().trim().min(1).max(500);
const ncName = z.string().regex(/^[A-Za-z_][A-Za-z0-9._-]*$/, 'XML NCName');

const participant = z.strictObject({
  kind: z.literal('participant'),
  id,
  name,
  systems: z.array(z.strictObject({ id, certificates: z.array(z.string()).default([]) })).min(1),
});

/** A scripted agency of the sandbox. */
const simulator = z.strictObject({
  kind: z.literal('simulator'),
  /** The same seed and MessageID give the same behaviour. */
  seed: z.string().default('mezhved'),
  latencyMs: z.int().min(0).max(600_000).default(200),
  rejectShare: z.number().min(0).max(1).default(0),
  failShare: z.number().min(0).max(1).default(0),
  /** The business response; see src/connectors/simulator.ts for what it may hold. */
  answer: z.string().min(1),
});

const queue = z.strictObject({
  kind: z.literal('queue'),
  /** Whose incoming queue takes the requests; the first system of the first provider where absent. */
  system: id.optional(),
});

const unbuilt = z
  .looseObject({ kind: z.enum(['soap', 'rest', 'smev', 'directory']) })
  .refine(() => false, {
    error: 'маршрут этого вида пока не поддерживается / routes of this kind are not built yet',
  });

const routeSchema = z.discriminatedUnion('kind', [queue, simulator]);
export type Route = z.infer<typeof routeSchema>;

/** Share of a type's messages whose signatures a second, independent verifier judges too. */
const secondOpinion = z
  .union([z.enum(['off', 'always']), z.number().min(0).max(1)])
  .default('off')
  .transform((given) => (given === 'off' ? 0 : given === 'always' ? 1 : given));

const messageType = z.strictObject({
  kind: z.literal('messageType'),
  id,
  name,
  versions: z
    .array(
      z.strictObject({
        namespace: z.string().min(1),
        requestRoot: ncName,
        responseRoot: ncName,
        /** Files of the schema, the main one first. */
        schemas: z.array(z.string()).min(1),
      }),
    )
    .min(1),
  senders: z.array(id).default([]),
  providers: z.array(id).min(1),
  route: z.union([routeSchema, unbuilt]),
  secondOpinion,
});

const trustAnchor = z.strictObject({ kind: z.literal('trustAnchor'), id, certificate: z.string() });

export const declarationSchema = z.discriminatedUnion('kind', [
  participant,
  messageType,
  trustAnchor,
]);

/** One YAML document that an operator applies. */
export type Declaration = z.infer<typeof declarationSchema>;
