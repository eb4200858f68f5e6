import { expect } from 'chai';
import fc from 'fast-check';
import { Fault } from '../../src/fault/fault.ts';
import { wasmModule } from '../../src/gost/wasm.ts';
import { smevTransform } from '../../src/signature/smev-transform.ts';
import { smevTransformReference } from '../../src/signature/smev-transform-reference.ts';
import { canonicalizations, canonicalize, exclusive } from '../../src/xml/canonicalize.ts';
import { withXml } from '../../src/xml/document.ts';
import { seeded } from '../xml/random.ts';
import { wideDocument } from '../xml/random-wide.ts';

const full = process.env['MEZHVED_FULL'] === '1';
const inclusive = Object.keys(canonicalizations).find((uri) => uri !== exclusive) as
  | typeof exclusive
  | undefined;

/** The result, or what the refusal says. */
function outcome(transform: (canonical: Uint8Array) => Buffer, canonical: Uint8Array): string {
  try {
    return transform(canonical).toString('latin1');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

function expectTwins(canonical: Uint8Array): void {
  expect(outcome(smevTransform, canonical)).to.equal(outcome(smevTransformReference, canonical));
}

function canonicalOf(text: string, method = exclusive, prefixes: readonly string[] = []): Buffer {
  return withXml(Buffer.from(text), ({ root }) => canonicalize(root, method, prefixes), {
    processingInstructions: 'allow',
  });
}

const many = (count: number, make: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => make(n)).join('');

describe('the SMEV transform in WebAssembly and its reference', function () {
  this.timeout(full ? 600_000 : 60_000);

  it('has been built', () => expect(wasmModule('smev-transform')).to.not.equal(undefined));

  it('agree on random documents in any canonical form', () => {
    fc.assert(
      fc.property(
        fc.boolean().chain((unqualified) => wideDocument({ unqualified, instructions: true })),
        fc.subarray(['', 'p', 'q']),
        (document, list) => {
          expectTwins(canonicalOf(document));
          expectTwins(canonicalOf(document, exclusive, list));
          expectTwins(canonicalOf(document, inclusive));
        },
      ),
      seeded(full ? 20_000 : 600),
    );
  });

  it('agree on canonical octets that were damaged', () => {
    const piece = fc.constantFrom(
      ...[
        '<',
        '>',
        '&',
        '"',
        '/',
        ':',
        '=',
        ' ',
        '\r',
        '\n',
        '\0',
        ']',
        '&gt;',
        '&#xD;',
        '&amp',
        '<?',
        '?>',
      ],
      ...['</', ' xmlns=""', ' xmlns:p="', ' a="', '<a>', '</a>', '<!--', 'xml:', '\u{1f600}'],
    );
    const change = fc.record({ at: fc.nat(), remove: fc.nat(3), add: fc.option(piece) });
    const document = wideDocument({ unqualified: false, instructions: true });
    fc.assert(
      fc.property(document, fc.array(change, { minLength: 1, maxLength: 3 }), (text, changes) => {
        let octets = canonicalOf(text);
        for (const { at, remove, add } of changes) {
          const from = at % (octets.length + 1);
          const rest = octets.subarray(from + remove);
          octets = Buffer.concat([octets.subarray(0, from), Buffer.from(add ?? ''), rest]);
        }
        const whole = Buffer.from(octets.toString('utf8'));
        expectTwins(whole);
        // Octets that are not UTF-8 are refused before either looks at them.
        if (!whole.equals(octets)) expect(outcome(smevTransform, octets)).to.match(/REFUSED/);
      }),
      seeded(full ? 50_000 : 1500),
    );
  });

  it('agree on octets cut short anywhere', () => {
    const text = `<a xmlns="urn:a" b="&lt;я"><?p q?><c>x&gt;y&#13;</c> ${'z'.repeat(40)}</a>`;
    const octets = canonicalOf(text);
    for (let end = 0; end < octets.length; end += 1) {
      const part = Buffer.from(octets.subarray(0, end).toString('utf8'));
      expectTwins(part);
      expect(outcome(smevTransform, part)).to.match(/REFUSED/);
    }
  });

  const long = 'н'.repeat(32 * 1024);
  const hostile: Record<string, () => string> = {
    'many attributes': () => `<a xmlns="urn:a"${many(100_000, (n) => ` a${n * 7919}=""`)}></a>`,
    'attributes in the wrong order': () =>
      `<a xmlns="urn:a"${many(100_000, (n) => ` a${900_000 - n}=""`)}></a>`,
    'many namespaces on one element': () =>
      `<a xmlns="urn:a"${many(100_000, (n) => ` xmlns:p${n}="urn:${n}" p${n}:b=""`)}></a>`,
    'many namespaces in turn': () =>
      `<a xmlns="urn:a">${many(100_000, (n) => `<b xmlns="urn:${n}"></b>`)}</a>`,
    'many prefixes and a declaration in each child': () =>
      `<a xmlns="urn:a"${many(20_000, (n) => ` xmlns:p${n}="urn:${n}"`)}>${many(20_000, () => '<p1:b xmlns:q="urn:q"></p1:b>')}</a>`,
    'long names': () =>
      `<${long}:a xmlns:${long}="urn:${'u'.repeat(65_536)}" b${long}=""></${long}:a>`,
    'long namespace names that begin alike': () => {
      const uri = 'u'.repeat(65_536);
      return `<a xmlns="urn:a" xmlns:p="urn:${uri}1" xmlns:q="urn:${uri}2">${many(20_000, () => '<a q:b="" p:b=""></a>')}</a>`;
    },
    'more depth than is taken': () => `${'<a xmlns="urn:a">'.repeat(1025)}${'</a>'.repeat(1025)}`,
    'as much depth as is taken': () => `${'<a xmlns="urn:a">'.repeat(1024)}x${'</a>'.repeat(1024)}`,
    'far declarations, near uses': () =>
      `<a xmlns="urn:a" xmlns:p="urn:${'u'.repeat(10_000)}">${many(20_000, () => '<p:b></p:b>')}</a>`,
    'text of signs alone': () => `<a xmlns="urn:a">${'&gt;]&gt;&#xD;я😀'.repeat(60_000)}</a>`,
    'a name that ends nowhere': () => `<a xmlns="urn:a">x<${'b'.repeat(100_000)}`,
    'an instruction that ends nowhere': () => `<a xmlns="urn:a">x<?${'? '.repeat(100_000)}`,
  };
  for (const [name, make] of Object.entries(hostile)) {
    it(`take ${name} in little time, and agree`, () => {
      const octets = Buffer.from(make());
      const before = process.cpuUsage();
      outcome(smevTransform, octets);
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000, 'milliseconds').to.be.below(500);
      expectTwins(octets);
    });
  }

  it('let go of the memory of a big message', () => {
    const octets = Buffer.from(`<a xmlns="urn:a">${many(400_000, (n) => `<b>${n}</b>`)}</a>`);
    const held = () => process.memoryUsage().arrayBuffers;
    const before = held();
    for (let n = 0; n < 30; n += 1) smevTransform(octets);
    // Thirty memories kept would be half a gigabyte.
    expect(held() - before).to.be.below(250e6);
  });
});
