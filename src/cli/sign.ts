import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { systemClock } from '../clock.ts';
import { readPemPair } from '../pki/keystore.ts';
import { type Fresh, freshen } from '../signature/freshen.ts';
import { type Role, roles, signText } from '../signature/insert.ts';
import { type Signer, signerFromPem } from '../signature/signer.ts';
import { newMessageId } from '../smev/message-id.ts';
import { XmlRefused } from '../xml/document.ts';
import { signAttachment } from './detached.ts';
import { run, UsageError } from './run.ts';

interface Options {
  readonly key: string;
  readonly cert: string;
  readonly as: Role | 'attachment';
  readonly id?: string;
  readonly profile?: 'xmldsig' | 'smev3';
  readonly fresh?: true;
  readonly out?: string;
}

export function register(program: Command): void {
  program
    .command('sign')
    .description('подписать сообщение / sign a message in the place that its operation has for it')
    .argument('<file>', 'a SOAP envelope, or its Body child alone; any file as an attachment')
    .requiredOption('--key <file>', 'private key, PEM')
    .requiredOption('--cert <file>', 'its certificate, PEM')
    .addOption(
      new Option('--as <role>', 'whose signature it is')
        .choices([...roles, 'attachment'])
        .default('caller'),
    )
    .option('--id <id>', 'Id to give to the signed element')
    .addOption(
      new Option('--profile <name>', 'follows the key where absent').choices(['smev3', 'xmldsig']),
    )
    .option('--fresh', 'set a new MessageID and Timestamp first')
    .option('--out <file>', 'write here, not to stdout')
    .action((file: string, options: Options) =>
      run(() => {
        const signed =
          options.as === 'attachment'
            ? signAttachment(file, options)
            : signFile(file, options.as, options);
        if (options.out === undefined) process.stdout.write(signed);
        else write(options.out, signed);
        return 0;
      }),
    );
}

/** The text of a file, signed as the options say. @throws UsageError, Fault */
export function signFile(file: string, role: Role, options: Omit<Options, 'as'>): string {
  const signer = loadSigner(options);
  if (options.profile !== undefined && options.profile !== signer.profile) {
    throw new UsageError(
      `профиль ${options.profile} не для этого ключа (${signer.keyKind}) / ` +
        `the profile ${options.profile} is not for this key (${signer.keyKind})`,
    );
  }
  const text = readText(file);
  try {
    const current = options.fresh === true ? freshen(text, freshValues()) : text;
    return signText(current, role, signer, options.id);
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    throw new UsageError(`${file}:${error.line}: ${error.message}`);
  }
}

function freshValues(): Fresh {
  const now = systemClock.now();
  return {
    messageId: newMessageId(now, randomBytes(8)),
    timestamp: new Date(now).toISOString(),
  };
}

/** @throws UsageError where key and certificate are not to be had, or do not belong together */
export function loadSigner({ key, cert }: Pick<Options, 'key' | 'cert'>): Signer {
  try {
    const pair = readPemPair({ key, certificate: cert });
    return signerFromPem(pair.key, pair.certificate);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readText(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

function write(file: string, text: string | Buffer): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}
