import { expect } from 'chai';
import fc from 'fast-check';
import { type CompiledSchema, compileSchemas, SchemaRefused } from '../../../src/schema/compile.ts';
import { differenceOf } from '../../../src/schema/difference/difference.ts';
import { plainChoices } from '../../../src/schema/example/choices.ts';
import { writeExample } from '../../../src/schema/example/example.ts';
import { Types } from '../../../src/schema/model/types.ts';
import type { SchemaFile } from '../../../src/schema/set.ts';
import { validateElement } from '../../../src/schema/validate.ts';
import { readComponents } from '../../../src/schema/xsd-components.ts';
import { withXml, XmlRefused } from '../../../src/xml/document.ts';
import { Chance } from '../../fault/chance.ts';
import { full } from '../../fault/full.ts';
import { chosen } from '../example/chosen.ts';
import { mutated } from './mutations.ts';
import { Drawing, written } from './random-schema.ts';

const seed = Number(process.env['MEZHVED_SEED'] ?? 20_261_125);
const [first, second] = ['urn:drawn:1.0', 'urn:drawn:1.1'] as const;

function version(namespace: string, schemas: readonly SchemaFile[]) {
  return { namespace, requestRoot: 'R', responseRoot: 'R', schemas };
}

function compiles(files: readonly SchemaFile[]): boolean {
  try {
    compileSchemas(files, 'main.xsd').dispose();
    return true;
  } catch (error) {
    if (error instanceof SchemaRefused) return false;
    throw error;
  }
}

function isValid(schema: CompiledSchema, text: string): boolean {
  try {
    return withXml(Buffer.from(text), ({ root }) => validateElement(schema, root, 1).length === 0);
  } catch (error) {
    if (error instanceof XmlRefused) return false;
    throw error;
  }
}

describe('the difference of drawn schemas', function () {
  this.timeout(600_000);
  const numRuns = full ? 5000 : 60;

  it(`is nothing of a schema with itself, in another namespace its name alone; seed ${seed}`, () => {
    fc.assert(
      fc.property(fc.integer(), (number) => {
        const schema = new Drawing(new Chance(number)).schema();
        const a = version(first, written(schema, first));
        expect(differenceOf(a, a).changes).to.deep.equal([]);
        const { changes } = differenceOf(a, version(second, written(schema, second)));
        expect(changes.map(({ kind }) => kind)).to.deep.equal(['namespace-changed']);
      }),
      { seed, numRuns: numRuns / 5 },
    );
  });

  it(`is breaking where a message of the old version is refused by the new; seed ${seed}`, () => {
    let [pairs, messages, refused, taken] = [0, 0, 0, 0];
    const check = (from: [string, SchemaFile[]], to: [string, SchemaFile[]], number: number) => {
      const { request } = differenceOf(version(...from), version(...to));
      const own = compileSchemas(from[1], 'main.xsd');
      const other = compileSchemas(to[1], 'main.xsd');
      const types = new Types(readComponents(from[1]));
      let isRefused = false;
      for (let draw = 0; draw < 30; draw += 1) {
        const chance = new Chance(number + draw);
        const choices = draw === 0 ? plainChoices() : chosen(chance);
        const example = writeExample(types, `{${from[0]}}R`, choices)?.xml ?? '';
        const text = draw < 4 ? example : mutated(example, chance);
        if (!isValid(own, text)) continue;
        messages += 1;
        if (isValid(other, text.replaceAll(from[0], to[0]))) continue;
        isRefused = true;
        const said = [...[from, to].map(([, files]) => files[0]?.bytes), text];
        expect(request.refusesOld, said.join('\n')).to.equal(true);
      }
      own.dispose();
      other.dispose();
      if (isRefused) refused += 1;
      if (!request.refusesOld) taken += 1;
      return { request, isRefused };
    };
    fc.assert(
      fc.property(fc.integer(), (number) => {
        const drawing = new Drawing(new Chance(number));
        const schema = drawing.schema();
        const a: [string, SchemaFile[]] = [first, written(schema, first)];
        const b: [string, SchemaFile[]] = [second, written(drawing.edited(schema), second)];
        if (!compiles(a[1]) || !compiles(b[1])) return;
        pairs += 1;
        const forward = check(a, b, number);
        const back = check(b, a, number);
        if (back.isRefused) expect(forward.request.allowsNew).to.equal(true);
        if (forward.isRefused) expect(back.request.allowsNew).to.equal(true);
      }),
      { seed, numRuns },
    );
    // It has to have seen both.
    expect(pairs).to.be.greaterThan(numRuns / 2);
    expect(messages).to.be.greaterThan(pairs * 4);
    expect(refused).to.be.greaterThan(pairs / 4);
    expect(taken).to.be.greaterThan(pairs / 4);
  });
});
