import { smevNamespaces, type Version, versionOfTypes } from '../smev/namespaces.ts';
import { withXml, type XmlDocument, type XmlElement } from '../xml/document.ts';
import { escapeText } from '../xml/escape.ts';
import { child, everyElement, isNamed } from '../xml/navigate.ts';
import { placesOf } from '../xml/places.ts';
import { signedByCaller } from './find.ts';

/** What replaces the old values. */
export interface Fresh {
  readonly messageId: string;
  /** xs:dateTime. */
  readonly timestamp: string;
}

/**
 * A request with a new MessageID and Timestamp, where its operation has them; ReferenceMessageID
 * follows where it named the message itself (the first of a chain). No other text changes. A
 * signature over it is to be made anew afterwards.
 */
export function freshen(text: string, fresh: Fresh): string {
  return withXml(Buffer.from(text), (document) => {
    const changes = new Map<number, string>();
    let index = 0;
    const wanted = changesOf(document, fresh);
    for (const element of everyElement(document)) {
      const found = wanted.find(([target]) => target.isSameNode(element));
      if (found !== undefined) changes.set(index, found[1]);
      index += 1;
    }
    return withTexts(text, changes);
  });
}

function changesOf(document: XmlDocument, fresh: Fresh): (readonly [XmlElement, string])[] {
  const found = signedElement(document);
  if (found === undefined) return [];
  const { signed, version } = found;
  const { types, basic } = smevNamespaces[version];
  const changes: (readonly [XmlElement, string])[] = [];
  const messageId = child(signed, types, 'MessageID');
  const reference = child(signed, types, 'ReferenceMessageID');
  const timestamp = isNamed(signed, basic, 'Timestamp')
    ? signed
    : child(signed, basic, 'Timestamp');
  if (messageId !== undefined) changes.push([messageId, fresh.messageId]);
  if (reference !== undefined && reference.content === messageId?.content) {
    changes.push([reference, fresh.messageId]);
  }
  if (timestamp !== undefined) changes.push([timestamp, fresh.timestamp]);
  return changes;
}

function signedElement(
  document: XmlDocument,
): { readonly signed: XmlElement; readonly version: Version } | undefined {
  for (const element of everyElement(document)) {
    const version = versionOfTypes(element.namespaceUri);
    const signed = version && signedByCaller(element, version);
    if (version !== undefined && signed !== undefined) return { signed, version };
  }
  return undefined;
}

/** @param changes the new text of elements, by their index in document order */
function withTexts(text: string, changes: ReadonlyMap<number, string>): string {
  let result = '';
  let done = 0;
  for (const [index, { start, inside, endTag, end }] of placesOf(text).entries()) {
    const value = changes.get(index);
    if (value === undefined) continue;
    const empty = endTag === inside && text[inside - 2] === '/';
    const tag = text.slice(start, inside);
    const name = /^<([^\s/>]+)/.exec(tag)?.[1] ?? '';
    const opened = empty ? `${tag.slice(0, -2)}>` : tag;
    const closed = empty ? `</${name}>` : text.slice(endTag, end);
    result += text.slice(done, start) + opened + escapeText(value) + closed;
    done = end;
  }
  return result + text.slice(done);
}
