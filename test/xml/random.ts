import fc from 'fast-check';
import { escapeAttribute } from '../../src/xml/escape.ts';

const namespaces = ['urn:a', 'urn:b', "urn:c?x=1;y='2'"];
const prefixes = ['p', 'q', 'r'];
const names = ['a', 'B', 'имя', 'x-1'];

const text = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\n\t',
    '&amp;',
    '&lt;&gt;',
    ']]&gt;',
    '&#13;',
    'привет',
    '\u{1f600}',
    '&#x9;',
  ),
  fc.stringMatching(/^[a-z0-9 .]{0,12}$/),
);
const aside = fc.constantFrom('<!-- c -->', '<![CDATA[<&>]]>', '<!---->', '<![CDATA[]]>');

interface Made {
  readonly prefix: string;
  readonly declares: readonly (readonly [string, string])[];
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
  readonly content: readonly (string | Made)[];
}

const value = fc.constantFrom('', 'v', 'a&"<\t\n\r', 'ё', "it's");

const element = fc.letrec<{ element: Made }>((tie) => ({
  element: fc.record({
    prefix: fc.constantFrom('', ...prefixes),
    declares: fc.uniqueArray(
      fc.tuple(fc.constantFrom('', ...prefixes), fc.constantFrom(...namespaces)),
      { maxLength: 3, selector: ([prefix]) => prefix },
    ),
    name: fc.constantFrom(...names),
    attributes: fc.uniqueArray(
      fc.tuple(fc.constantFrom('u', 'V', 'p:u', 'q:w', 'xml:lang', 'xml:space'), value),
      { maxLength: 4, selector: ([name]) => name },
    ),
    content: fc.array(fc.oneof({ depthSize: 'small', maxDepth: 4 }, text, aside, tie('element')), {
      maxLength: 4,
    }),
  }),
})).element;

/**
 * The text of random elements: namespaces bound, rebound and unused, attributes with and without
 * prefix, text, CDATA, comments. `p` and `q` have different namespaces, so that no attribute is there
 * twice; every prefix is bound on the outermost element.
 */
export const randomElement: fc.Arbitrary<string> = element.map((made) => write(made, true));

function write(made: Made, outermost: boolean): string {
  // Rebinding p or q could give two attributes one expanded name: they are bound once.
  const declared = made.declares.filter(
    ([prefix]) => outermost === false && prefix !== 'p' && prefix !== 'q',
  );
  const bound = outermost
    ? [
        ...prefixes.map((prefix, i) => [prefix, namespaces[i] ?? ''] as const),
        ['', 'urn:d'] as const,
      ]
    : declared;
  const xmlns = bound
    .map(([prefix, uri]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(uri)}"`)
    .join('');
  const attributes = made.attributes
    .map(([name, given]) => [name, name === 'xml:space' ? 'preserve' : given] as const)
    .map(([name, given]) => ` ${name}="${escapeAttribute(given)}"`)
    .join('');
  const name = made.prefix === '' ? made.name : `${made.prefix}:${made.name}`;
  const content = made.content
    .map((each) => (typeof each === 'string' ? each : write(each, false)))
    .join('');
  if (content === '') return `<${name}${attributes}${xmlns}/>`;
  return `<${name}${xmlns}${attributes}>${content}</${name}>`;
}

/** So many runs with a seed that is printed, so that a failure can be had again. */
export function seeded(numRuns: number): { seed: number; numRuns: number } {
  const seed = (Math.random() * 2 ** 31) | 0;
  process.stdout.write(`      seed ${seed}\n`);
  return { seed, numRuns };
}
