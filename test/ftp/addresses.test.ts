import { expect } from 'chai';
import { familyOf, hostPort, networkOf, plainAddress } from '../../src/ftp/addresses.ts';

describe('addresses of FTP peers', () => {
  it('are IPv4 in their own form, and counted by what one subscriber has', () => {
    expect(plainAddress('::ffff:192.0.2.1')).to.equal('192.0.2.1');
    expect(plainAddress('2001:db8::1')).to.equal('2001:db8::1');
    expect(plainAddress(undefined)).to.equal('');
    expect(networkOf('192.0.2.1')).to.equal('192.0.2.1');
    expect(networkOf('2001:db8:1:2:3:4:5:6')).to.equal('2001:db8:1:2::/64');
    expect(networkOf('2001:db8:1:2::6')).to.equal('2001:db8:1:2::/64');
    expect(networkOf('2001:db8::6')).to.equal('2001:db8:0:0::/64');
    expect(networkOf('::1')).to.equal('0:0:0:0::/64');
    expect(networkOf('fe80::1%eth0')).to.equal('fe80:0:0:0::/64');
  });

  it('are told as RFC 959 and RFC 2428 tell them', () => {
    expect(hostPort('192.0.2.1', 258)).to.equal('192,0,2,1,1,2');
    expect([familyOf('192.0.2.1'), familyOf('::1')]).to.deep.equal(['1', '2']);
  });
});
