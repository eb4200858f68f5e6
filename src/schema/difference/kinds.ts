/** What a kind of change says, and what follows from it where nothing else is known. */
interface KindRow {
  /** {name}: what changed; {from} and {to}: how. */
  readonly ru: string;
  readonly en: string;
  /** Messages that were valid may be refused. */
  readonly refusesOld: boolean;
  /** Messages are valid that were not. */
  readonly allowsNew: boolean;
}

function row(refusesOld: boolean, allowsNew: boolean, ru: string, en: string): KindRow {
  return { ru, en, refusesOld, allowsNew };
}

/** Every way in which a message type changes. */
export const kinds = {
  'namespace-changed': row(
    false,
    false,
    'Пространство имён {from} стало {to}; остальное сравнивается так, будто оно прежнее',
    'The namespace {from} became {to}; the rest is compared as if it had not',
  ),
  'root-changed': row(
    true,
    true,
    'Корневой элемент {from} стал {to}',
    'The root element {from} became {to}',
  ),
  'root-missing': row(
    true,
    true,
    'Корневой элемент {name} объявлен не в обеих версиях',
    'The root element {name} is not declared in both versions',
  ),
  'element-added-optional': row(
    false,
    true,
    'Добавлен необязательный элемент {name}',
    'The optional element {name} was added',
  ),
  'element-added-required': row(
    true,
    true,
    'Добавлен обязательный элемент {name}',
    'The required element {name} was added',
  ),
  'element-removed': row(true, false, 'Убран элемент {name}', 'The element {name} was removed'),
  'made-required': row(
    true,
    false,
    '{name}: было необязательным, стало обязательным',
    '{name} was optional and is required',
  ),
  'made-optional': row(
    false,
    true,
    '{name}: было обязательным, стало необязательным',
    '{name} was required and is optional',
  ),
  'occurs-narrowed': row(
    true,
    false,
    '{name}: число повторений сужено, было {from}, стало {to}',
    '{name} may come fewer ways: {from} before, {to} now',
  ),
  'occurs-widened': row(
    false,
    true,
    '{name}: число повторений расширено, было {from}, стало {to}',
    '{name} may come more ways: {from} before, {to} now',
  ),
  'branch-added': row(
    false,
    true,
    'В выбор добавлена ветвь {name}',
    'The choice has a new branch, {name}',
  ),
  'branch-removed': row(
    true,
    false,
    'Из выбора убрана ветвь {name}',
    'The choice lost the branch {name}',
  ),
  'order-changed': row(true, true, 'Изменён порядок: {name}', 'The order was changed: {name}'),
  'content-restructured': row(
    true,
    true,
    '{name}: строение содержимого изменено так, что пословно не сопоставляется',
    '{name}: the content is built so differently that it cannot be laid side by side',
  ),
  'content-kind-changed': row(
    true,
    true,
    '{name}: было содержимое «{from}», стало «{to}»',
    '{name}: the content was "{from}" and is "{to}"',
  ),
  'mixed-narrowed': row(
    true,
    false,
    '{name}: текст между элементами больше не допускается',
    '{name}: text between elements is no longer allowed',
  ),
  'mixed-widened': row(
    false,
    true,
    '{name}: между элементами допускается текст',
    '{name}: text between elements is allowed',
  ),
  'wildcard-narrowed': row(
    true,
    false,
    'Произвольное содержимое сужено: {from} → {to}',
    'What may stand freely was narrowed: {from} → {to}',
  ),
  'wildcard-widened': row(
    false,
    true,
    'Произвольное содержимое расширено: {from} → {to}',
    'What may stand freely was widened: {from} → {to}',
  ),
  'attribute-added-optional': row(
    false,
    true,
    'Добавлен необязательный атрибут {name}',
    'The optional attribute {name} was added',
  ),
  'attribute-added-required': row(
    true,
    true,
    'Добавлен обязательный атрибут {name}',
    'The required attribute {name} was added',
  ),
  'attribute-removed': row(true, false, 'Убран атрибут {name}', 'The attribute {name} was removed'),
  'attribute-made-required': row(
    true,
    false,
    'Атрибут {name} стал обязательным',
    'The attribute {name} became required',
  ),
  'attribute-made-optional': row(
    false,
    true,
    'Атрибут {name} стал необязательным',
    'The attribute {name} became optional',
  ),
  'form-changed': row(
    true,
    true,
    '{name}: пространство имён было {from}, стало {to} (квалификация имён)',
    '{name}: its namespace was {from} and is {to} (qualified or unqualified form)',
  ),
  'type-changed': row(
    true,
    true,
    '{name}: тип {from} стал {to}',
    '{name}: the type {from} became {to}',
  ),
  'values-added': row(
    false,
    true,
    '{name}: добавлены значения {to}',
    '{name}: the values {to} were added',
  ),
  'values-removed': row(
    true,
    false,
    '{name}: убраны значения {from}',
    '{name}: the values {from} were removed',
  ),
  'length-narrowed': row(
    true,
    false,
    '{name}: длина сужена, было {from}, стало {to}',
    '{name}: the length was narrowed, {from} before, {to} now',
  ),
  'length-widened': row(
    false,
    true,
    '{name}: длина расширена, было {from}, стало {to}',
    '{name}: the length was widened, {from} before, {to} now',
  ),
  'digits-narrowed': row(
    true,
    false,
    '{name}: число цифр сужено, было {from}, стало {to}',
    '{name}: fewer digits are allowed, {from} before, {to} now',
  ),
  'digits-widened': row(
    false,
    true,
    '{name}: число цифр расширено, было {from}, стало {to}',
    '{name}: more digits are allowed, {from} before, {to} now',
  ),
  'range-narrowed': row(
    true,
    false,
    '{name}: диапазон сужен, был {from}, стал {to}',
    '{name}: the range was narrowed, {from} before, {to} now',
  ),
  'range-widened': row(
    false,
    true,
    '{name}: диапазон расширен, был {from}, стал {to}',
    '{name}: the range was widened, {from} before, {to} now',
  ),
  'pattern-changed': row(
    true,
    true,
    '{name}: образец {from} стал {to}; что он теперь отвергает, сказать нельзя',
    '{name}: the pattern {from} became {to}; what it refuses now cannot be told',
  ),
  'pattern-narrowed': row(
    true,
    false,
    '{name}: образец значения сужен: {from} → {to}',
    '{name}: the pattern was narrowed: {from} → {to}',
  ),
  'pattern-widened': row(
    false,
    true,
    '{name}: образец значения расширен: {from} → {to}',
    '{name}: the pattern was widened: {from} → {to}',
  ),
  'nillable-narrowed': row(
    true,
    false,
    '{name}: xsi:nil больше не допускается',
    '{name}: xsi:nil is no longer allowed',
  ),
  'nillable-widened': row(false, true, '{name}: допускается xsi:nil', '{name}: xsi:nil is allowed'),
  'default-changed': row(
    false,
    false,
    '{name}: значение по умолчанию было {from}, стало {to}',
    '{name}: the default value was {from} and is {to}',
  ),
  'fixed-changed': row(
    true,
    true,
    '{name}: постоянное значение было {from}, стало {to}',
    '{name}: the fixed value was {from} and is {to}',
  ),
  'abstract-changed': row(
    true,
    true,
    '{name}: тип был {from}, стал {to}',
    '{name}: the type was {from} and is {to}',
  ),
  'derived-type-added': row(
    false,
    true,
    '{name}: в xsi:type можно назвать {to}',
    '{name}: xsi:type may name {to}',
  ),
  'derived-type-removed': row(
    true,
    false,
    '{name}: в xsi:type больше нельзя назвать {from}',
    '{name}: xsi:type may no longer name {from}',
  ),
  'block-changed': row(
    true,
    true,
    '{name}: запрет замен (block) был «{from}», стал «{to}»',
    '{name}: what is blocked from standing in was "{from}" and is "{to}"',
  ),
  'constraint-changed': row(
    true,
    true,
    '{name}: изменены правила уникальности и ссылок (xs:unique, xs:key, xs:keyref)',
    '{name}: rules of uniqueness and reference changed (xs:unique, xs:key, xs:keyref)',
  ),
  'documentation-changed': row(
    false,
    false,
    '{name}: изменено описание',
    '{name}: the documentation changed',
  ),
} as const satisfies Readonly<Record<string, KindRow>>;

export type ChangeKind = keyof typeof kinds;

export function rowOf(kind: ChangeKind): KindRow {
  return kinds[kind];
}
