import type { AttributeModel } from '../model/attributes.ts';
import { attributeOf } from '../model/attributes.ts';
import type { TypeModel, Types } from '../model/types.ts';
import { admits, within } from '../model/wildcard.ts';
import { wildcardText } from './align.ts';
import type { Spot, Walk } from './walk.ts';

/** What became of the attributes of a type. */
export function compareAttributes(walk: Walk, a: TypeModel, b: TypeModel, spot: Spot): void {
  const gone = new Map(a.attributes);
  for (const [name, now] of b.attributes) {
    const before = gone.get(name) ?? otherwiseQualified(a, b, now);
    const there = place(spot, now);
    if (before === undefined) added(walk, a, now, there);
    else {
      gone.delete(before.name);
      both(walk, before, now, there);
    }
  }
  for (const before of gone.values()) removed(walk, b, before, place(spot, before));
  wildcards(walk, a, b, spot);
}

function place(spot: Spot, { local }: AttributeModel): Spot {
  return { ...spot, at: `${spot.at}/@${local}`, name: `@${local}` };
}

/** The same local name that was qualified, or was not. */
function otherwiseQualified(
  a: TypeModel,
  b: TypeModel,
  now: AttributeModel,
): AttributeModel | undefined {
  return [...a.attributes.values()].find(
    ({ name, local, namespace }) =>
      local === now.local && !b.attributes.has(name) && (namespace === '' || now.namespace === ''),
  );
}

function both(walk: Walk, before: AttributeModel, now: AttributeModel, spot: Spot): void {
  const about = [before.node, now.node];
  if (before.namespace !== now.namespace) {
    const [from, to] = [`«${before.namespace}»`, `«${now.namespace}»`];
    walk.add(spot, { kind: 'form-changed', about, from, to });
  }
  if (!before.required && now.required) {
    walk.add(spot, { kind: 'attribute-made-required', about });
  }
  if (before.required && !now.required) {
    walk.add(spot, { kind: 'attribute-made-optional', about });
  }
  if (before.documentation !== now.documentation) {
    walk.add(spot, { kind: 'documentation-changed', about });
  }
  walk.value(before, now, spot, [true, true]);
  walk.values(before.type, now.type, spot, about);
}

function added(walk: Walk, a: TypeModel, now: AttributeModel, spot: Spot): void {
  const about = [undefined, now.node];
  if (now.required) {
    walk.add(spot, { kind: 'attribute-added-required', about });
    return;
  }
  // Old messages may have had any value there.
  const refusesOld =
    a.anyAttribute !== undefined && admits(a.anyAttribute.namespaces, now.namespace);
  walk.add(spot, { kind: 'attribute-added-optional', about, refusesOld });
}

function removed(walk: Walk, b: TypeModel, before: AttributeModel, spot: Spot): void {
  const { anyAttribute } = b;
  const free = anyAttribute !== undefined && admits(anyAttribute.namespaces, before.namespace);
  const judged =
    anyAttribute?.process === 'strict' ||
    (anyAttribute?.process === 'lax' &&
      walk.now.components.find('attribute', before.name) !== undefined);
  walk.add(spot, {
    kind: 'attribute-removed',
    about: [before.node, undefined],
    refusesOld: !free || judged,
    allowsNew: before.required || free,
  });
}

function wildcards(walk: Walk, a: TypeModel, b: TypeModel, spot: Spot): void {
  const [before, now] = [a.anyAttribute, b.anyAttribute];
  if (before === undefined && now === undefined) return;
  const there = { ...spot, at: `${spot.at}/@*`, name: '@*' };
  const words = {
    about: [a.node, b.node],
    from: before === undefined ? '—' : wildcardText(before),
    to: now === undefined ? '—' : wildcardText(now),
  };
  if (before === undefined || now === undefined) {
    walk.add(there, {
      kind: now === undefined ? 'wildcard-narrowed' : 'wildcard-widened',
      ...words,
    });
    return;
  }
  const strictness = ['skip', 'lax', 'strict'];
  const step = strictness.indexOf(now.process) - strictness.indexOf(before.process);
  if (!within(before.namespaces, now.namespaces) || step > 0) {
    walk.add(there, { kind: 'wildcard-narrowed', ...words });
  }
  if (!within(now.namespaces, before.namespaces) || step < 0) {
    walk.add(there, { kind: 'wildcard-widened', ...words });
  }
  if (before.process !== 'skip' && now.process !== 'skip') globals(walk, a, b, there);
}

/** Attributes that are declared at the top are judged where any may stand. */
function globals(walk: Walk, a: TypeModel, b: TypeModel, spot: Spot): void {
  const free = (types: Types, { anyAttribute, attributes }: TypeModel) =>
    [...types.components.every('attribute')]
      .filter(([name]) => !attributes.has(name))
      .map(([, node]) => attributeOf(node, types.components))
      .filter(({ namespace }) => anyAttribute && admits(anyAttribute.namespaces, namespace));
  const known = new Map(free(walk.before, a).map((each) => [each.name, each]));
  for (const now of free(walk.now, b)) {
    const before = known.get(now.name);
    known.delete(now.name);
    const there = { ...spot, at: `${spot.at}/@${now.local}`, name: `@${now.local}` };
    if (before !== undefined) both(walk, before, now, there);
    else {
      const to = now.local;
      const judgedNow = a.anyAttribute?.process === 'lax';
      const kind = judgedNow ? 'wildcard-narrowed' : 'wildcard-widened';
      walk.add(there, { kind, about: [undefined, now.node], from: '@*', to });
    }
  }
  for (const before of b.anyAttribute?.process === 'strict' ? known.values() : []) {
    const from = before.local;
    walk.add(spot, { kind: 'wildcard-narrowed', about: [before.node, undefined], from, to: '—' });
  }
}
