import * as z from 'zod';
import { key, millis } from './key.ts';
import { upstreamStore } from './upstream-store.ts';

const version = z.enum(['1.1', '1.2', '1.3']);

/** A bridge: a client of an upstream SMEV and of this node. Files are PEM; times in ms, sizes in bytes. */
export const uplinkTable = z.strictObject({
  id: key(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/),
    'имя связи; оно же NodeID её очереди ответов на этом узле, поэтому не меняется',
    'name of the uplink; also the NodeID of its response queue on this node, so it never changes',
  ),
  url: key(
    z.url({ protocol: /^https?$/ }),
    'адрес сервиса вышестоящей СМЭВ',
    "address of the upstream SMEV's service",
  ),
  version: key(
    version.default('1.2'),
    'версия протокола с вышестоящей СМЭВ',
    'protocol version with the upstream',
  ),
  key: key(
    z.string(),
    'ключ, под которым узел известен вышестоящей СМЭВ',
    'the key by which the upstream knows the node',
  ),
  certificate: key(z.string(), 'его сертификат', 'its certificate'),
  trust: key(
    z.string(),
    'сертификаты, которыми подписывает вышестоящая СМЭВ',
    'the certificates that the upstream signs with',
  ),
  nodeId: key(
    z.string().min(1).max(50).optional(),
    'NodeID при чтении запросов вышестоящей СМЭВ',
    'NodeID when requests are read from the upstream',
  ),
  localKey: key(
    z.string(),
    'ключ информационной системы связи на этом узле',
    "the key of the uplink's information system on this node",
  ),
  localCertificate: key(
    z.string(),
    'его сертификат, зарегистрированный на этом узле',
    'its certificate, registered on this node',
  ),
  localVersion: key(
    version.default('1.3'),
    'версия протокола с этим узлом; при незавершённых запросах не меняется',
    'protocol version with this node; not changed while requests are open',
  ),
  types: key(
    z
      .array(z.strictObject({ namespace: z.string().min(1), requestRoot: z.string().min(1) }))
      .min(1)
      .max(1000),
    'какие запросы забирать: пространство имён и корневой элемент',
    'which requests are taken: namespace and root element',
  ),
  fileStore: key(
    upstreamStore.optional(),
    'файловое хранилище вышестоящей СМЭВ и учётная запись узла в нём; без него файлы хранилища не передаются',
    "the upstream's file store and this node's account there; without it no files of the store go either way",
  ),
  pollMs: key(
    millis.default(5000),
    'как часто спрашивать обе стороны',
    'how often both sides are asked',
  ),
  connectMs: key(millis.default(5000), 'время на соединение', 'time to connect'),
  timeoutMs: key(millis.default(30_000), 'время одного вызова', 'time of one call'),
  answerBytesMax: key(
    z
      .int()
      .min(1024)
      .max(256 * 1024 * 1024)
      .default(5 * 1024 * 1024),
    'наибольший ответ вышестоящей СМЭВ',
    'largest answer of the upstream',
  ),
  tls: key(
    z
      .strictObject({
        key: z.string().optional(),
        certificate: z.string().optional(),
        ca: z.string().optional(),
        serverName: z.string().optional(),
      })
      .optional(),
    'клиентский сертификат TLS и кому верить',
    'client certificate for TLS, and whom to believe',
  ),
});
export type UplinkSettings = z.infer<typeof uplinkTable>;

/** Members of an uplink, of its tls and of its fileStore that name files. */
const files = new Set([
  ...['key', 'certificate', 'trust', 'localKey', 'localCertificate', 'ca'],
  ...['userFile', 'passwordFile'],
]);
const withFiles = new Set(['tls', 'fileStore']);

/** An uplink as it was written, its files made absolute; what is not one is left to the check. */
export function withAbsoluteFiles(uplink: unknown, absolute: (path: string) => string): unknown {
  if (typeof uplink !== 'object' || uplink === null || Array.isArray(uplink)) return uplink;
  return Object.fromEntries(
    Object.entries(uplink).map(([name, member]: [string, unknown]) => {
      if (typeof member === 'string') return [name, files.has(name) ? absolute(member) : member];
      return [name, withFiles.has(name) ? withAbsoluteFiles(member, absolute) : member];
    }),
  );
}
