const depthMax = 16;

interface Read {
  readonly bytes: Buffer;
  readonly end: number;
}

/**
 * The first item of BER with its indefinite lengths made definite (X.690 §8.1.3.6): BouncyCastle and
 * streaming tools write the outer layers so. What has a definite length is kept as it stands, since it
 * may be signed.
 *
 * @throws RangeError where the octets end early, follow the item, or are nested too deeply
 */
export function withDefiniteLengths(ber: Buffer): Buffer {
  const { bytes, end } = readItem(ber, 0, 0);
  if (end !== ber.length) throw new RangeError('octets follow');
  return bytes;
}

function readItem(ber: Buffer, at: number, depth: number): Read {
  if (depth > depthMax) throw new RangeError('nested too deeply');
  const itemTag = ber[at];
  const first = ber[at + 1];
  if (itemTag === undefined || first === undefined) throw new RangeError('BER ends early');
  if (first === 0x80) return readIndefinite(ber, at, depth);
  const extra = first < 0x80 ? 0 : first - 0x80;
  if (extra > 3 || at + 2 + extra > ber.length) throw new RangeError('unexpected BER length');
  const length = extra === 0 ? first : ber.readUIntBE(at + 2, extra);
  const end = at + 2 + extra + length;
  if (end > ber.length) throw new RangeError('BER ends early');
  return { bytes: ber.subarray(at, end), end };
}

function readIndefinite(ber: Buffer, at: number, depth: number): Read {
  const itemTag = ber[at] ?? 0;
  if ((itemTag & 0x20) === 0) throw new RangeError('a primitive item of indefinite length');
  const parts: Buffer[] = [];
  let next = at + 2;
  while (ber[next] !== 0 || ber[next + 1] !== 0) {
    const { bytes, end } = readItem(ber, next, depth + 1);
    parts.push(bytes);
    next = end;
  }
  const content = Buffer.concat(parts);
  return { bytes: Buffer.concat([header(itemTag, content.length), content]), end: next + 2 };
}

function header(itemTag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([itemTag, length]);
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(length);
  const shortest = octets.subarray(octets.findIndex((octet) => octet > 0));
  return Buffer.concat([Buffer.from([itemTag, 0x80 + shortest.length]), shortest]);
}
