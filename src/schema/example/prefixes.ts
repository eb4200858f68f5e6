import { escapeAttribute } from '../../xml/escape.ts';
import { localOf } from '../xsd-components.ts';

export const xsiNamespace = 'http://www.w3.org/2001/XMLSchema-instance';
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';

/** Prefixes of a document: tns for its own namespace, then ns1, ns2, …; names without one have none. */
export class Prefixes {
  readonly #byNamespace: Map<string, string>;

  constructor(own: string) {
    this.#byNamespace = new Map(own === '' ? [] : [[own, 'tns']]);
  }

  /** A name as it is written, of an expanded one. */
  qualified(name: string): string {
    const namespace = name.slice(1, name.indexOf('}'));
    if (namespace === '') return localOf(name);
    if (namespace === xmlNamespace) return `xml:${localOf(name)}`;
    const known = this.#byNamespace.get(namespace);
    const next = namespace === xsiNamespace ? 'xsi' : `ns${this.#byNamespace.size}`;
    const prefix = known ?? next;
    this.#byNamespace.set(namespace, prefix);
    return `${prefix}:${localOf(name)}`;
  }

  /** The declarations of all that were used. */
  declarations(): string {
    return [...this.#byNamespace]
      .map(([namespace, prefix]) => ` xmlns:${prefix}="${escapeAttribute(namespace)}"`)
      .join('');
  }
}
