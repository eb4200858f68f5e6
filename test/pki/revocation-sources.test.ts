import { expect } from 'chai';
import { revocationFetch } from '../../src/config/revocation-fetch.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import { hostOf, isDue, revocationSources, urlOf } from '../../src/pki/revocation-sources.ts';
import { addresses } from './ocsp-stand.ts';
import { Issuing, now } from './path-stand.ts';

describe('where lists and answers may be fetched', () => {
  const by = new Issuing(() => newKey('ec'));
  const root = by.authority('Корневой');
  const trust = { anchors: [root.certificate], intermediates: [] };
  const leafWith = (where: Parameters<typeof addresses>[0], issuer = root) =>
    by.issue('Лист', issuer, { extensions: addresses(where) }).certificate;

  it('is at hosts that are listed with their port, by http and https', () => {
    const addressed: Readonly<Record<string, string | undefined>> = {
      'http://ca.example/a.crl': 'ca.example',
      'http://ca.example:80/a.crl': 'ca.example',
      'https://CA.example:443/a.crl': 'ca.example',
      'http://ca.example:8080/': 'ca.example:8080',
      'http://2130706433/': '127.0.0.1',
      'http://0x7f.1/': '127.0.0.1',
      'http://[::ffff:127.0.0.1]/': '[::ffff:7f00:1]',
      'http://ca.example\\@127.0.0.1/': 'ca.example',
      'http://ca.example@127.0.0.1/': undefined,
      'http://ca.example:secret@ca.example/': undefined,
      'ftp://ca.example/': undefined,
      'ldap://ca.example/cn=x': undefined,
      'file:///etc/passwd': undefined,
      'data:,x': undefined,
      'http://': undefined,
      [`http://ca.example/${'a'.repeat(3000)}`]: undefined,
    };
    for (const [address, host] of Object.entries(addressed)) {
      expect(hostOf(address), address).to.equal(host);
    }
  });

  it('is asked once for those who name the same, of their own issuer, below an anchor alone', () => {
    const url = 'http://ca.example/a.crl';
    const stranger = by.authority('Чужой');
    const all = [
      ...[leafWith({ lists: [url] }), leafWith({ lists: [url], ocsp: ['http://in.example/'] })],
      leafWith({ lists: [url] }, stranger),
    ];
    const { questions, notAllowed } = revocationSources(all, trust, ['ca.example']);
    expect(questions.map(({ kind, urls, issuer }) => [kind, urls, issuer])).to.deep.equal([
      ['list', [url], root.certificate],
    ]);
    expect(notAllowed).to.deep.equal(['in.example']);
    expect(revocationSources(all, trust, []).questions).to.deep.equal([]);
  });

  it('is another address of the certificate where one gave nothing', () => {
    const urls = ['http://a.example/', 'http://b.example/'];
    const { questions } = revocationSources([leafWith({ lists: urls })], trust, [
      'a.example',
      'b.example',
    ]);
    const [question = expect.fail('no question')] = questions;
    const asked = [undefined, 0, 1, 2].map((failures) =>
      urlOf(question, failures === undefined ? undefined : { at: now, failures }),
    );
    expect(asked).to.deep.equal([urls[0], urls[0], urls[1], urls[0]]);
  });

  it('is asked again after a pause that grows while nothing comes', () => {
    const pauses = { everyMs: 10_000, retryMs: 1000 };
    const pauseOf = (failures: number) => {
      const due = (after: number) => isDue({ at: now, failures }, pauses, now + after);
      return [1000, 2000, 4000, 8000, 10_000].find((after) => due(after) && !due(after - 1));
    };
    expect([0, 1, 2, 3, 4, 5, 500].map(pauseOf)).to.deep.equal([
      ...[10_000, 1000, 2000, 4000, 8000],
      ...[10_000, 10_000],
    ]);
    expect(isDue(undefined, pauses, now)).to.equal(true);
    const ahead = { at: now + 86_400_000, failures: 0 };
    expect(isDue(ahead, pauses, now), 'the clock was set back').to.equal(true);
  });

  it('is a host and no address in the configuration', () => {
    const takes = (host: string) => revocationFetch.safeParse({ hosts: [host] }).success;
    for (const host of ['ca.example', 'ca.example:8080', '10.0.0.1', '[::1]:80']) {
      expect(takes(host), host).to.equal(true);
    }
    for (const host of ['http://ca.example', 'ca.example/', '*.example', 'CA.example', '']) {
      expect(takes(host), host).to.equal(false);
    }
  });
});
