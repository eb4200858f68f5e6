import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { startWorker } from '../server/node.ts';
import { run } from './run.ts';
import { untilStopped } from './serve.ts';

/** `worker`: a process that only delivers, until SIGTERM or SIGINT. */
export function register(program: Command): void {
  program
    .command('worker')
    .description(
      'доставлять ведомствам, не принимая сообщений / deliver to agencies, take no messages',
    )
    .action(() =>
      run(() => {
        const config = loadConfig(process.env, process.cwd());
        return untilStopped(startWorker(config), ({ id, adminUrl }) =>
          [
            `Процесс доставки ${id} работает / the worker is up`,
            `  admin      ${adminUrl}/health/ready`,
            '',
          ].join('\n'),
        );
      }),
    );
}
