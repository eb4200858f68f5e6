import { existsSync, writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { type IssuingKey, newGostKey, newKey, privateKeyPem } from '../pki/issuing-key.ts';
import { makeRequest } from '../pki/request.ts';
import { type Purpose, purposes } from '../pki/signing-key.ts';
import { keepNodeKey } from './cert-node.ts';
import { type ExitCode, print, run, UsageError } from './run.ts';

const makers = {
  'gost2012-256': () => newGostKey('gost2012-256'),
  'gost2012-512': () => newGostKey('gost2012-512'),
  rsa: () => newKey('rsa', 3072),
  ec: () => newKey('ec'),
} satisfies Record<string, () => IssuingKey>;

interface Options {
  readonly kind: keyof typeof makers;
  readonly name: string;
  readonly organization: string;
  readonly out: string;
  readonly pkcs11?: string;
  readonly generate?: true;
  readonly node?: true;
  readonly for?: Purpose;
  readonly json?: true;
}

/** `cert csr`: a new key, and the request for its certificate. */
export function registerCsr(cert: Command): void {
  cert
    .command('csr')
    .description('новый ключ и запрос сертификата / a new key and the request for its certificate')
    .addOption(
      new Option('--kind <kind>', 'kind of key')
        .choices(Object.keys(makers))
        .default('gost2012-256'),
    )
    .requiredOption('--name <text>', 'common name of the holder')
    .requiredOption('--organization <text>', 'organization of the holder')
    .requiredOption('--out <stem>', 'writes STEM.key.pem and STEM.csr.pem; none may be there yet')
    .option('--pkcs11 <uri>', 'a key in the token of node.pkcs11; STEM.csr.pem alone is written')
    .option('--generate', 'make that key in the token, rsa or ec; it never leaves')
    .option(
      '--node',
      'a signing key of the node: sealed in its database (with --pkcs11 only named there), and no key file is written',
    )
    .addOption(
      new Option(
        '--for <purpose>',
        'with --node: what the key signs, messages of every service, of one, or the journal (default messages)',
      ).choices([...purposes]),
    )
    .option('--json', 'print JSON')
    .action((options: Options) => run(() => makeAny(options)));
}

async function makeAny({ pkcs11, ...options }: Options): Promise<ExitCode> {
  if (options.for !== undefined && options.node !== true) {
    throw new UsageError('--for: только с / with --node alone');
  }
  if (pkcs11 === undefined) {
    if (options.generate === true) {
      throw new UsageError('--generate: только с / with --pkcs11 alone');
    }
    return makeCsr(options);
  }
  const { name, organization, out, node, json } = options;
  // It loads the library of tokens.
  const { requestFromToken } = await import('./csr-token.ts');
  const file = `${out}.csr.pem`;
  if (existsSync(file)) throw new UsageError(`${file}: уже есть / is there already`);
  const wish = { commonName: name, organization };
  const { key, request } = requestFromToken({ ...options, pkcs11 }, wish);
  write(file, request, 0o644);
  const id = node === true ? await keepNodeKey(key, options.for ?? 'messages') : undefined;
  print(json, { key: pkcs11, ...(id && { id }), request: file }, () =>
    [
      ...(id ? [`Ключ узла в токене / the key of the node in the token: ${id}`] : []),
      `Запрос для УЦ / request for the authority: ${file}`,
    ].join('\n'),
  );
  return 0;
}

async function makeCsr(options: Options): Promise<ExitCode> {
  const { kind, name, organization, out, node, json } = options;
  const key = makers[kind]();
  const request = `${out}.csr.pem`;
  const file = node === true ? undefined : `${out}.key.pem`;
  const csr = makeRequest(key, { commonName: name, organization });
  // The request first: a file that is there already stops the rest.
  write(request, csr, 0o644);
  const id = file === undefined ? await keepNodeKey(key, options.for ?? 'messages') : undefined;
  if (file !== undefined) write(file, privateKeyPem(key), 0o600);
  const told = { kind, ...(file === undefined ? { id } : { key: file }), request };
  print(json, told, () =>
    [
      file === undefined
        ? `Закрытый ключ запечатан в базе узла / the private key is sealed in the node's database: ${id}`
        : `Закрытый ключ / private key: ${file}`,
      `Запрос для УЦ / request for the authority: ${request}`,
    ].join('\n'),
  );
  return 0;
}

/** A key that is there is never written over. */
function write(file: string, text: string, mode: number): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode });
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
