import fc from 'fast-check';
import { escapeAttribute, escapeText } from '../../src/xml/escape.ts';

// Documents that reach the corners of canonical forms and of the SMEV transform.

/** Two of them are one namespace under two prefixes wherever both are bound. */
const namespaces = ['urn:a', 'urn:a:b', 'urn:A', 'urn://x/1.0', 'urn:z?q=1'];
const prefixes = ['', 'p', 'q', 'ns1', 'имя'];
// Beyond U+FFFF code points and UTF-16 units sort differently.
const locals = ['a', 'B', 'я', 'Я', '\ufb00', '\u{10000}', 'a-1', 'длинное-имя-элемента'];

const unit = fc.constantFrom(
  ...[
    'a',
    'я',
    ' ',
    '\n',
    '\t',
    '\r',
    '>',
    ']',
    '<',
    '&',
    '"',
    "'",
    '\u00a0',
    '\u3000',
    '\u{1f600}',
  ],
  ...[']>', ']]>', '\r\n', '>>'],
);

/** Runs that end near the borders of 12 and of 512 units, then a few more. */
const atBorder = fc
  .tuple(
    fc.constantFrom('x', 'я', ' ', '\u{1f600}', '>', ']', '&'),
    fc.constantFrom(0, 9, 10, 11, 12, 254, 255, 256, 509, 510, 511, 512, 513, 1023, 1024),
    fc.string({ unit, maxLength: 8 }),
    fc.constantFrom('', 'x', 'xy'),
  )
  .map(([run, count, end, start]) => start + run.repeat(count) + end);

const characters = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit, maxLength: 16 }) },
  { weight: 1, arbitrary: atBorder },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '\n  ', '\r', '\r \n', '1', 'текст') },
);

const text = fc.oneof(
  { weight: 4, arbitrary: characters.map((given) => escapeText(given).replaceAll('\r', '&#13;')) },
  {
    weight: 1,
    arbitrary: characters.map((given) => `<![CDATA[${given.replaceAll(']]>', ']] >')}]]>`),
  },
  { weight: 1, arbitrary: fc.constantFrom('<!-- c -->', '<!---->') },
);
const instruction = fc.constantFrom('<?p?>', '<?p  q > <?>', '<?имя x&y?>');

interface Made {
  readonly prefix: string;
  readonly local: string;
  readonly declares: readonly (readonly [string, string])[];
  readonly attributes: readonly (readonly [string, string, string])[];
  readonly content: readonly (string | Made)[];
}

export interface Wideness {
  /** Elements without a namespace, attributes xml:*, which the SMEV transform refuses. */
  readonly unqualified: boolean;
  readonly instructions: boolean;
}

/** The text of a random document. */
export function wideDocument({ unqualified, instructions }: Wideness): fc.Arbitrary<string> {
  const uri = fc.constantFrom(...namespaces, ...(unqualified ? [''] : []));
  const names = [...prefixes, ...(unqualified ? ['xml'] : [])];
  const leaf = instructions ? fc.oneof({ weight: 6, arbitrary: text }, instruction) : text;
  return fc
    .letrec<{ element: Made }>((tie) => ({
      element: fc.record({
        prefix: fc.constantFrom(...prefixes),
        local: fc.constantFrom(...locals),
        declares: fc.uniqueArray(fc.tuple(fc.constantFrom(...prefixes), uri), {
          maxLength: 3,
          selector: ([prefix]) => prefix,
        }),
        attributes: fc.array(
          fc.tuple(fc.constantFrom(...names), fc.constantFrom(...locals), characters),
          { maxLength: 5 },
        ),
        content: fc.array(
          fc.oneof({ depthSize: 'small', maxDepth: 5 }, leaf, leaf, tie('element')),
          { maxLength: 5 },
        ),
      }),
    }))
    .element.map((made) => write(made, new Map(), true));
}

function write(made: Made, outside: ReadonlyMap<string, string>, isRoot: boolean): string {
  const scope = new Map(outside);
  const declares = new Map(made.declares.filter(([prefix, uri]) => prefix === '' || uri !== ''));
  // Everything is bound on the root, so that no name is without its namespace.
  if (isRoot) {
    for (const [n, prefix] of prefixes.entries()) {
      if (!declares.has(prefix)) declares.set(prefix, namespaces[n] ?? '');
    }
  }
  for (const [prefix, uri] of declares) scope.set(prefix, uri);
  const xmlns = [...declares].map(
    ([prefix, uri]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(uri)}"`,
  );
  const taken = new Set<string>();
  const attributes = made.attributes.flatMap(([prefix, local, value]) => {
    const name = `${prefix === '' || prefix === 'xml' ? prefix : scope.get(prefix)} ${local}`;
    if (taken.has(name)) return [];
    taken.add(name);
    return [` ${prefix === '' ? local : `${prefix}:${local}`}="${escapeAttribute(value)}"`];
  });
  const name = made.prefix === '' ? made.local : `${made.prefix}:${made.local}`;
  const content = made.content.map((each) =>
    typeof each === 'string' ? each : write(each, scope, false),
  );
  return `<${name}${attributes.join('')}${xmlns.join('')}>${content.join('')}</${name}>`;
}
