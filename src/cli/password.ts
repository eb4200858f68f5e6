import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { hashUploadPassword } from '../participants/upload-password.ts';
import { type ExitCode, print, run } from './run.ts';

/** `password`: a new password for the file store, and the hash that declarations hold of it. */
export function register(program: Command): void {
  program
    .command('password')
    .description(
      'новый пароль для загрузки файлов и его хэш для описания участника / a new password to upload files with, and its hash for the declaration of a participant',
    )
    .option('--json', 'print JSON')
    .action((options: { readonly json?: true }) => run(() => makePassword(options)));
}

async function makePassword({ json }: { readonly json?: true }): Promise<ExitCode> {
  const password = randomBytes(18).toString('base64url');
  const uploadPassword = await hashUploadPassword(password, randomBytes(16));
  print(json, { password, uploadPassword }, () =>
    [
      `Пароль, больше его никто не покажет / the password, shown once: ${password}`,
      'В описании участника, у системы / in the declaration of the participant, at its system:',
      `  uploadPassword: ${uploadPassword}`,
    ].join('\n'),
  );
  return 0;
}
