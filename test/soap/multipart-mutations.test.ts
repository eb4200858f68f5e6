import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { MultipartError } from '../../src/soap/multipart-error.ts';
import { MultipartReader } from '../../src/soap/multipart-reader.ts';
import { multipartHead } from '../../src/soap/multipart-writer.ts';
import { Chance } from '../fault/chance.ts';
import { full } from '../fault/full.ts';
import { read, sent, wide } from './multipart.ts';

const count = full ? 10_000 : 300;
const streamed = full ? 1 << 27 : 1 << 25;
const growthMax = 8 << 20;
const boundary = 'b-_1';
/** The beginning of a delimiter with all the blanks that are read, or the headers of a part. */
const heldMax = Math.max(wide.headerBytesMax, boundary.length + 300);

const valid: readonly Buffer[] = [
  sent(
    multipartHead(boundary, Buffer.from('<a/>'), [
      { contentId: '1@x', mimeType: 'image/jpeg', data: Buffer.from('\r\n--b-_\0\r\n\r') },
      { contentId: '2@x', mimeType: 'text/plain', data: Buffer.alloc(0) },
    ]).body,
  ),
  Buffer.from(
    [
      ...['before', `--${boundary} `, 'Content-Transfer-Encoding: base64', 'Content-ID: <1>', ''],
      ...['TWV6', 'aHZlZA==', `--${boundary}`, 'Content-Transfer-Encoding:', ' quoted-printable'],
      ...['Content-ID: 2', '', '=D0=9C= ', 'a  ', `--${boundary}x`, `--${boundary}--`, 'after'],
    ].join('\r\n'),
  ),
  Buffer.from(`--${boundary}\nA: 1\n b\n\n1\n\n--${boundary}\n\n2\n--${boundary}--`),
];

const words = [
  ...['\r', '\n', '\r\n', '\r\n\r\n', '-', '--', '=', ' ', '\t', ':', '<', '\0', '\xff', '=\r\n'],
  ...[`--${boundary}`, `\r\n--${boundary}\r\n`, `\n--${boundary}\n\n`, `\r\n--${boundary}--`],
  ...['A: 1\r\n', 'Content-ID: <1>\r\n', 'Content-Transfer-Encoding: base64\r\n', ' '.repeat(260)],
].map((word) => Buffer.from(word, 'latin1'));

function mutated(chance: Chance, bytes: Buffer): Buffer {
  const at = chance.between(0, bytes.length + 1);
  const to = Math.min(bytes.length, at + chance.between(0, 30));
  const word = words[chance.between(0, words.length)] ?? Buffer.alloc(0);
  const cut = bytes.subarray(at, to);
  const middle = [word, Buffer.of(chance.between(0, 256)), Buffer.concat([cut, cut]), Buffer.of()];
  const pick = chance.between(0, middle.length + 2);
  if (pick === middle.length) return bytes.subarray(0, at);
  const kept = pick === 0 ? bytes.subarray(at) : bytes.subarray(to);
  return Buffer.concat([bytes.subarray(0, at), middle[pick] ?? word, kept]);
}

describe('mutated multipart bodies', function () {
  this.timeout(full ? 1_800_000 : 60_000);

  it('are read before they are mutated', () => {
    expect(valid.map((body) => read(boundary, body).reason)).to.eql(valid.map(() => undefined));
    expect(valid.map((body) => read(boundary, body).parts.length)).to.eql([3, 2, 2]);
  });

  it(`${count} of them: a reason or parts, the same for all chunks, and little held`, () => {
    const chance = new Chance();
    process.stdout.write(`      seed ${chance.seed}: MEZHVED_SEED=${chance.seed} draws the same\n`);
    const reasons = new Map<string, number>();
    for (let n = 0; n < count; n += 1) {
      let body = valid[n % valid.length] ?? Buffer.alloc(0);
      for (let times = chance.between(1, 5); times > 0; times -= 1) body = mutated(chance, body);
      const whole = read(boundary, body);
      const cuts = [() => 1, () => chance.between(1, 9), () => chance.between(1, body.length + 2)];
      for (const cut of cuts) {
        const other = read(boundary, body, cut);
        expect(other.held, `${n}`).to.be.at.most(heldMax);
        expect(other.reason === undefined, `${n}`).to.equal(whole.reason === undefined);
        if (whole.reason === undefined) expect(other.parts, `${n}`).to.deep.equal(whole.parts);
      }
      const reason = whole.reason ?? 'read';
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const many = [...reasons].map(([reason, times]) => `${reason} ${times}`);
    process.stdout.write(`      ${many.join(', ')}\n`);
    expect(reasons.size).to.be.greaterThan(5);
  });
});

describe('endless multipart bodies', function () {
  this.timeout(full ? 600_000 : 60_000);

  const part = (encoding: string) => `--b\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;
  const endless: readonly (readonly [string, string, string])[] = [
    ['a preamble', '', '--bx\r\n'],
    ['content', part('binary'), '0123456789abcdef'.repeat(64)],
    ['content of look-alikes', part('binary'), '\r\n--b   x'],
    ['content of line ends', part('binary'), '\r'],
    ['base64', part('base64'), 'TWV6aHZlZDEy\r\n'],
    ['base64 of blanks', part('base64'), ' \r\n'],
    ['quoted-printable', part('quoted-printable'), '=D0=9C a =\r\n'],
    ['an epilogue', '--b--\r\n', '\r\n--b\r\n'],
  ];
  for (const [what, before, piece] of endless) {
    it(`take no memory: ${what}`, async () => {
      let content = 0;
      const reader = new MultipartReader('b', wide, {
        part: () => undefined,
        data: ({ length }) => {
          content += length;
        },
        partEnd: () => undefined,
      });
      const long = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
      reader.push(Buffer.from(before));
      const push = (bytes: number) => {
        for (let n = 0; n * long.length < bytes; n += 1) {
          // Chunks end anywhere in a piece.
          reader.push(long.subarray(0, n % piece.length));
          reader.push(long.subarray(n % piece.length));
        }
      };
      push(streamed / 4);
      const early = await memoryOctets();
      push(streamed);
      expect((await memoryOctets()) - early).to.be.below(growthMax);
      expect(reader.heldBytes).to.be.at.most(300);
      expect(content > 0).to.equal(/^(content|quoted|base64$)/.test(what));
    });
  }

  for (const [what, before, piece, reason, bytes] of [
    ['blanks after a boundary', '--b', ' ', 'boundary-line-too-long', 300],
    ['blanks after a close', '--b--', '\t', 'boundary-line-too-long', 300],
    ['a header', '--b\r\n', 'A', 'headers-too-large', 2010],
    ['headers', '--b\r\n', 'A: 1\r\n', 'headers-too-large', 2010],
    ['a folded header', '--b\r\nA: 1\r\n', ' 1\r\n', 'headers-too-large', 2010],
    ['parts', '', '--b\r\n\r\n', 'parts-too-many', 1000],
    [
      'blanks in quoted-printable',
      part('quoted-printable'),
      ' ',
      'quoted-printable-malformed',
      1100,
    ],
  ] as const) {
    it(`end soon: ${what}`, () => {
      const sink = { part: () => undefined, data: () => undefined, partEnd: () => undefined };
      const reader = new MultipartReader('b', wide, sink);
      let pushed = 0;
      const pushing = () => {
        for (let text = before; ; text = piece) {
          reader.push(Buffer.from(text));
          pushed += text.length;
          if (pushed > 1_000_000) return;
        }
      };
      expect(pushing).to.throw(MultipartError).with.property('reason', reason);
      expect(pushed).to.be.at.most(bytes);
    });
  }
});

/** What the process holds once what is not needed is gone; buffers go a moment after their owners. */
async function memoryOctets(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  gc();
  await setImmediate();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
