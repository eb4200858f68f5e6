import { expect } from 'chai';
import { parseRedisUrl, type RedisAddress, RedisUnfit } from '../../src/queue/redis-url.ts';

const plain: RedisAddress = {
  kind: 'single',
  hosts: [{ host: 'h', port: 6379 }],
  master: undefined,
  username: undefined,
  password: undefined,
  db: 0,
  tls: false,
  ca: undefined,
  certificate: undefined,
  key: undefined,
};

describe('the address of Redis', () => {
  const forms: readonly (readonly [string, Partial<RedisAddress>])[] = [
    ['redis://h', {}],
    ['redis://h/', {}],
    ['redis://h:7000', { hosts: [{ host: 'h', port: 7000 }] }],
    ['redis://10.0.0.1:7000/3', { hosts: [{ host: '10.0.0.1', port: 7000 }], db: 3 }],
    ['redis://[::1]:7000', { hosts: [{ host: '::1', port: 7000 }] }],
    ['redis://[fe80::1]', { hosts: [{ host: 'fe80::1', port: 6379 }] }],
    ['redis://:p@h', { password: 'p' }],
    ['redis://u:p@h', { username: 'u', password: 'p' }],
    ['redis://u@h', { username: 'u' }],
    ['redis://u%40x:p%3A%2F%40%25@h', { username: 'u@x', password: 'p:/@%' }],
    ['rediss://h', { tls: true }],
    [
      'rediss://h?ca=/etc/ca.pem&cert=c.pem&key=k%20k.pem',
      { tls: true, ca: '/etc/ca.pem', certificate: 'c.pem', key: 'k k.pem' },
    ],
    [
      'redis+sentinel://:p@a:1,b/mymaster',
      {
        kind: 'sentinel',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 26379 },
        ],
        master: 'mymaster',
        password: 'p',
      },
    ],
    [
      'rediss+sentinel://a/my%20master/4?ca=x',
      {
        kind: 'sentinel',
        hosts: [{ host: 'a', port: 26379 }],
        master: 'my master',
        db: 4,
        tls: true,
        ca: 'x',
      },
    ],
    [
      'redis+cluster://u:p@a:1,[::1]:2,c',
      {
        kind: 'cluster',
        hosts: [
          { host: 'a', port: 1 },
          { host: '::1', port: 2 },
          { host: 'c', port: 6379 },
        ],
        username: 'u',
        password: 'p',
      },
    ],
    ['rediss+cluster://a', { kind: 'cluster', hosts: [{ host: 'a', port: 6379 }], tls: true }],
  ];
  for (const [url, read] of forms) {
    it(`is read: ${url}`, () => {
      expect(parseRedisUrl(url)).to.deep.equal({ ...plain, ...read });
    });
  }

  const none = [
    '',
    'h:6379',
    'http://h',
    'redis:/h',
    'redis://',
    'redis://:s3cret@',
    'redis://:s3cret@h/x',
    'redis://:s3cret@h/123456',
    'redis://:s3cret@h:port',
    'redis://:s3cret@h:123456',
    'redis://:s3cret%@h',
    'redis://:s3cret@a,,b',
    'redis://:s3cret@[::1',
    'redis+sentinel://:s3cret@a',
    'redis+sentinel://:s3cret@a/',
    'redis+sentinel://:s3cret@a/m/x',
    'redis+proxy://:s3cret@a',
  ];
  for (const url of none) {
    it(`is none, and says what one is without the password: ${url || "''"}`, () => {
      const read = () => parseRedisUrl(url);
      expect(read).to.throw(RedisUnfit, /redis\[s\]:\/\/.*sentinel.*cluster/);
      expect(read).not.to.throw(/s3cret/);
    });
  }
});
