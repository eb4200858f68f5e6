/** One line of the control connection, or why it is none. */
export type Line =
  | { readonly kind: 'text'; readonly text: string }
  /** It has a NUL or is no UTF-8. */
  | { readonly kind: 'broken' }
  /** It has no end within the limit; nothing is read after it. */
  | { readonly kind: 'too-long' };

const lf = 0x0a;
const cr = 0x0d;
const abort = /^ABOR\r$/i;

/**
 * Parts octets into lines: CR LF or LF ends one. The limit is for the octets of a line without its end.
 *
 * Clients send ABOR with Telnet's Synch (RFC 959 section 4.1.3): octets of Telnet before it, some of them
 * out of band and so lost. Those are left out; ABOR whose LF went out of band ends with its CR.
 */
export class LineSplitter {
  readonly #bytesMax: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #rest: Buffer = Buffer.alloc(0);
  #skipsLf = false;
  #ended = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  push(octets: Buffer): Line[] {
    if (this.#ended) return [];
    const lines: Line[] = [];
    let rest = this.#rest.byteLength === 0 ? octets : Buffer.concat([this.#rest, octets]);
    if (this.#skipsLf && rest.byteLength > 0) {
      rest = rest[0] === lf ? rest.subarray(1) : rest;
      this.#skipsLf = false;
    }
    for (let end = rest.indexOf(lf); end >= 0; end = rest.indexOf(lf)) {
      const line = this.#line(rest.subarray(0, rest[end - 1] === cr ? end - 1 : end));
      lines.push(line);
      if (line.kind === 'too-long') return this.#end(lines);
      rest = rest.subarray(end + 1);
    }
    if (abort.test(withoutTelnet(rest).toString('latin1'))) {
      this.#skipsLf = true;
      lines.push({ kind: 'text', text: 'ABOR' });
      rest = Buffer.alloc(0);
    }
    // One more for the CR of a line as long as may be.
    if (rest.byteLength > this.#bytesMax + 1) return this.#end([...lines, { kind: 'too-long' }]);
    this.#rest = Buffer.from(rest);
    return lines;
  }

  /** Forgets what came of a line that has not ended. */
  discard(): void {
    this.#rest = Buffer.alloc(0);
    this.#skipsLf = false;
  }

  #end(lines: Line[]): Line[] {
    this.#ended = true;
    this.discard();
    return lines;
  }

  #line(octets: Buffer): Line {
    if (octets.byteLength > this.#bytesMax) return { kind: 'too-long' };
    if (octets.includes(0)) return { kind: 'broken' };
    try {
      return { kind: 'text', text: this.#decoder.decode(withoutTelnet(octets)) };
    } catch {
      return { kind: 'broken' };
    }
  }
}

/** No command begins with such octets. */
function withoutTelnet(octets: Buffer): Buffer {
  const from = octets.findIndex((octet) => octet < 0xf0);
  return from < 0 ? octets.subarray(octets.byteLength) : octets.subarray(from);
}
