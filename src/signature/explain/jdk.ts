import { smevTransform } from '../smev-transform.ts';

// A tag, or a run of text; quoted values may hold >.
const token = /(<(?:[^>"]|"[^"]*")*>)|([^<]+)/g;

/**
 * The SMEV transform as it comes out where the StAX of the JDK runs in place of Woodstox: text breaks
 * at every reference and pieces of white space alone are dropped, CR references among them; > is
 * always escaped, CR, LF and TAB never (seen with JDK 17).
 *
 * @throws Fault TRANSFORM_REFUSED as smevTransform
 */
export function jdkTransform(canonical: Uint8Array): Buffer {
  const source = Buffer.from(canonical).toString('utf8');
  const read = source.replace(token, (_, tag?: string, text = '') => tag ?? piecesOf(text));
  const written = smevTransform(Buffer.from(read)).toString('utf8');
  const escaped = written.replace(token, (_, tag?: string, text = '') =>
    tag === undefined ? text.replaceAll('>', '&gt;') : tag.replace(/"[^"]*"/g, quotedOf),
  );
  return Buffer.from(escaped);
}

function piecesOf(text: string): string {
  return text
    .split(/(&[^;]+;)/)
    .filter((piece) => piece !== '&#xD;' && !/^[\0- ]*$/.test(piece))
    .join('');
}

const raw: Readonly<Record<string, string>> = {
  '&#xd;': '\r',
  '&#xa;': '\n',
  '&#x9;': '\t',
  '>': '&gt;',
};

function quotedOf(quoted: string): string {
  return quoted.replace(/&#x[da9];|>/g, (found) => raw[found] ?? found);
}
