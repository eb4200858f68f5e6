// The formulas of points, by the form of the curve. The accumulated point is AX, AY, AZ (and AT); an
// entry of a table is its elements in order from a pointer.

/**
 * y² = x³ + ax + b of odd order. Signing adds by the complete formulas of Renes, Costello and Batina
 * (2015, §3) with what depends on the table alone taken out: A = aX + 3b and G = 3bX − a². Verifying
 * uses Jacobian coordinates with 2Y in the place of Y; where its additions do not hold they give
 * Z = 0, and Z = 0 stays.
 *
 * @param element octets of an element
 * @param general whether a comes from memory instead of being −3
 */
export function weierstrass({ element, general }) {
  const plusA = (name) => (general ? `+ a*${name}` : `- 3*${name}`);
  const entry = { X2: 'entry', Y2: `entry + ${element}` };
  const to = (index) => `to + ${element * index}`;
  return [
    {
      title: 'addEntry',
      given: general ? {} : { SA: 4 },
      formula: `
        ${general ? '' : 'SA = B3 - 3*SX'}
        T3 = 3*SX
        T0 = AY * SY
        T1 = AX * SY + SX * AY
        T2 = SY * AZ + AY
        T4 = SA * AZ ${plusA('AX')}
        T5 = AX * SA + AZ * SG
        T6 = T3 * AX ${plusA('AZ')}
        T7 = T0 - T4
        T8 = T0 + T4
        AX = T1 * T7 - T2 * T5
        AY = T7 * T8 + T6 * T5
        AZ = T2 * T8 + T1 * T6`,
    },
    {
      title: 'combEntry',
      parameters: 'to: usize, entry: usize',
      names: { ...entry, GX: 'to', GY: to(1), GG: to(2), GA: to(3) },
      formula: `
        GX = X2 * ONE
        GY = Y2 * HALF
        GG = B3 * X2 - A2
        ${general ? 'GA = FA * X2 + B3' : ''}`,
    },
    {
      title: 'double',
      formula: `
        T0 = AZ^2
        T1 = AY^2
        T2 = AX * T1
        ${general ? 'T4 = T0^2' : ''}
        T3 = 3*AX^2 ${general ? '+ a*T4' : '- 3*T0^2'}
        AZ = AY * AZ
        AX = T3^2 - 2*T2
        T4 = T2 - AX
        AY = 2*T3*T4 - T1^2`,
    },
    {
      title: 'addPoint',
      parameters: 'entry: usize',
      names: entry,
      formula: `
        T0 = AZ^2
        T1 = X2 * T0 - AX
        T2 = Y2 * AZ
        T2 = T2 * T0 - AY
        T3 = 4*T1^2
        AZ = 2*AZ*T1
        T1 = T1 * T3
        T3 = AX * T3
        AX = T2^2 - T1 - 2*T3
        T3 = T3 - AX
        AY = 2*T2*T3 - 2*AY*T1`,
    },
    {
      title: 'scaleBy',
      parameters: 'to: usize, entry: usize, factor: usize',
      names: { ...entry, OX: 'to', OY: to(1) },
      formula: `
        T0 = factor^2
        T1 = T0 * factor
        OX = X2 * T0
        OY = Y2 * T1`,
    },
    { title: 'denominator', formula: 'DENOMINATOR = AZ * ONE' },
    {
      title: 'result',
      formula: `
        RX = AX * INVERSE
        RY = AY * INVERSE`,
    },
    {
      title: 'difference',
      formula: `
        T0 = AZ^2
        T1 = CANDIDATE * T0 - AX`,
    },
  ];
}

/**
 * u² + v² = 1 + d·u²v² with d no square, in extended coordinates (Hisil, Wong, Carter and Dawson,
 * 2008, §3.1): the additions hold for any two points. T of an entry is multiplied by d beforehand.
 */
export function edwards({ element }) {
  const at = (pointer, index) => `${pointer} + ${element * index}`;
  const entry = { X2: 'entry', Y2: at('entry', 1), C2: at('entry', 2), Z2: at('entry', 3) };
  const sum = (z, [x, y, c]) => `
        T0 = AX * ${x}
        T1 = AY * ${y}
        T2 = AT * ${c}
        T3 = AX + AY
        T4 = ${x} + ${y}
        T5 = T3 * T4 - T0 - T1
        T6 = ${z} - T2
        T7 = ${z} + T2
        T8 = T1 - T0
        AX = T5 * T6
        AY = T7 * T8
        AZ = T6 * T7
        AT = T5 * T8`;
  const twice = `
        T0 = AX^2
        T1 = AY^2
        T2 = T0 + T1 - 2*AZ^2
        T3 = 2*AX*AY
        T4 = T0 + T1
        T5 = T0 - T1
        AX = T3 * T2
        AY = T4 * T5
        AZ = T2 * T4`;
  return [
    { title: 'addEntry', formula: sum('AZ', ['SX', 'SY', 'SC']) },
    {
      title: 'addAffine',
      parameters: 'entry: usize',
      names: entry,
      formula: sum('AZ', ['X2', 'Y2', 'C2']),
    },
    {
      title: 'addPoint',
      parameters: 'entry: usize',
      names: entry,
      formula: `T9 = AZ * Z2${sum('T9', ['X2', 'Y2', 'C2'])}`,
    },
    { title: 'double', formula: twice },
    { title: 'doubleForAddition', formula: `${twice}\nAT = T3 * T5` },
    {
      title: 'pointEntry',
      parameters: 'to: usize',
      names: { GX: 'to', GY: at('to', 1), GC: at('to', 2), GZ: at('to', 3) },
      formula: `
        GX = AX * ONE
        GY = AY * ONE
        GC = AT * ED
        GZ = AZ * ONE`,
    },
    {
      title: 'affineEntry',
      parameters: 'to: usize, entry: usize, inverse: usize',
      names: { ...entry, GX: 'to', GY: at('to', 1), GC: at('to', 2) },
      formula: `
        GX = X2 * inverse
        GY = Y2 * inverse
        GC = C2 * inverse`,
    },
    {
      title: 'fromWeierstrass',
      formula: `
        T0 = PX - ET
        T1 = T0 - ES
        T2 = T0 + ES
        T3 = T0 * T2
        T4 = T1 * PY
        T5 = PY * T2
        AX = T3 * T5
        AY = T4 * T5
        AZ = T5^2
        AT = T3 * T4`,
    },
    {
      title: 'denominator',
      formula: `
        T0 = AZ - AY
        DENOMINATOR = T0 * AX`,
    },
    {
      title: 'result',
      formula: `
        T0 = INVERSE * AX
        T1 = AZ + AY
        T1 = ES * T1
        RX = T1 * T0 + ET
        T1 = T1 * AZ
        RY = T1 * INVERSE`,
    },
    {
      title: 'difference',
      formula: `
        T0 = CANDIDATE - ET
        T1 = AZ - AY
        T2 = AZ + AY
        T1 = T0 * T1 - ES * T2`,
    },
  ];
}

/** T0 becomes 0 where PX and PY fulfil the equation of the curve. */
export const equation = {
  title: 'equation',
  formula: `
        T0 = PX^2 + FA
        T1 = PY^2 - BF
        T0 = T1 - T0 * PX`,
};
