// Writes the AssemblyScript of the curve modules: the layout of memory and the unrolled arithmetic, then
// the files of src/gost/assembly that use them.
import { fieldWriter, montgomeryProduct, range } from './curve-field.mjs';
import { writeFormula } from './curve-formula.mjs';
import { edwards, equation, weierstrass } from './curve-points.mjs';

// 2^(29n) modulo p: the fold of 2^256 − 617 and of 2^512 − 569. The others are Montgomery's.
const folds = { 9: 617n << 5n, 18: 569n << 10n };

/** What there is to build: src/gost/module.ts says which curve takes which. */
export const curveModules = [
  { name: 'curve-256', n: 9, form: 'weierstrass', folded: true },
  { name: 'curve-512', n: 18, form: 'weierstrass', folded: true },
  { name: 'edwards-256', n: 9, form: 'edwards', folded: true },
  { name: 'edwards-512', n: 18, form: 'edwards', folded: true },
  { name: 'curve-256-any', n: 9, form: 'weierstrass', folded: false },
  { name: 'curve-512-any', n: 18, form: 'weierstrass', folded: false },
];

/** @returns the whole source of a module, and how much memory it addresses literally */
export function curveSource({ n, form, folded }, readPart) {
  const field = fieldWriter({ n, fold: folded ? folds[n] : undefined });
  const element = 16 * Math.ceil(n / 4);
  const general = !folded;
  const isEdwards = form === 'edwards';
  const comb = isEdwards ? ['SX', 'SY', 'SC'] : ['SX', 'SY', 'SG', ...(general ? ['SA'] : [])];
  const formulas = [equation, ...(isEdwards ? edwards : weierstrass)({ element, general })];
  const points = formulas.map((formula) => writeFormula(field, formula));
  const simple = [
    `function multiply(to: usize, a: usize, b: usize): void { ${field.call(one, [])}(to, a, b); }`,
    `function square(to: usize, a: usize): void { ${field.call(oneSquare, [])}(to, a); }`,
  ];
  const layout = layoutOf({ n, element, comb, points: isEdwards ? 4 : 2 });
  const source = [
    layout.text,
    field.source(),
    montgomeryProduct(n),
    ...simple,
    ...points,
    selection(comb.length, element),
    ...['numbers', 'inverse', 'digits', form, 'curve'].map(readPart),
  ].join('\n');
  return { source, memoryEnd: layout.end };
}

const one = { coefficient: 1, square: false };
const oneSquare = { coefficient: 1, square: true };

// Written by src/gost/module.ts once: numbers of the curve, as elements of the field or modulo q.
const constants = [
  ...['MODULUS_P', 'MODULUS_Q', 'R1_Q', 'R2_Q', 'ENTER', 'LEAVE', 'ONE', 'HALF'],
  ...['FA', 'BF', 'B3', 'A2', 'ED', 'ES', 'ET', 'BASE_X', 'BASE_Y'],
];

// Wiped after signing, all of it.
const variables = [
  ...['AX', 'AY', 'AZ', 'AT', ...range(10).map((i) => `T${i}`)],
  ...['PART', 'SUM', 'PX', 'PY', 'RX', 'RY', 'DENOMINATOR', 'INVERSE', 'CANDIDATE'],
  ...[
    'NONCE_Q',
    'SCALAR_Q',
    'DIGEST_Q',
    'R_Q',
    'S_Q',
    'U0',
    'U1',
    'U2',
    'INV_F',
    'INV_G',
    'INV_D',
    'INV_E',
  ],
];

function layoutOf({ n, element, comb, points }) {
  let end = 1024;
  const lines = [
    `const N: i32 = ${n};`,
    `const ELEMENT: usize = ${element};`,
    `const OCTETS: i32 = ${n === 9 ? 32 : 64};`,
    'const MASK: i32 = 0x1fffffff;',
    `const COMB_ROWS: i32 = ${n === 9 ? 52 : 103};`,
    `const COMB_ENTRY: usize = ${comb.length * element};`,
    `const POINT: usize = ${points * element};`,
  ];
  const place = (name, octets, shown = false) => {
    lines.push(`${shown ? 'export ' : ''}const ${name}: usize = ${end};`);
    end += 16 * Math.ceil(octets / 16);
  };
  for (const name of ['NEGATIVE_P', 'NEGATIVE_Q', 'COEFFICIENT_A']) place(name, 16, true);
  // p − 2, most significant window of 4 bits first, one octet each.
  place('EXPONENT', 160, true);
  for (const name of constants) place(name, element, true);
  place('WIPE_FROM', 0, true);
  for (const name of variables) place(name, element);
  const selected = end;
  lines.push(`const SELECTED: usize = ${selected};`);
  for (const name of comb) place(name, element);
  if (!comb.includes('SA')) place('SA', element);
  // Octets of numbers have room behind them: bits are read eight octets at a time.
  for (const name of ['INPUT_X', 'INPUT_Y', 'INPUT_R', 'INPUT_S']) place(name, 96, true);
  for (const name of ['SCALAR', 'DIGEST', 'NONCE', 'OUTPUT_1', 'OUTPUT_2']) place(name, 96, true);
  place('OCTETS_1', 96);
  place('OCTETS_2', 96);
  place('DIGITS_1', 544);
  place('DIGITS_2', 544);
  place('POWERS', 16 * element);
  place('WIPE_TO', 0, true);
  place('NEGATED', 4 * element);
  place('OWN_POINTS', 64 * 4 * element);
  place('OWN_TABLE', 8 * points * element);
  place('OWN_FACTORS', 128 * element);
  place('BASE_POINTS', 64 * points * element);
  place('COMB', (n === 9 ? 52 : 103) * 16 * comb.length * element);
  return { text: lines.join('\n'), end };
}

/** Every entry of a row is read, whichever is wanted. */
function selection(elements, element) {
  const words = (elements * element) / 16;
  return [
    'function select(row: usize, index: i32): void {',
    '  const wanted = i32x4.splat(index);',
    ...range(words).map((i) => `  let w${i} = i32x4.splat(0);`),
    '  for (let j: i32 = 0; j < 16; j++) {',
    '    const mask = i32x4.eq(wanted, i32x4.splat(j));',
    ...range(words).map(
      (i) => `    w${i} = v128.or(w${i}, v128.and(mask, v128.load(row, ${16 * i})));`,
    ),
    '    row += COMB_ENTRY;',
    '  }',
    ...range(words).map((i) => `  v128.store(SELECTED, w${i}, ${16 * i});`),
    '}',
  ].join('\n');
}
