import type { Chance } from '../../fault/chance.ts';

const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

const texts = [
  '',
  ' ',
  '12',
  ' 7 ',
  '1.0',
  '+1',
  '007',
  '1.25',
  '-3',
  '300',
  'a',
  'b',
  'Z9',
  'aaaaaaaaaa',
  'true',
  '2024-02-29',
  '2019-12-31',
  'a b c',
];

/** Other ways in which a document may stand; whether it is still valid is judged by its schema. */
export function mutated(xml: string, chance: Chance): string {
  const count = chance.between(1, 4);
  let text = xml;
  for (let change = 0; change < count; change += 1) text = once(text, chance);
  return text;
}

function once(xml: string, chance: Chance): string {
  const text = texts[chance.between(0, texts.length)] ?? '';
  const changes: readonly [RegExp, (...parts: string[]) => string][] = [
    [/>[^<>]*(<\/)/g, (_, end) => `>${text}${end}`],
    [/( a\d+)="[^"]*"/g, (_, name) => `${name}="${text}"`],
    [/ a\d+="[^"]*"/g, () => ''],
    [
      /<((?:tns:)?e\d+)([^<>]*)>[^<>]*<\/\1>/g,
      (_, name, rest) => `<${name}${rest} ${xsi} xsi:nil="true"/>`,
    ],
    [/<((?:tns:)?e\d+)([^<>]*)>[^<>]*<\/\1>/g, (whole) => whole + whole],
    [/<((?:tns:)?e\d+)([^<>]*)>[^<>]*<\/\1>/g, () => ''],
    [
      /(<[^<>]*>[^<>]*<\/[^<>]*>)(\s*)(<[^<>]*>[^<>]*<\/[^<>]*>)/g,
      (_, one, space, two) => `${two}${space}${one}`,
    ],
    [/\n/g, () => '\ntext'],
    [/(<(?:tns:)?\w+)( |>)/g, (_, start, end) => `${start} xmlns:free="urn:free" free:a="1"${end}`],
    [/(<\/(?:tns:)?\w+>)/g, (_, end) => `<free:e xmlns:free="urn:free"/>${end}`],
  ];
  const [pattern, change] = changes[chance.between(0, changes.length)] ?? [/$^/g, () => ''];
  const all = [...xml.matchAll(pattern)];
  const found = all[chance.between(0, all.length)];
  if (found === undefined) return xml;
  const [whole] = found;
  const parts = [...found].map((part) => part ?? '');
  return `${xml.slice(0, found.index)}${change(...parts)}${xml.slice(found.index + whole.length)}`;
}
