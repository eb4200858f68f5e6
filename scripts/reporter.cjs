// Mocha's spec reporter, which also names each skipped test with the reason that it printed, and
// leaves the counts and what failed for scripts/test.mjs.
const { mkdirSync, writeFileSync } = require('node:fs');
const { dirname } = require('node:path');
const { Spec } = require('mocha').reporters;

module.exports = class Reporter extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    const failed = [];
    const reason = watchReasons();
    runner.on('pending', (test) => skipped.push({ test: test.fullTitle(), reason: reason() }));
    runner.on('fail', (test, error) => failed.push(failure(test, error)));
    runner.once('end', () => {
      tell(skipped);
      const { passes, failures, pending } = this.stats;
      const unexplained = skipped.filter((each) => each.reason === undefined).length;
      const { output } = options.reporterOptions ?? {};
      if (output === undefined) return;
      mkdirSync(dirname(output), { recursive: true });
      writeFileSync(output, JSON.stringify({ passes, failures, pending, unexplained, failed }));
    });
  }
};

/** A failed test in few lines: where it stands, what it was told, and where it was thrown. */
function failure(test, error) {
  const thrown = String(error?.stack ?? error).split('\n');
  return [`${test.file ?? ''}: ${test.fullTitle()}`, ...thrown.slice(0, 12)].join('\n    ');
}

/** The last line that began with SKIPPED: a test prints its reason before it skips itself. */
function watchReasons() {
  let last;
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = (chunk, ...rest) => {
    for (const line of String(chunk).split('\n')) {
      const found = /^\s*SKIPPED: (.*)$/.exec(line);
      if (found !== null) last = found[1];
    }
    return write(chunk, ...rest);
  };
  return () => last;
}

function tell(skipped) {
  const reasons = new Map();
  for (const { test, reason = 'НЕТ ПРИЧИНЫ / no reason was printed' } of skipped) {
    reasons.set(reason, [...(reasons.get(reason) ?? []), test]);
  }
  for (const [reason, tests] of reasons) {
    process.stdout.write(`SKIPPED: ${reason}\n${tests.map((test) => `    ${test}\n`).join('')}`);
  }
}
