import { XmlCData, XmlComment } from 'libxml2-wasm';
import { withXml, type XmlElement, XmlText } from '../../src/xml/document.ts';

/** What a document says, whatever its prefixes and comments: names are expanded. */
export function meaning(bytes: Uint8Array): string {
  return withXml(bytes, ({ root }) => JSON.stringify(of(root)));
}

function of(element: XmlElement): unknown {
  const content: unknown[] = [];
  for (let at = element.firstChild; at !== null; at = at.next) {
    if (at instanceof XmlComment) continue;
    if (at instanceof XmlText || at instanceof XmlCData) {
      if (at.content === '') continue;
      const last = content.at(-1);
      if (typeof last === 'string') content[content.length - 1] = last + at.content;
      else content.push(at.content);
    } else content.push(of(at as XmlElement));
  }
  const attributes = element.attrs.map((each) => [
    `{${each.namespaceUri}}${each.name}`,
    each.value,
  ]);
  return [`{${element.namespaceUri}}${element.name}`, attributes.sort(), content];
}
