// The file name of a part, in Content-Disposition (RFC 2183).

/**
 * The name in both forms that readers know: quoted and plain ASCII, and whole in UTF-8 (RFC 6266 §4.3,
 * RFC 8187).
 */
export function dispositionOf(fileName: string): string {
  const plain = fileName.replace(/[^ -~]|["\\%]/gu, '_');
  const whole = encodeURIComponent(fileName.replace(/\p{Cs}/gu, '_')).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}

/** The name that a header tells; undefined where it tells none. */
export function fileNameIn(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined;
  const whole = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(disposition)?.[1];
  const told = whole === undefined ? undefined : decoded(whole);
  const plain = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition);
  const name = told ?? plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2];
  return name === '' ? undefined : name;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
