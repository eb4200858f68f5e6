/** Where two octet sequences part, with what stands around that place. */
export interface Difference {
  /** Of the first octet that differs; the length of the shorter where it is the beginning of the other. */
  readonly offset: number;
  /** Octets around the place as text, escaped. */
  readonly signed: string;
  readonly received: string;
  /** The same in hexadecimal. */
  readonly signedHex: string;
  readonly receivedHex: string;
}

const before = 20;
const after = 20;

/** Undefined where they are equal. */
export function differenceOf(signed: Buffer, received: Buffer): Difference | undefined {
  if (signed.equals(received)) return undefined;
  const shorter = Math.min(signed.length, received.length);
  let offset = 0;
  while (offset < shorter && signed[offset] === received[offset]) offset += 1;
  const cut = (octets: Buffer) => octets.subarray(Math.max(0, offset - before), offset + after);
  return {
    offset,
    signed: escaped(cut(signed)),
    received: escaped(cut(received)),
    signedHex: cut(signed).toString('hex'),
    receivedHex: cut(received).toString('hex'),
  };
}

/** As text; a letter that the cut parted, and what cannot be seen, as \xNN. */
function escaped(octets: Buffer): string {
  let text = '';
  for (let at = 0; at < octets.length; ) {
    const octet = octets[at] ?? 0;
    const length = octet < 0x80 ? 1 : octet < 0xc2 ? 0 : octet < 0xe0 ? 2 : octet < 0xf0 ? 3 : 4;
    const letter = octets.subarray(at, at + length);
    const read = length === 0 ? '' : letter.toString('utf8');
    if (length > 0 && letter.length === length && /^[^\p{C}\p{Z}\ufffd\\]$|^ $/u.test(read)) {
      text += read;
      at += length;
    } else {
      text += named[octet] ?? `\\x${octet.toString(16).padStart(2, '0')}`;
      at += 1;
    }
  }
  return text;
}

const named: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  13: '\\r',
  92: '\\\\',
};
