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

const soup = fc.array(inText, { maxLength: 12 }).map((parts) => parts.join(''));

const styles: readonly ((unit: string) => string)[] = [
  (unit) => named[unit] ?? '&#xD;',
  (unit) => `&#${unit.charCodeAt(0)};`,
  (unit) => (unit === '\r' ? '&#13;' : `<![CDATA[${unit}]]>`),
];

/** Text that comes near a border of the rules for >, in UTF-16 units, and has its fill around it. */
const blockText = fc
  .record({
    head: fc.string({ unit: fc.constantFrom(...units), maxLength: 3 }),
    fill: fc.constantFrom('x', 'ж', ' ', ']', '>', '&', '\r', '\u{1f600}'),
    border: fc.constantFrom(12, 512, 1024, 1536),
    before: fc.nat(9),
    tail: fc.string({ unit: fc.constantFrom(...units), maxLength: 14 }),
    style: fc.constantFrom(...styles),
  })
  .map(({ head, fill, border, before, tail, style }) => {
    let text = head;
    while (text.length < border - before) text += fill;
    return (text + tail).replace(/[<>&\r]/g, style);
  });

/** One element after another with text at the borders of blocks. */
export const borderDocument: fc.Arbitrary<string> = fc
  .array(blockText, { minLength: 1, maxLength: 6 })
  .map((texts) => texts.map((text) => `<b>${text}</b>`).join(''))
  .map((content) => `<a xmlns="urn:a">${content}</a>`);

const aside = fc.constantFrom(
  ...[
    '<!-- c -->',
    '<!-- &gt; -->',
    '<?p <q> & ??>',
    '<?p?>',
    '<![CDATA[]]>',
    '<![CDATA[ ]] > ]]>',
  ],
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
      fc.oneof({ depthSize: 'small', maxDepth: 5 }, soup, blockText, aside, tie('element')),
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
