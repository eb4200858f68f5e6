import { stopPostgres } from './harness/postgres.ts';

// Root of every test run: what tests start at first use ends here, whether they passed or not.

export async function mochaGlobalTeardown(): Promise<void> {
  await stopPostgres();
}
