import { xsdNamespace } from '../schema/set.ts';
import { type Components, expanded, type XsdNode } from '../schema/xsd-components.ts';

/** Whether values of a simple type are names with prefixes, which mean nothing outside their XML. */
export function holdsNames(type: XsdNode | string, components: Components): boolean {
  if (typeof type === 'string') {
    if (['QName', 'NOTATION'].some((name) => type === expanded(xsdNamespace, name))) return true;
    const node = components.find('simpleType', type);
    return node !== undefined && holdsNames(node, components);
  }
  const { type: named = [], base = [], itemType = [], memberTypes = [] } = type.refers;
  return [...named, ...base, ...itemType, ...memberTypes, ...type.children].some((each) =>
    holdsNames(each, components),
  );
}
