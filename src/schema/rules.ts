import { gaveUpCode } from '../xml/xsd.ts';

/** How one rule of XML Schema is told to people. */
export interface Rule {
  /** Name in XML Schema Part 1 and 2, such as cvc-pattern-valid. */
  readonly rule: string;
  /** What the rule says, without a value of the message. */
  readonly general: string;
  /** Shapes of libxml2's message, and the sentence each gives: $1… are what the shape caught. */
  readonly shapes?: readonly (readonly [shape: RegExp, sentence: string])[];
}

const notPlain = 'Здесь допустим только текст, без вложенных элементов.';

// Codes of libxml/xmlerror.h (xmlParserErrors). The order is that of the header.
const rows: Readonly<Record<number, Rule>> = {
  1824: {
    rule: 'cvc-datatype-valid.1.2.1',
    general: 'Значение не подходит под тип данных.',
    shapes: [
      [/: '(.*)' is not a valid value of (?:the|its).* type '(.*)'/s, 'Ожидается $2, стоит «$1».'],
      [/: '(.*)' is not a valid value/s, 'Значение «$1» не подходит под тип данных.'],
    ],
  },
  1825: { rule: 'cvc-datatype-valid.1.2.2', general: 'Значение не подходит под тип списка.' },
  1826: { rule: 'cvc-datatype-valid.1.2.3', general: 'Значение не подходит ни под один тип.' },
  1827: { rule: 'cvc-type.3.1.1', general: 'У этого элемента атрибуты не допускаются.' },
  1828: { rule: 'cvc-type.3.1.2', general: notPlain },
  1829: { rule: 'cvc-facet-valid', general: 'Значение нарушает ограничение типа.' },
  1830: {
    rule: 'cvc-length-valid',
    general: 'Длина значения не та, что задана.',
    shapes: [[/length of '(\d+)'.*length of '(\d+)'/s, 'Длина должна быть $2, а она $1.']],
  },
  1831: {
    rule: 'cvc-minLength-valid',
    general: 'Значение короче дозволенного.',
    shapes: [[/length of '(\d+)'.*length of '(\d+)'/s, 'Длина не меньше $2, а она $1.']],
  },
  1832: {
    rule: 'cvc-maxLength-valid',
    general: 'Значение длиннее дозволенного.',
    shapes: [[/length of '(\d+)'.*length of '(\d+)'/s, 'Длина не больше $2, а она $1.']],
  },
  1833: {
    rule: 'cvc-minInclusive-valid',
    general: 'Значение меньше дозволенного.',
    shapes: [[/value '(.*)' is less.*\('(.*)'\)/s, 'Ожидается не меньше $2, стоит «$1».']],
  },
  1834: {
    rule: 'cvc-maxInclusive-valid',
    general: 'Значение больше дозволенного.',
    shapes: [[/value '(.*)' is greater.*\('(.*)'\)/s, 'Ожидается не больше $2, стоит «$1».']],
  },
  1835: {
    rule: 'cvc-minExclusive-valid',
    general: 'Значение не больше нижней границы.',
    shapes: [[/value '(.*)' (?:is|must).*'(.*)'/s, 'Ожидается больше $2, стоит «$1».']],
  },
  1836: {
    rule: 'cvc-maxExclusive-valid',
    general: 'Значение не меньше верхней границы.',
    shapes: [[/value '(.*)' (?:is|must).*'(.*)'/s, 'Ожидается меньше $2, стоит «$1».']],
  },
  1837: {
    rule: 'cvc-totalDigits-valid',
    general: 'В числе больше цифр, чем дозволено.',
    shapes: [[/value '(.*)' has.*\('(.*)'\)/s, 'Ожидается цифр не больше $2, стоит «$1».']],
  },
  1838: {
    rule: 'cvc-fractionDigits-valid',
    general: 'После запятой больше цифр, чем дозволено.',
    shapes: [[/value '(.*)' has.*\('(.*)'\)/s, 'После запятой не больше $2, стоит «$1».']],
  },
  1839: {
    rule: 'cvc-pattern-valid',
    general: 'Значение не подходит под образец.',
    shapes: [
      [
        /value '(.*)' is not accepted by the pattern '(.*)'/s,
        'Ожидается по образцу $2, стоит «$1».',
      ],
    ],
  },
  1840: {
    rule: 'cvc-enumeration-valid',
    general: 'Значения нет в перечне дозволенных.',
    shapes: [
      [/value '(.*)' is not an element of the set \{(.*)\}/s, 'Ожидается одно из: $2; стоит «$1».'],
    ],
  },
  1841: { rule: 'cvc-complex-type.2.1', general: 'Этот элемент должен быть пуст.' },
  1842: { rule: 'cvc-complex-type.2.2', general: notPlain },
  1843: { rule: 'cvc-complex-type.2.3', general: 'Между элементами здесь не должно быть текста.' },
  1844: { rule: 'cvc-complex-type.2.4', general: 'Состав элемента не такой, как задан.' },
  1845: { rule: 'cvc-elt.1', general: 'Схема не знает элемента, который здесь стоит.' },
  1846: { rule: 'cvc-elt.2', general: 'Этот элемент абстрактный: нужен тот, что его заменяет.' },
  1847: { rule: 'cvc-elt.3.1', general: 'Атрибут xsi:nil здесь не допускается.' },
  1848: { rule: 'cvc-elt.3.2.1', general: 'Элемент с xsi:nil="true" должен быть пуст.' },
  1849: {
    rule: 'cvc-elt.3.2.2',
    general: 'У элемента с заданным значением xsi:nil не допускается.',
  },
  1850: { rule: 'cvc-elt.4.1', general: 'Значение xsi:type не имя типа.' },
  1851: {
    rule: 'cvc-elt.4.2',
    general: 'Схема не знает типа, который назван в xsi:type.',
    shapes: [[/The QName value '(.*)' of/s, 'В xsi:type стоит $1, такого типа в схеме нет.']],
  },
  1852: {
    rule: 'cvc-elt.4.3',
    general: 'Тип из xsi:type не происходит от типа элемента.',
    shapes: [[/definition '(.*?)'/s, 'Тип $1 из xsi:type не происходит от типа элемента.']],
  },
  1853: { rule: 'cvc-elt.5.1.1', general: 'Значение по умолчанию не подходит под тип.' },
  1854: { rule: 'cvc-elt.5.1.2', general: 'Значение по умолчанию не подходит под тип.' },
  1855: { rule: 'cvc-elt.5.2.1', general: 'Значение не подходит под тип.' },
  1856: { rule: 'cvc-elt.5.2.2.1', general: 'Элемент с заданным значением не содержит элементов.' },
  1857: {
    rule: 'cvc-elt.5.2.2.2.1',
    general: 'Значение не равно заданному.',
    shapes: [[/value '(.*)' does not match.*'(.*)'/s, 'Ожидается «$2», стоит «$1».']],
  },
  1858: {
    rule: 'cvc-elt.5.2.2.2.2',
    general: 'Значение не равно заданному.',
    shapes: [[/value '(.*)' does not match.*'(.*)'/s, 'Ожидается «$2», стоит «$1».']],
  },
  1859: { rule: 'cvc-elt.6', general: 'Нарушена уникальность или ссылка.' },
  1860: { rule: 'cvc-elt.7', general: 'Нарушена уникальность идентификаторов.' },
  1861: { rule: 'cvc-attribute.1', general: 'Атрибут в схеме не описан.' },
  1862: { rule: 'cvc-attribute.2', general: 'Тип атрибута в схеме не описан.' },
  1863: { rule: 'cvc-attribute.3', general: 'Значение атрибута не подходит под тип.' },
  1864: { rule: 'cvc-attribute.4', general: 'Значение атрибута не равно заданному.' },
  1865: { rule: 'cvc-complex-type.3.1', general: 'Значение атрибута не равно заданному.' },
  1866: {
    rule: 'cvc-complex-type.3.2.1',
    general: 'Такой атрибут здесь не допускается.',
    shapes: [[/The attribute '(.*)' is not allowed/s, 'Атрибут $1 здесь не допускается.']],
  },
  1867: {
    rule: 'cvc-complex-type.3.2.2',
    general: 'Такой атрибут здесь не допускается.',
    shapes: [[/The attribute '(.*)' is not allowed/s, 'Атрибут $1 здесь не допускается.']],
  },
  1868: {
    rule: 'cvc-complex-type.4',
    general: 'Не хватает обязательного атрибута.',
    shapes: [[/The attribute '(.*)' is required/s, 'Не хватает обязательного атрибута $1.']],
  },
  1869: { rule: 'cvc-complex-type.5.1', general: 'Атрибутов-идентификаторов больше одного.' },
  1870: { rule: 'cvc-complex-type.5.2', general: 'Атрибутов-идентификаторов больше одного.' },
  1871: {
    rule: 'cvc-complex-type.2.4',
    general: 'Состав элемента не такой, как задан: элемент лишний, не на месте или его не хватает.',
    shapes: [
      [
        /^Element '(.*)': Missing child element\(s\).*? Expected is (?:one of )?\( (.*) \)/s,
        'В элементе $1 не хватает: $2.',
      ],
      [/^Element '(.*)': Missing child element/s, 'В элементе $1 не хватает вложенных элементов.'],
      [/^Element '(.*?)': .*Expected is one of \( (.*) \)/s, 'Ожидается одно из: $2; стоит $1.'],
      [/^Element '(.*?)': .*Expected is \( (.*) \)/s, 'Ожидается $2, стоит $1.'],
      [/^Element '(.*?)': This element is not expected/s, 'Элемент $1 здесь лишний.'],
    ],
  },
  1872: { rule: 'cvc-elt.1', general: 'Корневого элемента нет.' },
  1873: { rule: 'cvc-complex-type.1', general: 'Тип элемента абстрактный.' },
  1874: { rule: 'cvc-au', general: 'Значение атрибута не равно заданному.' },
  1875: { rule: 'cvc-type.1', general: 'Тип элемента в схеме не описан.' },
  1876: { rule: 'cvc-type.2', general: 'Тип элемента абстрактный: уточните его в xsi:type.' },
  1877: {
    rule: 'cvc-identity-constraint',
    general: 'Нарушена уникальность, ключ или ссылка на ключ.',
  },
  1878: {
    rule: 'cvc-wildcard',
    general: 'Схема не знает элемента или атрибута, который здесь стоит.',
  },
};

const unknown: Rule = { rule: 'schema-valid', general: 'Не по схеме.' };

const gaveUp: Rule = {
  rule: 'schema-limits',
  general: 'Проверка по схеме превысила пределы: какое-то значение требует слишком много работы.',
};

const schemaRule: Rule = { rule: 'schema-representation', general: 'Схема составлена неверно.' };

/** Rules for schemas themselves, where the code says more than that the schema is wrong. */
const schemaRows: Readonly<Record<number, Rule>> = {
  1717: { rule: 'st-props-correct', general: 'Ограничение типа задано неверно.' },
  1756: { rule: 'pattern-valid', general: 'Образец (pattern) написан неверно.' },
  1757: { rule: 'src-include', general: 'Файл схемы не загружается.' },
  1775: { rule: 'src-recursion', general: 'Определение ссылается само на себя.' },
  3004: { rule: 'src-resolve', general: 'Схема ссылается на то, чего в ней нет.' },
  3050: { rule: 'src-include', general: 'Включаемый файл схемы не подходит.' },
  3070: { rule: 'cos-nonambig', general: 'Состав элемента неоднозначен.' },
};

/** The rule that a code of libxml2 stands for. */
export function ruleOf(code: number): Rule {
  if (code === gaveUpCode) return gaveUp;
  const row = rows[code];
  if (row !== undefined) return row;
  return schemaRows[code] ?? (code >= 1800 && code < 1900 ? unknown : schemaRule);
}

/** What the rule of this name says, without values; for logs. */
export function generalText(rule: string): string {
  const all = [...Object.values(rows), ...Object.values(schemaRows), gaveUp, unknown, schemaRule];
  return all.find((row) => row.rule === rule)?.general ?? unknown.general;
}
