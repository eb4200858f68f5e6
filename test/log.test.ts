import { expect } from 'chai';
import { createLog } from '../src/log.ts';

function record(isTTY: boolean) {
  const lines: string[] = [];
  const output = { isTTY, write: (line: string) => lines.push(line) };
  return { lines, log: createLog({ level: 'info' }, output) };
}

describe('the log', () => {
  it('is a line of JSON an event, with its time and level in words', () => {
    const { lines, log } = record(false);
    log.info({ code: 'ACCESS_DENIED', journal: '01J' }, 'refused');
    log.debug({}, 'not told at this level');
    expect(lines).to.have.lengthOf(1);
    const { time, ...event } = JSON.parse(lines[0] ?? '');
    expect(event).to.deep.equal({
      level: 'info',
      code: 'ACCESS_DENIED',
      journal: '01J',
      msg: 'refused',
    });
    expect(new Date(time).toISOString()).to.equal(time);
  });

  it('is text on a terminal, one line an event whatever is in it', () => {
    const { lines, log } = record(true);
    log.warn({ exchange: 'e1', findings: [{ path: '/a\n/b' }] }, 'failed');
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]).to.match(
      /^\d\d:\d\d:\d\d\.\d{3} warn {2}failed exchange=e1 findings=\[\{"path":"\/a\\n\/b"\}\]\n$/,
    );
  });
});
