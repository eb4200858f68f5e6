/** What a rule of admission says is wrong, then how to mend it; sentences without their ending. */
interface RuleWords {
  readonly ru: readonly [wrong: string, mend: string];
  readonly en: readonly [wrong: string, mend: string];
}

const words = (ruWrong: string, ruMend: string, enWrong: string, enMend: string): RuleWords => ({
  ru: [ruWrong, ruMend],
  en: [enWrong, enMend],
});

const packages = {
  'package-size': words(
    'Пакет больше допустимого',
    'Оставьте в пакете только схемы',
    'The package is larger than allowed',
    'Leave nothing but schemas in the package',
  ),
  'package-unpacked': words(
    'Распакованный пакет больше допустимого',
    'Оставьте в пакете только схемы',
    'The package is larger than allowed once unpacked',
    'Leave nothing but schemas in the package',
  ),
  'package-files': words(
    'Файлов в пакете больше допустимого',
    'Оставьте в пакете только схемы вида сведений',
    'The package holds more files than allowed',
    'Leave nothing but the schemas of the message type in the package',
  ),
  'package-ratio': words(
    'Файл сжат сильнее, чем сжимаются схемы',
    'Уберите из пакета этот файл',
    'The file is packed tighter than schemas ever are',
    'Take this file out of the package',
  ),
  'package-path': words(
    'Путь к файлу слишком длинный или папки вложены слишком глубоко',
    'Сократите путь',
    'The path of the file is too long or its folders too deep',
    'Shorten the path',
  ),
  'package-name': words(
    'Имя файла схемы может содержать только латиницу, цифры и знаки «.», «_», «-»',
    'Переименуйте файл и исправьте ссылки на него',
    'The name of a schema file is Latin letters, digits, and the signs “.”, “_”, “-” alone',
    'Rename the file and the references to it',
  ),
  'package-escape': words(
    'Имя файла ведёт за пределы пакета',
    'Соберите пакет заново: имена относительные, с «/», без «..»',
    'The name of the file leads out of the package',
    'Pack again: relative names with “/” and without “..”',
  ),
  'package-duplicate': words(
    'Имя в пакете повторяется, хотя бы и другими буквами',
    'Оставьте один из файлов',
    'The name stands twice in the package, be it in other letter case',
    'Leave one of the files',
  ),
  'package-empty': words(
    'В пакете нет ни одной схемы',
    'Положите в пакет файлы .xsd',
    'There is no schema in the package',
    'Put the .xsd files into the package',
  ),
  'zip-malformed': words(
    'Пакет не читается как ZIP или оборван',
    'Соберите архив заново и проверьте, что он передан целиком',
    'The package cannot be read as ZIP, or is cut off',
    'Pack again, and see that all of it is sent',
  ),
  'zip-encrypted': words(
    'Файл в архиве зашифрован',
    'Соберите архив без пароля',
    'The file is encrypted in the archive',
    'Pack without a password',
  ),
  'zip-symlink': words(
    'В архиве ссылка или устройство, а не файл',
    'Положите в архив сам файл',
    'The archive holds a link or a device in place of a file',
    'Put the file itself into the archive',
  ),
  'zip-nested': words(
    'В архиве лежит другой архив',
    'Положите в пакет его содержимое',
    'The archive holds another archive',
    'Put what it holds into the package',
  ),
  'zip-method': words(
    'Способ сжатия не deflate',
    'Соберите архив способом deflate или без сжатия',
    'The method of compression is not deflate',
    'Pack with deflate, or without compression',
  ),
  'zip-lies': words(
    'Размер или контрольная сумма файла не те, что названы в архиве',
    'Соберите архив заново',
    'The size or the checksum of the file is not what the archive says',
    'Pack again',
  ),
  'zip-overlap': words(
    'Файлы в архиве накладываются друг на друга',
    'Соберите архив заново обычным архиватором',
    'Files overlap in the archive',
    'Pack again with a plain archiver',
  ),
  'zip-gap': words(
    'Между файлами архива, перед ними или после них лишние байты',
    'Соберите архив заново обычным архиватором',
    'There are bytes between the files of the archive, before or after them',
    'Pack again with a plain archiver',
  ),
  'zip-disagrees': words(
    'Оглавление архива и заголовок файла говорят разное',
    'Соберите архив заново',
    'The directory of the archive and the header of the file disagree',
    'Pack again',
  ),
  'zip-zip64': words(
    'Архив в формате ZIP64, а пакету схем он не нужен',
    'Соберите архив без ZIP64',
    'The archive is ZIP64, which no package of schemas needs',
    'Pack without ZIP64',
  ),
} as const;

const files = {
  'xml-malformed': words(
    'Файл не читается как XML',
    'Исправьте разметку в названной строке',
    'The file cannot be read as XML',
    'Mend the markup at the line',
  ),
  'xml-doctype': words(
    'В файле есть DTD',
    'Уберите <!DOCTYPE> и сущности',
    'The file has a DTD',
    'Take <!DOCTYPE> and its entities out',
  ),
  'xml-depth': words(
    'Элементы вложены слишком глубоко',
    'Вынесите вложенные типы на верхний уровень',
    'Elements are nested too deep',
    'Move nested types to the top',
  ),
  'xml-encoding': words(
    'Кодировка файла не читается',
    'Сохраните файл в UTF-8',
    'The encoding of the file cannot be read',
    'Save the file as UTF-8',
  ),
  'xml-elements': words(
    'Разметки в пакете больше допустимого',
    'Разделите вид сведений или уберите лишнее',
    'There is more markup in the package than allowed',
    'Split the message type or take out what is not needed',
  ),
  'set-root': words(
    'Корень файла не xs:schema',
    'Уберите файл из пакета или исправьте его',
    'The root of the file is not xs:schema',
    'Take the file out of the package or mend it',
  ),
  'file-unused': words(
    'Схема ни для чего не нужна: от главной на неё нет ссылок',
    'Уберите файл или сошлитесь на него',
    'Nothing needs this schema: nothing leads to it from the main one',
    'Take the file out or refer to it',
  ),
  'src-import': words(
    'Файла, на который указывает схема, нет в пакете',
    'Положите файл в пакет или исправьте schemaLocation',
    'The file that the schema points to is not in the package',
    'Put the file into the package or mend schemaLocation',
  ),
  'location-network': words(
    'Схема указывает на адрес в сети, а за схемами в сеть не ходят',
    'Положите файл в пакет и укажите на него относительным путём',
    'The schema points to the network, where nobody goes for schemas',
    'Put the file into the package and point to it by a relative path',
  ),
  'location-outside': words(
    'Схема указывает за пределы пакета',
    'Положите файл в пакет и укажите на него относительным путём',
    'The schema points out of the package',
    'Put the file into the package and point to it by a relative path',
  ),
  'import-unresolved': words(
    'Пространства имён импорта нет ни в пакете, ни в реестре',
    'Положите схему в пакет и назовите её в schemaLocation',
    'The imported namespace is neither in the package nor in the registry',
    'Put the schema into the package and name it in schemaLocation',
  ),
  'import-own': words(
    'Схема импортирует своё же пространство имён',
    'Замените xs:import на xs:include',
    'The schema imports its own namespace',
    'Use xs:include in place of xs:import',
  ),
  'import-differs': words(
    'Пространство имён импорта не то, что в файле',
    'Исправьте namespace или schemaLocation',
    'The imported namespace is not that of the file',
    'Mend namespace or schemaLocation',
  ),
  'include-foreign': words(
    'Включаемый файл из другого пространства имён',
    'Замените xs:include на xs:import',
    'The included file is of another namespace',
    'Use xs:import in place of xs:include',
  ),
  'redefine-foreign': words(
    'Схема переопределяет чужое пространство имён',
    'Опишите свои типы, не переопределяя чужих',
    'The schema redefines another namespace',
    'Define types of your own and redefine no others',
  ),
  'override-unknown': words(
    'xs:override из XSD 1.1 здесь не поддержан',
    'Опишите типы заново в XSD 1.0',
    'xs:override of XSD 1.1 is not supported here',
    'Define the types anew in XSD 1.0',
  ),
} as const;

const names = {
  'namespace-absent': words(
    'У главной схемы нет targetNamespace',
    'Задайте targetNamespace вида сведений',
    'The main schema has no targetNamespace',
    'Give it the targetNamespace of the message type',
  ),
  'namespace-reserved': words(
    'Пространство имён занято: это конверт СМЭВ, SOAP или сама XML Schema',
    'Возьмите пространство имён своего вида сведений',
    'The namespace is taken: it is SMEV’s envelope, SOAP, or XML Schema itself',
    'Use a namespace of your own message type',
  ),
  'root-absent': words(
    'Схемы не объявляют корневой элемент на верхнем уровне',
    'Объявите элемент или исправьте его имя в заявке',
    'The schemas declare no such root element at their top',
    'Declare the element or mend its name in the application',
  ),
  'root-namespace': words(
    'Корневые элементы не в том пространстве имён, что заявлено, или в разных',
    'Объявите оба элемента в заявленном пространстве имён',
    'The root elements are not in the namespace applied for, or not in one',
    'Declare both elements in the namespace applied for',
  ),
  'root-apart': words(
    'Из файла с корнем запроса не достижим корень ответа',
    'Включите один файл в другой (xs:include)',
    'The root of the response cannot be reached from the file with that of the request',
    'Include one file in the other (xs:include)',
  ),
  'root-any': words(
    'Корневой элемент допускает что угодно',
    'Опишите содержимое элемента',
    'The root element allows anything',
    'Describe the content of the element',
  ),
  'root-abstract': words(
    'Корневой элемент или его тип абстрактный, и заменить его нечем',
    'Уберите abstract или объявите замену',
    'The root element or its type is abstract, and nothing takes its place',
    'Take abstract away or declare what substitutes it',
  ),
  'root-id': words(
    'У корневого элемента нет атрибута Id типа xs:ID, его нельзя подписать ЭП-СП',
    'Добавьте <xs:attribute name="Id" type="xs:ID"/>',
    'The root element has no attribute Id of xs:ID, so no personal signature can refer to it',
    'Add <xs:attribute name="Id" type="xs:ID"/>',
  ),
} as const;

const poison = {
  'pattern-length': words(
    'Образец (xs:pattern) длиннее допустимого',
    'Сократите образец',
    'The pattern (xs:pattern) is longer than allowed',
    'Shorten the pattern',
  ),
  'pattern-count': words(
    'Число повторов в образце больше допустимого',
    'Ограничьте длину через xs:maxLength',
    'A count in the pattern is larger than allowed',
    'Bound the length by xs:maxLength',
  ),
  'pattern-exponential': words(
    'Образец повторяет повтор так, что одно значение подходит множеством способов',
    'Перепишите образец, чтобы каждое значение подходило одним способом',
    'The pattern repeats a repeat, so that one value fits in very many ways',
    'Rewrite the pattern so that a value fits in one way',
  ),
  'pattern-polynomial': words(
    'В образце слишком много соседних повторов одних и тех же знаков',
    'Разделите повторы знаком, которого в них нет',
    'The pattern has too many repeats of the same characters in a row',
    'Put a character between the repeats that is not in them',
  ),
  'pattern-complex': words(
    'Образец слишком сложен',
    'Упростите образец',
    'The pattern is too complex',
    'Simplify the pattern',
  ),
  'occurs-large': words(
    'minOccurs или maxOccurs больше допустимого',
    'Поставьте меньшее число или maxOccurs="unbounded"',
    'minOccurs or maxOccurs is larger than allowed',
    'Use a smaller number or maxOccurs="unbounded"',
  ),
  'occurs-product': words(
    'Вложенные повторы вместе дают больше допустимого',
    'Поставьте меньшие числа или maxOccurs="unbounded"',
    'Nested repeats make more together than allowed',
    'Use smaller numbers or maxOccurs="unbounded"',
  ),
  'model-size': words(
    'Развёрнутый состав больше допустимого: группы ссылаются друг на друга много раз',
    'Замените группы элементами со своими типами',
    'Written out, the content is larger than allowed: groups refer to each other many times',
    'Use elements with types of their own in place of groups',
  ),
  components: words(
    'Объявлений верхнего уровня больше допустимого',
    'Разделите вид сведений',
    'There are more declarations at the top than allowed',
    'Split the message type',
  ),
  enumeration: words(
    'Значений в перечне больше допустимого',
    'Вынесите перечень в справочник',
    'An enumeration has more values than allowed',
    'Keep the list in a directory outside of the schema',
  ),
  'group-circular': words(
    'Группа ссылается сама на себя',
    'Разорвите круг',
    'The group refers to itself',
    'Break the circle',
  ),
  'type-circular': words(
    'Тип выводится сам из себя',
    'Разорвите круг',
    'The type is derived from itself',
    'Break the circle',
  ),
  'type-depth': words(
    'Типы или группы выводятся друг из друга слишком глубоко',
    'Сократите цепочку',
    'Types or groups are built on each other too deep',
    'Shorten the chain',
  ),
} as const;

/** Names that libxml2's codes are given in ../rules.ts, and what bounds the compiling. */
const compiling = {
  'set-limits': words(
    'Проверка схем превысила пределы времени или памяти',
    'Упростите схемы',
    'The check of the schemas went beyond its bounds of time or memory',
    'Simplify the schemas',
  ),
  'schema-representation': words(
    'Схема не собирается',
    'Исправьте схему в названной строке',
    'The schema does not compile',
    'Mend the schema at the line',
  ),
  'src-resolve': words(
    'Схема ссылается на то, чего в ней нет',
    'Опишите недостающее или исправьте имя',
    'The schema refers to what it does not have',
    'Define what is missing or mend the name',
  ),
  'src-include': words(
    'Включаемый файл схемы не подходит',
    'Исправьте файл или ссылку на него',
    'The included schema file does not fit',
    'Mend the file or the reference to it',
  ),
  'src-recursion': words(
    'Определение ссылается само на себя',
    'Разорвите круг',
    'The definition refers to itself',
    'Break the circle',
  ),
  'cos-nonambig': words(
    'Состав элемента неоднозначен',
    'Перестройте состав, чтобы по имени элемента было ясно его место',
    'The content of the element is ambiguous',
    'Arrange it so that the name of an element tells its place',
  ),
  'pattern-valid': words(
    'Образец (xs:pattern) написан неверно',
    'Исправьте образец по правилам XML Schema',
    'The pattern (xs:pattern) is written wrong',
    'Mend the pattern by the rules of XML Schema',
  ),
  'st-props-correct': words(
    'Ограничение типа задано неверно',
    'Исправьте ограничение',
    'A restriction of the type is wrong',
    'Mend the restriction',
  ),
} as const;

/** The closed table of what a package may be refused or warned for. */
export const admissionRules = { ...packages, ...files, ...names, ...poison, ...compiling };

export type AdmissionRule = keyof typeof admissionRules;

/** The row of a name that came from elsewhere, else that of a schema that does not compile. */
export function ruleNamed(name: string): AdmissionRule {
  return Object.hasOwn(admissionRules, name) ? (name as AdmissionRule) : 'schema-representation';
}
