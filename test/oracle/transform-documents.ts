import fc from 'fast-check';

// Random documents for the SMEV transform: its hard places are the borders of text blocks, what is
// escaped there, and namespaces that come, go and hide behind other prefixes.

const namespaces = ['urn:a', 'urn:A', 'urn:a:b', 'urn:b', "urn:c?x=1;y='2", 'urn:ns1'];
const prefixes = ['', 'p', 'q', 'ns1', 'ns2', 'я'];
const names = ['a', 'B', 'имя', 'Имя', 'x-1', '_', 'ns1'];

const units = [
  ...['>', '>', '>', ']', ']', '&', '<', '\r', '\n', '\t', ' ', 'x', '-', '"', "'", 'ё', 'Я'],
  ...['\u{1f600}', '\u{10ffff}', '\u00a0', '\u0085', '\u2028', '\u3000', '\ufffd', '\u007f'],
];
const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** The ways in which the source of a document may write a character in a value. */
function formsOf(unit: string): string[] {
  const code = unit.codePointAt(0) ?? 0;
  const forms = [`&#${code};`, `&#x${code.toString(16)};`];
  if (named[unit] !== undefined) forms.push(named[unit], named[unit]);
  if (!/[<>&"]/.test(unit)) forms.push(unit, unit, unit);
  return forms;
}

const inValue = fc.constantFrom(...units).chain((unit) => fc.constantFrom(...formsOf(unit)));
const inText = fc
  .constantFrom(...units)
  .chain((unit) =>
    fc.constantFrom(...formsOf(unit), ...(unit === '\r' ? [] : [`<![CDATA[${unit}]]>`])),
  );

const filler = fc
  .tuple(
    fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 14 }),
      fc
        .constantFrom(512, 1024, 2048, 4096)
        .chain((border) => fc.integer({ min: border - 16, max: border + 4 })),
    ),
    fc.constantFrom('x', 'ж', ' ', ']', '&gt;', '&amp;', '\u{1f600}'),
  )
  .map(([length, unit]) => unit.repeat(unit === '\u{1f600}' ? length >> 1 : length));

const soup = fc.array(inText, { maxLength: 12 }).map((parts) => parts.join(''));

/** Text as a document writes it, whose length in UTF-16 units likes to be near 12, 512 and 1024. */
export const borderText: fc.Arbitrary<string> = fc
  .array(fc.oneof(soup, filler), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));

const aside = fc.constantFrom(
  ...['<!-- c -->', '<!-- &gt; -->', '<?p q?>', '<?p?>', '<![CDATA[]]>', '<![CDATA[ ]] > ]]>'],
  ...['\r\n', '\r', '\n  \n', ' ', '\u00a0', ''],
);

interface Made {
  readonly namespace: number;
  readonly prefix: string;
  readonly again: boolean;
  readonly name: string;
  readonly unused: boolean;
  readonly attributes: readonly (readonly [namespace: number, name: string, value: string])[];
  readonly content: readonly (string | Made)[];
}

/** -1 is no namespace, and xml:lang is an attribute that is refused: both are rare. */
const made = fc.letrec<{ element: Made }>((tie) => ({
  element: fc.record({
    namespace: fc.oneof(
      { weight: 300, arbitrary: fc.nat(namespaces.length - 1) },
      { weight: 1, arbitrary: fc.constant(-1) },
    ),
    prefix: fc.constantFrom(...prefixes),
    again: fc.boolean(),
    name: fc.constantFrom(...names),
    unused: fc.boolean(),
    attributes: fc.uniqueArray(
      fc.tuple(
        fc.integer({ min: -1, max: namespaces.length - 1 }),
        fc.oneof(
          { weight: 300, arbitrary: fc.constantFrom(...names) },
          { weight: 1, arbitrary: fc.constant('xml:lang') },
        ),
        fc.array(inValue, { maxLength: 8 }).map((parts) => parts.join('')),
      ),
      { maxLength: 6, selector: ([namespace, name]) => `${namespace} ${name}` },
    ),
    content: fc.array(
      fc.oneof({ depthSize: 'small', maxDepth: 5 }, borderText, aside, aside, tie('element')),
      { maxLength: 5 },
    ),
  }),
})).element;

/** The text of documents that differ where the SMEV transform has rules. */
export const transformDocument: fc.Arbitrary<string> = made.map((root) => write(root, new Map()));

function write(element: Made, outside: ReadonlyMap<string, string>): string {
  const scope = new Map(outside);
  const declared = new Set<string>();
  const declare = (prefix: string, uri: string) => {
    if (scope.get(prefix) === uri && !element.again) return;
    scope.set(prefix, uri);
    declared.add(prefix);
  };
  const own = namespaces[element.namespace] ?? '';
  const prefix = own === '' ? '' : element.prefix;
  if (own !== '' || (outside.get('') ?? '') !== '') declare(prefix, own);
  const attributes = element.attributes.map(([namespace, name, value]) => {
    const uri = namespaces[namespace];
    if (name === 'xml:lang') return namespace === -1 ? ` ${name}="${value}"` : '';
    if (uri === undefined) return ` ${name}="${value}"`;
    const free = `v${namespace}`;
    declare(free, uri);
    return ` ${free}:${name}="${value}"`;
  });
  if (element.unused) declare('unused', namespaces[0] ?? '');
  const xmlns = [...declared].map(
    (each) => ` xmlns${each === '' ? '' : `:${each}`}="${scope.get(each)}"`,
  );
  const content = element.content
    .map((each) => (typeof each === 'string' ? each : write(each, scope)))
    .join('');
  const name = prefix === '' ? element.name : `${prefix}:${element.name}`;
  return `<${name}${[...attributes, ...xmlns].join('')}>${content}</${name}>`;
}
