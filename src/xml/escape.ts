/** Escapes character data so that it is canonical already (Canonical XML 1.0 §2.3, text nodes). */
export function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (c) =>
    c === '&' ? '&amp;' : c === '<' ? '&lt;' : c === '>' ? '&gt;' : '&#xD;',
  );
}

const attributeEscapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

const references: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x9;': '\t',
  '&#xA;': '\n',
  '&#xD;': '\r',
  // As the SMEV transform writes them.
  '&#xa;': '\n',
  '&#xd;': '\r',
};

/** What a text or a value of a canonical form, or of the SMEV transform's, says. */
export function unescaped(canonical: string): string {
  if (!canonical.includes('&')) return canonical;
  return canonical.replace(/&[^;]*;/g, (reference) => references[reference] ?? reference);
}

/** Escapes an attribute value (Canonical XML 1.0 §2.3, attribute nodes). */
export function escapeAttribute(text: string): string {
  return text.replace(/[&<"\t\n\r]/g, (c) => attributeEscapes[c] ?? c);
}
