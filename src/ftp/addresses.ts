/** The IP address as a peer knows it: IPv4 in its own form also where the socket is of IPv6. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Whom an address belongs to, for counting: an IPv6 subscriber has all of a /64. */
export function networkOf(address: string): string {
  if (familyOf(address) === '1') return address;
  const [head = '', tail] = address.split('%', 1).join('').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(Math.max(8 - before.length - after.length, 0)).fill('0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

/** The families of RFC 2428: 1 is IPv4, 2 is IPv6. */
export function familyOf(address: string): '1' | '2' {
  return address.includes(':') ? '2' : '1';
}

/** h1,h2,h3,h4,p1,p2 of RFC 959. */
export function hostPort(address: string, port: number): string {
  return [...address.split('.'), port >> 8, port & 255].join(',');
}
