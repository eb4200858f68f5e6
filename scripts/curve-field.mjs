// Writes the arithmetic modulo p of a curve module in AssemblyScript, every loop unrolled.
//
// An element is n signed limbs of 29 bits in i32, padded to whole v128 words. A function computes a sum
// of products and of single elements with one reduction at its end: sums of products need no carries,
// since n products of 28 bits each leave room in an i64. How much room is counted in units: an
// element that came out of a reduction has one, a sum has those of its parts.

const limbBits = 29;
const half = 1n << 28n;
const mask = '0x1fffffff';

/** @param fold what 2^(29n) is modulo p; without it the reduction is Montgomery's, p from memory */
export function fieldWriter({ n, fold }) {
  const written = new Map();
  // n products of limbs up to 2^28, a reduction's own part where it is Montgomery's, below 2^63.
  const unitsMax = Number((1n << 63n) / (half * half * BigInt(n))) - (fold === undefined ? 1 : 0);
  return { n, unitsMax, call, source: () => [...written.values()].join('\n') };

  /** The name of the function for such a sum, written at its first use. */
  function call(products, singles) {
    const name = nameOf(products, singles);
    if (!written.has(name)) {
      written.set(name, fold === undefined ? montgomery(name, products, singles) : folded(name));
    }
    return name;

    function folded(title) {
      return foldedFunction({ n, fold }, title, products, singles);
    }
  }

  function montgomery(name, products, singles) {
    return montgomeryFunction(n, name, products, singles, ['MODULUS_P', 'load<i32>(NEGATIVE_P)']);
  }
}

/** The product modulo whichever number stands at a pointer: scalars, and leaving the field. */
export function montgomeryProduct(n) {
  const product = [{ coefficient: 1, square: false }];
  return montgomeryFunction(
    n,
    'montgomery',
    product,
    [],
    ['modulus', 'negative'],
    ['modulus: usize', 'negative: i32'],
  );
}

function nameOf(products, singles) {
  const word = (c) => String(c).replace('-', 'm');
  const parts = products.map(
    ({ coefficient, square }) => `${square ? 's' : 'p'}${word(coefficient)}`,
  );
  return ['f', ...parts, ...singles.map(({ coefficient }) => `l${word(coefficient)}`)].join('_');
}

function head(name, products, singles, more = []) {
  const operands = products.flatMap(({ square }, i) => (square ? [`a${i}`] : [`a${i}`, `b${i}`]));
  const parameters = ['to', ...operands, ...singles.map((_, i) => `l${i}`)].map(
    (p) => `${p}: usize`,
  );
  return `function ${name}(${[...parameters, ...more].join(', ')}): void {`;
}

function loads(n, pointers) {
  return pointers.flatMap((pointer) =>
    range(n).map((i) => `  const ${pointer}_${i} = i64.load32_s(${pointer}, ${4 * i});`),
  );
}

function operandsOf(products) {
  return products.flatMap(({ square }, i) => (square ? [`a${i}`] : [`a${i}`, `b${i}`]));
}

/** The terms of column k as text. */
function column(n, products, k) {
  return products.flatMap(({ coefficient, square }, p) => {
    const pairs = range(n)
      .map((i) => [i, k - i])
      .filter(([i, j]) => j >= 0 && j < n && (!square || i <= j));
    if (pairs.length === 0) return [];
    if (!square)
      return [scaled(pairs.map(([i, j]) => `a${p}_${i} * b${p}_${j}`).join(' + '), coefficient)];
    const twice = pairs.filter(([i, j]) => i < j).map(([i, j]) => `a${p}_${i} * a${p}_${j}`);
    const once = pairs.filter(([i, j]) => i === j).map(([i]) => `a${p}_${i} * a${p}_${i}`);
    const sum = [...(twice.length > 0 ? [`((${twice.join(' + ')}) << 1)`] : []), ...once].join(
      ' + ',
    );
    return [scaled(sum, coefficient)];
  });
}

function scaled(text, coefficient) {
  return coefficient === 1 ? `(${text})` : `(${text}) * ${factor(coefficient)}`;
}

function factor(coefficient) {
  return coefficient === 'a' ? 'load<i64>(COEFFICIENT_A)' : `<i64>(${coefficient})`;
}

function single(singles, k) {
  return singles.map(({ coefficient }, i) => scaled(`i64.load32_s(l${i}, ${4 * k})`, coefficient));
}

function foldedFunction({ n, fold }, name, products, singles) {
  const lines = [head(name, products, singles), ...loads(n, operandsOf(products))];
  // A column carries a bias of half a limb, so that cutting its low bits off leaves a signed limb.
  const bias = half;
  lines.push('  let x: i64 = 0;');
  for (let k = n; k < 2 * n - 1; k++) {
    lines.push(`  x += ${[`<i64>${bias}`, ...column(n, products, k)].join(' + ')};`);
    lines.push(`  const h${k - n} = x & ${mask};`, `  x >>= ${limbBits};`);
  }
  lines.push(`  const h${n - 1} = x;`, '  x = 0;');
  for (let k = 0; k < n; k++) {
    const start = k < n - 1 ? bias - bias * fold : bias;
    const terms = [`<i64>(${start})`, ...column(n, products, k), `h${k} * <i64>(${fold})`];
    lines.push(`  x += ${[...terms, ...single(singles, k)].join(' + ')};`);
    lines.push(`  ${k < 2 ? 'let' : 'const'} r${k} = <i32>x & ${mask};`, `  x >>= ${limbBits};`);
  }
  lines.push(
    `  x = <i64>r0 + x * <i64>(${fold});`,
    `  r0 = <i32>x & ${mask};`,
    `  r1 += <i32>(x >> ${limbBits});`,
    ...range(n).map((k) => `  store<i32>(to, r${k} - ${bias}, ${4 * k});`),
    '}',
  );
  return lines.join('\n');
}

function montgomeryFunction(n, name, products, singles, [modulus, negative], more) {
  const lines = [head(name, products, singles, more), ...loads(n, operandsOf(products))];
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
      ...column(n, products, k),
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
