import { withXml, type XmlElement } from '../xml/document.ts';
import { childElements, isNamed, type QName } from '../xml/navigate.ts';
import { toUtf8 } from './encoding.ts';
import { type SchemaFile, xsdNamespace } from './set.ts';

/**
 * Does one of these schemas, which were admitted before, declare this element at its top: with the
 * target namespace of the name, or with none, as a file to be included.
 */
export function declaresElement(files: readonly SchemaFile[], wanted: QName): boolean {
  return files.some(({ bytes }) =>
    withXml(toUtf8(bytes), ({ root }) => declares(root, wanted), {
      processingInstructions: 'allow',
    }),
  );
}

function declares(schema: XmlElement, { namespace, local }: QName): boolean {
  const target = schema.attr('targetNamespace')?.value;
  if (target !== undefined && target !== namespace) return false;
  return childElements(schema).some(
    (each) => isNamed(each, xsdNamespace, 'element') && each.attr('name')?.value === local,
  );
}
