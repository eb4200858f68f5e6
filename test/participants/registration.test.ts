import { expect } from 'chai';
import { judgeRegistration, type Registration } from '../../src/participants/registration.ts';
import { day, families, Issuing, now } from '../pki/path-stand.ts';

describe('a registration of a certificate', () => {
  const by = new Issuing(families['GOST of 256 bits']?.make ?? (() => expect.fail()));
  const { certificate: old } = by.issue('Прежний', undefined);
  const { certificate: fresh } = by.issue('Новый', undefined, { notBefore: now - day });
  const registered = (window: Partial<Registration['window']>, certificate = old) => ({
    certificate,
    window: { from: null, until: null, ...window },
  });
  const judge = (one: Registration, at: number, ...others: Registration[]) =>
    judgeRegistration(one, () => [one, ...others], at);

  it('counts from its first moment to its last, and without bounds always', () => {
    expect(judge(registered({}), now)).to.equal(undefined);
    const bounded = registered({ from: now, until: now + day });
    expect(judge(bounded, now - 1)?.code).to.equal('CERTIFICATE_NOT_ACTIVE');
    expect(judge(bounded, now)).to.equal(undefined);
    expect(judge(bounded, now + day - 1)).to.equal(undefined);
    expect(judge(bounded, now + day)?.code).to.equal('CERTIFICATE_REPLACED');
  });

  it('that has not begun is refused by a text that says when it does', () => {
    const fault = judge(registered({ from: now + day }), now);
    expect(fault?.detail.public).to.equal('2026-06-02T00:00Z');
  });

  it('that has ended is refused by a text that names the new one and its date', () => {
    const ended = registered({ until: now });
    const next = registered({ from: now - 3600_000 }, fresh);
    const text = judge(ended, now, next)?.detail.public;
    expect(text).to.include('2026-06-01T00:00Z');
    expect(text).to.include(fresh.serial);
    expect(text).to.include('2026-05-31T23:00Z');
    // One that is not in use is nobody's successor.
    const later = registered({ from: now + day }, fresh);
    expect(judge(ended, now, later)?.detail.public).to.equal('2026-06-01T00:00Z');
  });

  it('that was retired before it began never counts', () => {
    const never = registered({ from: now + day, until: now });
    for (const at of [now - day, now, now + day, now + 2 * day]) {
      expect(judge(never, at)).to.not.equal(undefined);
    }
  });
});
