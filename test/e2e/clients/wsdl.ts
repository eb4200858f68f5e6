import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Version, versions } from '../../../src/smev/namespaces.ts';
import { operationNames, operations } from '../../../src/smev/operations.ts';
import { type Ran, runProgram, runs } from './program.ts';

/** A SOAP client that others wrote, as far as it reads WSDL. */
export interface WsdlClient {
  readonly name: string;
  /** The Debian packages that bring it. */
  readonly packages: string;
  isHere(): boolean;
  /** Names of the operations that it finds behind the address of a WSDL. @throws Error with its output */
  operations(wsdlUrl: string): Promise<string[]>;
}

// Debian's own Python: zeep is not in any other.
export const python = '/usr/bin/python3';

const zeepScript = `
import sys, zeep
client = zeep.Client(sys.argv[1])
for service in client.wsdl.services.values():
    for port in service.ports.values():
        for operation in port.binding._operations.values():
            operation.input.signature()
            print(operation.name)
`;

const phpScript = `
$client = new SoapClient($argv[1], ['cache_wsdl' => WSDL_CACHE_NONE]);
foreach ($client->__getFunctions() as $f) { preg_match('/^\\S+ (\\w+)\\(/', $f, $m); echo $m[1], "\\n"; }
`;

export const wsdlClients: readonly WsdlClient[] = [
  {
    name: 'Python zeep',
    packages: 'python3-zeep',
    isHere: () => runs(python, '-c', 'import zeep'),
    operations: async (url) => lines(await succeed(python, ['-c', zeepScript, url])),
  },
  {
    name: 'PHP SoapClient',
    packages: 'php-cli php-soap',
    isHere: () => runs('php', '-r', 'exit(class_exists("SoapClient") ? 0 : 1);'),
    operations: async (url) => lines(await succeed('php', ['-r', phpScript, '--', url])),
  },
  {
    name: 'gSOAP wsdl2h',
    packages: 'gsoap',
    isHere: () => runs('wsdl2h', '-V'),
    operations: (url) =>
      inFolder(async (folder) => {
        const header = join(folder, 'service.h');
        const { err } = await succeed('wsdl2h', ['-o', header, url]);
        if (/error|warning: .*(not found|undefined)/i.test(err)) throw new Error(err);
        const found = readFileSync(header, 'utf8').matchAll(
          /^\/\/gsoap \w+ +service method-input-action:\s+(\w+)/gm,
        );
        return [...found].map(([, name = '']) => name);
      }),
  },
  {
    name: 'Java wsimport',
    packages: 'jaxws default-jdk-headless',
    isHere: () => runs('wsimport', '-version'),
    operations: (url) =>
      inFolder(async (folder) => {
        const options = ['-quiet', '-Xnocompile', '-d', folder, '-s', folder, '-p', 'generated'];
        await succeed('wsimport', [...options, url]);
        const sources = readdirSync(join(folder, 'generated'));
        const port = sources.find((name) => name === 'SMEVMessageExchangePortType.java');
        if (port === undefined) throw new Error(`no port type among ${sources.join(' ')}`);
        const text = readFileSync(join(folder, 'generated', port), 'utf8');
        return [
          ...text.matchAll(/@WebMethod\((?:operationName = "(\w+)", )?action = "urn:(\w+)"\)/g),
        ].map(([, named, action = '']) => named ?? action);
      }),
  },
];

/** The operations that the published service of a version has, sorted. */
export function operationsOf(version: Version): string[] {
  return operationNames.filter((name) => operations[name].versions.includes(version)).sort();
}

/**
 * Lets one client read the WSDL of each version of a running node.
 *
 * @param nodeUrl such as http://127.0.0.1:8080
 * @returns what it found wrong; nothing: every version has the operations it should have
 */
export async function wsdlComplaints(client: WsdlClient, nodeUrl: string): Promise<string[]> {
  const complaints: string[] = [];
  for (const version of versions) {
    const url = `${nodeUrl}/smev/v${version}/ws?wsdl`;
    const found = await client.operations(url).catch((error: Error) => [error.message]);
    const listed = [...new Set(found)].sort().join(' ');
    if (listed !== operationsOf(version).join(' ')) complaints.push(`${version}: ${listed}`);
  }
  return complaints;
}

async function succeed(command: string, args: readonly string[]): Promise<Ran> {
  const ran = await runProgram(command, args);
  if (ran.code !== 0) throw new Error(`${command} exits ${ran.code}: ${ran.out}${ran.err}`);
  return ran;
}

function lines({ out }: Ran): string[] {
  return out.split('\n').filter((line) => line !== '');
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mezhved-client-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
