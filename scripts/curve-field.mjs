// Writes the arithmetic modulo p of a curve module in AssemblyScript, every loop unrolled.
//
// An element is n signed limbs of 29 bits in i32, padded to whole v128 words. A function computes a
// product plus single elements with one reduction at its end: a sum of n products of limbs needs no
// carries, since it leaves room in an i64. How much room is counted in units: an element that came out
// of a reduction has one, a sum has those of its parts, a product the product of those of its factors.

const limbBits = 29;
const half = 1n << 28n;
const mask = '0x1fffffff';

/** @param fold what 2^(29n) is modulo p; without it the reduction is Montgomery's, p from memory */
export function fieldWriter({ n, fold }) {
  const written = new Map();
  // n products of limbs up to 2^28, a reduction's own part where it is Montgomery's, below 2^63.
  const unitsMax = Number((1n << 63n) / (half * half * BigInt(n))) - (fold === undefined ? 1 : 0);
  const pointers = ['MODULUS_P', 'load<i32>(NEGATIVE_P)'];

  function write(name, product, singles) {
    return fold === undefined
      ? montgomeryFunction(n, name, product, singles, pointers)
      : foldedFunction({ n, fold }, name, product, singles);
  }

  return {
    n,
    unitsMax,
    /**
     * Whether formulas share one function for products and one for squares, which take coefficients:
     * a function for each sum would be quicker, but that many of 18 limbs are more code than the
     * processor keeps at hand.
     */
    shared: fold !== undefined && n === 18,
    callShared(square) {
      const name = square ? 'sharedSquare' : 'sharedProduct';
      const product = { coefficient: 'times', square };
      const more = ['times: i64', 'more: i64'];
      const make = () =>
        foldedFunction({ n, fold }, name, product, [{ coefficient: 'more' }], more);
      if (!written.has(name)) written.set(name, make());
      return name;
    },
    /** The name of the function for a product and single elements, written at its first use. */
    call(product, singles) {
      const name = nameOf(product, singles);
      if (!written.has(name)) written.set(name, write(name, product, singles));
      return name;
    },
    source: () => [...written.values()].join('\n'),
  };
}

/** The product modulo whichever number stands at a pointer: scalars, and leaving the field. */
export function montgomeryProduct(n) {
  const product = { coefficient: 1, square: false };
  return montgomeryFunction(
    n,
    'montgomery',
    product,
    [],
    ['modulus', 'negative'],
    ['modulus: usize', 'negative: i32'],
  );
}

function nameOf({ coefficient, square }, singles) {
  const word = (c) => String(c).replace('-', 'm');
  const parts = singles.map((single) => `l${word(single.coefficient)}`);
  return ['f', `${square ? 's' : 'p'}${word(coefficient)}`, ...parts].join('_');
}

function head(name, product, singles, more = []) {
  const operands = ['to', ...operandsOf(product), ...singles.map((_, i) => `l${i}`)];
  return `function ${name}(${[...operands.map((p) => `${p}: usize`), ...more].join(', ')}): void {`;
}

function operandsOf({ square }) {
  return square ? ['a'] : ['a', 'b'];
}

function loads(n, pointers) {
  return pointers.flatMap((pointer) =>
    range(n).map((i) => `  const ${pointer}${i} = i64.load32_s(${pointer}, ${4 * i});`),
  );
}

/** The terms of column k as text; none where it is empty. */
function column(n, { coefficient, square }, k) {
  const pairs = range(n)
    .map((i) => [i, k - i])
    .filter(([i, j]) => j >= 0 && j < n && (!square || i <= j));
  if (pairs.length === 0) return [];
  if (!square && coefficient === 'times') {
    return [`(${pairs.map(([i, j]) => `c${i} * b${j}`).join(' + ')})`];
  }
  if (!square) return [scaled(pairs.map(([i, j]) => `a${i} * b${j}`).join(' + '), coefficient)];
  const twice = pairs.filter(([i, j]) => i < j).map(([i, j]) => `a${i} * a${j}`);
  const once = pairs.filter(([i, j]) => i === j).map(([i]) => `a${i} * a${i}`);
  const sum = [...(twice.length > 0 ? [`((${twice.join(' + ')}) << 1)`] : []), ...once];
  return [scaled(sum.join(' + '), coefficient)];
}

function scaled(text, coefficient) {
  return coefficient === 1 ? `(${text})` : `(${text}) * ${factor(coefficient)}`;
}

function factor(coefficient) {
  if (coefficient === 'a') return 'load<i64>(COEFFICIENT_A)';
  return typeof coefficient === 'string' ? coefficient : `<i64>(${coefficient})`;
}

function single(singles, k) {
  return singles.map(({ coefficient }, i) => scaled(`i64.load32_s(l${i}, ${4 * k})`, coefficient));
}

function foldedFunction({ n, fold }, name, product, singles, parameters) {
  const lines = [head(name, product, singles, parameters), ...loads(n, operandsOf(product))];
  if (!product.square && product.coefficient === 'times') {
    // Cheaper than to multiply each column.
    lines.push(...range(n).map((i) => `  const c${i} = a${i} * times;`));
  }
  // A column carries a bias of half a limb, so that cutting its low bits off leaves a signed limb.
  const bias = half;
  lines.push('  let x: i64 = 0;', '  let y: i64 = 0;');
  // With something to load there, V8 orders the products of 18 limbs so that they take a third less
  // time; octets from 0 on are nobody's, and 0.
  const loaded = (k) =>
    singles.length > 0 || product.square ? single(singles, k) : [`i64.load32_s(0, ${4 * k})`];
  // A high column and the low one that it folds into go in turn: two chains of carries side by side.
  for (let k = 0; k < n; k++) {
    const isLast = k === n - 1;
    if (!isLast)
      lines.push(`  y += ${[`<i64>${bias}`, ...column(n, product, n + k)].join(' + ')};`);
    const high = isLast ? 'y' : `(y & ${mask})`;
    const start = isLast ? bias : bias - bias * fold;
    const terms = [`<i64>(${start})`, ...column(n, product, k), `${high} * <i64>(${fold})`];
    lines.push(`  x += ${[...terms, ...loaded(k)].join(' + ')};`);
    if (k < 2) lines.push(`  const r${k} = <i32>x & ${mask};`);
    else lines.push(`  store<i32>(to, (<i32>x & ${mask}) - ${bias}, ${4 * k});`);
    lines.push(`  x >>= ${limbBits};`, ...(isLast ? [] : [`  y >>= ${limbBits};`]));
  }
  lines.push(
    `  x = <i64>r0 + x * <i64>(${fold});`,
    `  store<i32>(to, (<i32>x & ${mask}) - ${bias});`,
    `  store<i32>(to, r1 + <i32>(x >> ${limbBits}) - ${bias}, 4);`,
    '}',
  );
  return lines.join('\n');
}

function montgomeryFunction(n, name, product, singles, [modulus, negative], more) {
  const lines = [head(name, product, singles, more), ...loads(n, operandsOf(product))];
  lines.push(
    ...range(n).map((i) => `  const m${i} = i64.load32_s(${modulus}, ${4 * i});`),
    `  const negated: i32 = ${negative};`,
    '  let x: i64 = 0;',
  );
  for (let k = 0; k < 2 * n; k++) {
    const fromModulus = range(n)
      .filter((j) => k - j >= 0 && k - j < n && j < Math.min(k, n))
      .map((j) => `q${j} * m${k - j}`);
    const terms = [
      ...column(n, product, k),
      ...fromModulus,
      ...(k >= n ? single(singles, k - n) : []),
    ];
    if (k >= n && k < 2 * n - 1) terms.push(`<i64>${half}`);
    if (terms.length > 0) lines.push(`  x += ${terms.join(' + ')};`);
    if (k < n) {
      lines.push(`  const q${k} = <i64>(((<i32>x * negated) << 3) >> 3);`);
      lines.push(`  x = (x + q${k} * m0) >> ${limbBits};`);
    } else if (k < 2 * n - 1) {
      lines.push(`  store<i32>(to, (<i32>x & ${mask}) - ${half}, ${4 * (k - n)});`);
      lines.push(`  x >>= ${limbBits};`);
    } else lines.push(`  store<i32>(to, <i32>x, ${4 * (n - 1)});`);
  }
  return [...lines, '}'].join('\n');
}

export function range(count) {
  return Array.from({ length: count }, (_, i) => i);
}
