import { resolve } from 'node:path';
import * as z from 'zod';
import { upstreamStore } from '../config/upstream-store.ts';

/** Names of participants, systems, message types and lanes. */
export const id = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/,
    'латинские буквы, цифры, . _ - / letters, digits, . _ -',
  );

// Members of a route that name a file or a folder; they are made absolute when they are applied.
const paths = new Set([
  ...['authorizationFile', 'ca', 'certificate', 'folder', 'key', 'passwordFile', 'trust'],
  ...['userFile', 'wsdl'],
]);

const millis = z.int().min(1).max(86_400_000);

/** What every route through a connector may say of its lane. */
const lane = {
  /** Types of one agency that share a lane are slow, busy or cut off together. */
  lane: id.optional(),
  /** Attempts at once, in all processes together; delivery.laneConcurrency where absent. */
  concurrency: z.int().min(1).max(1000).optional(),
  /** At most so many attempts begin in this time, in all processes together. */
  rate: z.strictObject({ max: z.int().min(1), perMs: millis }).optional(),
};

/** A client certificate, and whom to believe. Files in PEM; they are read when the route is taken up. */
const tls = z.strictObject({
  key: z.string().optional(),
  certificate: z.string().optional(),
  /** Authorities that may have issued the agency's certificate; the system's where absent. */
  ca: z.string().optional(),
  /** The name that the agency's certificate must bear, where it is not the URL's. */
  serverName: z.string().optional(),
});

/** An address stands in the database, in plans and in the journal: no secret may be in it. */
const address = z
  .url({ protocol: /^https?$/ })
  .refine((url) => new URL(url).username === '' && new URL(url).password === '', {
    error:
      'имя и пароль не пишут в адрес: authorizationFile или tls / no name or password in the address: use authorizationFile or tls',
  });

/** How an agency is reached over HTTP. */
const connection = {
  url: address,
  connectMs: millis.default(5000),
  /** For the whole call, from connecting to the last byte. */
  timeoutMs: millis.default(30_000),
  answerBytesMax: z
    .int()
    .min(1024)
    .max(256 * 1024 * 1024)
    .default(5 * 1024 * 1024),
  tls: tls.optional(),
};
export type Connection = z.infer<z.ZodObject<typeof connection>>;

/** A scripted agency of the sandbox. */
const simulator = z.strictObject({
  kind: z.literal('simulator'),
  ...lane,
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

/** An agency with a REST service. */
const rest = z.strictObject({
  kind: z.literal('rest'),
  ...lane,
  ...connection,
  /** In which form the business content is posted and answered. */
  format: z.enum(['xml', 'json']).default('xml'),
  /** A file with the value of the header Authorization. */
  authorizationFile: z.string().optional(),
  /** After 202: when to ask at Location for the first time, and when to give the answer up. */
  /** After 202 without Location: how long to wait for the callback before the same is posted again. */
  remindMs: millis.default(3_600_000),
  askEveryMs: millis.default(10_000),
  answerWithinMs: z
    .int()
    .min(1000)
    .max(366 * 86_400_000)
    .default(7 * 86_400_000),
  /** Which HTTP status is a business refusal, and with which code the sender is told. */
  rejections: z
    .record(
      z.string().regex(/^4\d\d$/),
      z.enum(['ACCESS_DENIED', 'NO_DATA', 'UNKNOWN_REQUEST_DESCRIPTION', 'FAILURE']),
    )
    .default({ '422': 'UNKNOWN_REQUEST_DESCRIPTION' }),
  /** Where to ask whether the agency is up; the URL itself where absent. */
  probeUrl: address.optional(),
  /** Whether files go along, as parts of multipart/related. */
  files: z.enum(['none', 'multipart']).default('none'),
});
export type RestRoute = z.infer<typeof rest>;

/** An agency with a SOAP service of its own. */
const soap = z.strictObject({
  kind: z.literal('soap'),
  ...lane,
  ...connection,
  /** A file, with its imports beside it: nothing is fetched. */
  wsdl: z.string(),
  operation: z.string(),
  /**
   * The operation's elements have names of their own: the root and its namespace are renamed on the way
   * there and back. Else the content must be what the operation takes and gives.
   */
  rename: z.boolean().default(false),
  /** Adds WS-Addressing: To, Action, and MessageID made of the message's. */
  addressing: z.boolean().default(false),
  /** Which Fault is a business refusal: by the element in its detail, or by its faultcode. */
  faults: z
    .record(
      z.string().min(1).max(200),
      z.enum(['ACCESS_DENIED', 'NO_DATA', 'UNKNOWN_REQUEST_DESCRIPTION', 'FAILURE']),
    )
    .default({}),
  /** A key pair to sign the call with (WS-Security); unsigned where absent. */
  sign: z.strictObject({ key: z.string(), certificate: z.string() }).optional(),
});
export type SoapRoute = z.infer<typeof soap>;

/** An upstream SMEV, to which the node is an information system. */
const smev = z.strictObject({
  kind: z.literal('smev'),
  ...lane,
  ...connection,
  version: z.enum(['1.1', '1.2', '1.3']).default('1.2'),
  /** The key pair by which the upstream knows this node. */
  key: z.string(),
  certificate: z.string(),
  /** The upstream's own certificates, PEM: its signature must be by one of them. */
  trust: z.string(),
  nodeId: z.string().min(1).max(50).optional(),
  /** The upstream's file store; without it no files of the store go along. */
  fileStore: upstreamStore.optional(),
  pollMs: millis.default(5000),
  answerWithinMs: z
    .int()
    .min(1000)
    .max(366 * 86_400_000)
    .default(30 * 86_400_000),
});
export type SmevRoute = z.infer<typeof smev>;

/** An agency that reads and writes files. */
const directory = z.strictObject({
  kind: z.literal('directory'),
  ...lane,
  folder: z.string(),
  pollMs: millis.default(2000),
  answerBytesMax: connection.answerBytesMax,
  answerWithinMs: z
    .int()
    .min(1000)
    .max(366 * 86_400_000)
    .default(30 * 86_400_000),
});
export type DirectoryRoute = z.infer<typeof directory>;

export const routeSchema = z.discriminatedUnion('kind', [
  queue,
  simulator,
  rest,
  soap,
  smev,
  directory,
]);
export type Route = z.infer<typeof routeSchema>;
/** Which files go along a route: all, those alone that came with the message, or none. */
export type Carries = 'files' | 'attached' | 'nothing';

/** What the connector of a route carries of files. */
export function carriesOf(route: CarriedRoute): Carries {
  switch (route.kind) {
    case 'directory':
      return 'files';
    case 'rest':
      return route.files === 'multipart' ? 'files' : 'nothing';
    case 'smev':
      return route.fileStore === undefined ? 'attached' : 'files';
    case 'soap':
    case 'simulator':
      return 'nothing';
  }
}

/** The first of these files that does not go along; undefined where all do. */
export function notCarried<File extends { readonly place: 'attached' | 'stored' }>(
  carries: Carries,
  files: readonly File[],
): File | undefined {
  if (carries === 'files') return undefined;
  return files.find(({ place }) => carries === 'nothing' || place === 'stored');
}

/** A route through a connector. */
export type CarriedRoute = Exclude<Route, { kind: 'queue' }>;

/** The route with its files and folders made absolute: they are read by the node, wherever it runs. */
export function withAbsolutePaths(route: Route, folder: string): Route {
  const walk = (value: object): object =>
    Object.fromEntries(
      Object.entries(value).map(([name, member]: [string, unknown]) => {
        // The keys of these are names of others, and no paths.
        if (name === 'faults' || name === 'rejections') return [name, member];
        if (typeof member === 'string' && paths.has(name)) return [name, resolve(folder, member)];
        const inner = typeof member === 'object' && member !== null && !Array.isArray(member);
        return [name, inner ? walk(member) : member];
      }),
    );
  return walk(route) as Route;
}

/** The lane of a message type's deliveries: its own, or one that it shares. */
export function laneOf(messageType: string, route: CarriedRoute): string {
  return route.lane ?? messageType;
}
