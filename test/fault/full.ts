/** The counts of the issues, `npm run test:full`. */
export const full = process.env['MEZHVED_FULL'] === '1';

/**
 * Tests that `npm test` has no time for: installations of their own, beside those of delivery.test.ts,
 * which kills each kind of process in `npm test` too.
 */
export function describeInFull(title: string, tests: (this: Mocha.Suite) => void): void {
  if (full) describe(title, tests);
}
