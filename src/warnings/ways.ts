import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Config } from '../config/table.ts';
import { email } from './email.ts';
import { readSecret } from './secret.ts';
import { NotTold, type Way } from './way.ts';
import { webhook } from './webhook.ts';

/** The ways out of the node that the configuration names. */
export function waysOf({ warnings }: Pick<Config, 'warnings'>): Way[] {
  return [
    ...(warnings.webhook === undefined ? [] : [webhook(warnings.webhook)]),
    ...(warnings.email === undefined ? [] : [email(warnings.email)]),
  ];
}

/** What is wrong with the files that the ways need, before anything is sent. */
export async function wayProblems({ warnings }: Pick<Config, 'warnings'>): Promise<string[]> {
  const { webhook: hook, email: mail } = warnings;
  const secrets = [hook?.secretFile, mail?.userFile, mail?.passwordFile].filter(isNamed);
  const checks = [
    ...secrets.map(readSecret),
    ...[hook?.ca, mail?.ca].filter(isNamed).map(refuseUnreadable),
  ];
  const settled = await Promise.allSettled(checks);
  return settled.flatMap((each) =>
    each.status === 'fulfilled' ? [] : [`warnings: ${(each.reason as Error).message}`],
  );
}

function isNamed(file: string | undefined): file is string {
  return file !== undefined;
}

function refuseUnreadable(file: string): Promise<void> {
  return access(file, constants.R_OK).catch(() => {
    throw new NotTold(`файл не читается / cannot be read: ${file}`);
  });
}
