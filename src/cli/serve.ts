import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/table.ts';
import { wasmModule } from '../gost/wasm.ts';
import { readCertificate } from '../pki/certificate.ts';
import { type RunningNode, startNode } from '../server/node.ts';
import { versions } from '../smev/namespaces.ts';
import { type ExitCode, fail, run, UnreachableError } from './run.ts';

/** `serve`: the node, until SIGTERM or SIGINT. */
export function register(program: Command): void {
  program
    .command('serve')
    .description('запустить узел / run the node')
    .action(() =>
      run(async (): Promise<ExitCode> => {
        const config = loadConfig(process.env, process.cwd());
        return untilStopped(startNode(config), (node) => banner(config, node));
      }),
    );
}

/** Runs a process of the node until SIGTERM or SIGINT. */
export async function untilStopped<T extends { stop(): Promise<void> }>(
  starting: Promise<T>,
  bannerOf: (running: T) => string,
): Promise<ExitCode> {
  const running = await starting.catch(leave);
  process.stdout.write(bannerOf(running));
  await stopped();
  process.stdout.write('Останавливаюсь… / stopping…\n');
  await running.stop();
  return 0;
}

/** A node that could not start holds threads and connections: the process ends with them. */
function leave(error: unknown): never {
  process.exit(fail(inPlainWords(error)));
}

function inPlainWords(error: unknown): unknown {
  if (isAddressInUse(error)) return new Error(addressInUse(error));
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !noAnswer.has(code)) return error;
  return new UnreachableError(`база данных не отвечает / the database does not answer (${code})`);
}

const noAnswer = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT']);

interface AddressInUse {
  readonly address: string;
  readonly port: number;
}

function isAddressInUse(error: unknown): error is AddressInUse {
  return (error as { code?: unknown }).code === 'EADDRINUSE';
}

function addressInUse({ address, port }: AddressInUse): string {
  return (
    `адрес ${address}:${port} занят; задайте другой в MEZHVED_LISTEN, MEZHVED_ADMIN_LISTEN или MEZHVED_FTP_LISTEN / ` +
    'the address is in use; set another in MEZHVED_LISTEN, MEZHVED_ADMIN_LISTEN or MEZHVED_FTP_LISTEN'
  );
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

function banner(
  config: Config,
  { soapUrl, adminUrl, storeUrl }: RunningNode & { readonly soapUrl: string },
): string {
  const wsdl = versions.map((version) => `  WSDL ${version}   ${soapUrl}/smev/v${version}/ws?wsdl`);
  const lines = [
    `Узел ${config.node.id} работает (профиль ${config.profile}) / the node is up`,
    `  SOAP       ${soapUrl}`,
    `  admin      ${adminUrl}/health/ready`,
    ...(storeUrl === undefined ? [] : [`  файлы      ${storeUrl}`]),
    ...wsdl,
    `  данные     ${config.data}`,
  ];
  if (wasmModule('curve-256') === undefined) lines.push('', ...slowWarning);
  if (config.profile === 'sandbox') lines.push('', ...firstCommand(soapUrl, config.tls));
  return `${lines.join('\n')}\n`;
}

/** What SECURITY.md says of signing does not hold then: an operator has to know. */
const slowWarning: readonly string[] = [
  'ВНИМАНИЕ: WebAssembly не работает. ГОСТ вычисляется медленно, и время подписи может зависеть от ключа.',
  'WARNING: WebAssembly does not run. GOST is slow, and the time of signing may depend on the key.',
  '  npm run build',
];

/** A whole command that works as it stands, in another terminal in the same folder. */
function firstCommand(soapUrl: string, tls: Config['tls']): string[] {
  const trust = tls === undefined ? [] : [`    --ca ${authorityOf(tls)} \\`];
  return [
    'Отправьте первый запрос из другого окна / send a first request from another terminal:',
    '',
    `  npx mezhved send examples/birth-record-request.xml --to ${soapUrl}/smev/v1.2/ws \\`,
    ...trust,
    '    --key certs.example/agency-a.key.pem --cert certs.example/agency-a.crt.pem',
  ];
}

/** A certificate that issued itself is its own authority; another's is known to the operator. */
function authorityOf({ certificate }: NonNullable<Config['tls']>): string {
  const { subject, issuer } = readCertificate(readFileSync(certificate, 'utf8'));
  return subject === issuer ? certificate : 'CA.pem';
}
