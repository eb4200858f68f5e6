// Turns formulas over named elements into AssemblyScript, and counts units (see curve-field.mjs), so
// that a formula which could overflow does not build.

/**
 * @param names element → address in AssemblyScript
 * @param given units of what a formula begins with, where it is not 1
 * @param formula lines such as `t = X * Y - 2 * u`, `h = X^2`, `s = t + u`
 */
export function writeFormula(field, { title, parameters = '', names = {}, given = {}, formula }) {
  const units = new Map(Object.entries(given));
  const at = (name) => names[name] ?? name;
  const unitsOf = (name) => units.get(name) ?? 1;
  const lines = formula
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [target, text] = line.split('=').map((part) => part.trim());
      const terms = termsOf(text);
      const total = terms.reduce((sum, term) => sum + unitsOfTerm(term, unitsOf), 0);
      const products = terms.filter(({ operands }) => operands.length === 2);
      const singles = terms.filter(({ operands }) => operands.length === 1);
      if (products.length === 0) {
        if (total > 7)
          throw new Error(`${title}: ${line.trim()}: ${total} units do not fit 32 bits`);
        units.set(target, total);
        return vectors(field.n, at(target), singles, at);
      }
      const before = new Map(units);
      units.set(target, 1);
      return products
        .map((term, index) => {
          const inProduct = unitsOfTerm(term, (name) => before.get(name) ?? 1);
          if (inProduct > field.unitsMax) {
            throw new Error(`${title}: ${line.trim()}: ${inProduct} units, over ${field.unitsMax}`);
          }
          const isLast = index === products.length - 1;
          const sum = index === 0 ? [] : [{ coefficient: 1, operands: ['PART'] }];
          const others = isLast ? [...sum, ...singles] : sum;
          return invoke(field, isLast ? target : 'PART', term, others, at);
        })
        .join('\n');
    });
  return `function ${title}(${parameters}): void {\n${lines.join('\n')}\n}`;
}

/** One product and single elements; a sum of products goes on from the part before. */
function invoke(field, target, { coefficient, operands }, singles, at) {
  const [first, second] = operands;
  const square = first === second;
  if (field.shared)
    return invokeShared(field, target, { coefficient, operands, square }, singles, at);
  const name = field.call({ coefficient, square }, singles);
  const factors = square ? [first] : operands;
  const names = [target, ...factors, ...singles.map((term) => term.operands[0])];
  return `  ${name}(${names.map(at).join(', ')});`;
}

function invokeShared(field, target, { coefficient, operands, square }, singles, at) {
  const factors = (square ? operands.slice(0, 1) : operands).map(at);
  // Nothing to add: octets from 0 on are 0.
  const [single = '0', more = 0] =
    singles.length === 1 ? [at(singles[0].operands[0]), singles[0].coefficient] : [];
  const [sum, added, times] = singles.length > 1 ? ['SUM', 'SUM', 1] : [undefined, single, more];
  const before = sum === undefined ? [] : [vectors(field.n, at(sum), singles, at)];
  const list = [at(target), ...factors, at(added), coefficient, times];
  return [...before, `  ${field.callShared(square)}(${list.join(', ')});`].join('\n');
}

function termsOf(text) {
  return text
    .replaceAll(' - ', ' + -')
    .split(' + ')
    .map((term) => {
      const negative = term.startsWith('-');
      const factors = term
        .replace('-', '')
        .split('*')
        .map((part) => part.trim())
        .flatMap((part) => (part.endsWith('^2') ? [part.slice(0, -2), part.slice(0, -2)] : [part]));
      const [first] = factors;
      const hasCoefficient = /^\d+$/.test(first) || first === 'a';
      const number = hasCoefficient ? factors.shift() : '1';
      const coefficient = number === 'a' ? 'a' : Number(number) * (negative ? -1 : 1);
      return { coefficient, operands: factors };
    });
}

function unitsOfTerm({ coefficient, operands }, unitsOf) {
  // The coefficient a comes with single elements alone, which a reduction takes in whatever they are.
  const size = coefficient === 'a' ? 0 : Math.abs(coefficient);
  return operands.reduce((product, name) => product * unitsOf(name), size);
}

/** Sums without products: additions of whole v128 words. */
function vectors(n, to, terms, at) {
  const words = Math.ceil(n / 4);
  const lines = [];
  for (let word = 0; word < words; word++) {
    const load = (name) => `v128.load(${at(name)}, ${16 * word})`;
    const [first, ...rest] = terms.flatMap(({ coefficient, operands: [name] }) =>
      Array.from({ length: Math.abs(coefficient) }, () => [coefficient > 0, name]),
    );
    const start = first[0] ? load(first[1]) : `i32x4.neg(${load(first[1])})`;
    const sum = rest.reduce(
      (text, [plus, name]) => `i32x4.${plus ? 'add' : 'sub'}(${text}, ${load(name)})`,
      start,
    );
    lines.push(`  v128.store(${to}, ${sum}, ${16 * word});`);
  }
  return lines.join('\n');
}
