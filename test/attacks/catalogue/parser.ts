import { noteRequest } from '../../harness/rules.ts';
import type { Attack, Chapter } from '../attack.ts';
import { attack, changed, posting, signedNote, withHeader } from '../messages.ts';

const unreadable = { verify: 'UNREADABLE' } as const;
const doctype = { ...unreadable, code: 'XML_DOCTYPE', guards: ['no DOCTYPE'] } as const;
const byLibrary = { ...unreadable, guards: [], library: 'libxml2' } as const;

/** A DTD before the envelope, and what uses it where no signature is. */
const withDtd = (text: string, subset: string, use = '&x;') =>
  `<!DOCTYPE a ${subset}>${withHeader(text, `<x>${use}</x>`)}`;

const tenfold = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'x']
  .map((name, at, all) => {
    const before = at === 0 ? 'lol' : `&${all[at - 1]};`.repeat(10);
    return `<!ENTITY ${name} "${before}">`;
  })
  .join('');

const documentTypes: readonly Attack[] = [
  attack('a DOCTYPE and nothing more', (t) => `<!DOCTYPE a>${t}`, doctype),
  attack(
    'an external entity that names a file',
    (t) => withDtd(t, '[<!ENTITY x SYSTEM "file:///etc/passwd">]'),
    { ...doctype, library: 'libxml2' },
  ),
  attack(
    'an external entity that names an address',
    (t) => withDtd(t, '[<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]'),
    { ...doctype, library: 'libxml2' },
  ),
  attack(
    'a parameter entity that brings another DTD',
    (t) => withDtd(t, '[<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd">%p;]', ''),
    doctype,
  ),
  attack(
    'a parameter entity that would tell a file by an error',
    (t) =>
      withDtd(
        t,
        `[<!ENTITY % f SYSTEM "file:///etc/passwd"><!ENTITY % e "<!ENTITY &#x25; r SYSTEM 'file:///none/%f;'>">%e;]`,
        '',
      ),
    { ...doctype, library: 'libxml2' },
  ),
  attack('a DTD outside', (t) => withDtd(t, 'SYSTEM "http://127.0.0.1:9/x.dtd"', ''), doctype),
  attack('a billion laughs: entities of entities', (t) => withDtd(t, `[${tenfold}]`), {
    ...doctype,
    library: 'libxml2',
  }),
  attack(
    'one long entity, used 5,000 times',
    (t) => withDtd(t, `[<!ENTITY x "${'a'.repeat(100_000)}">]`, '&x;'.repeat(5000)),
    { ...doctype, library: 'libxml2' },
  ),
  attack(
    'a DOCTYPE behind a comment and an XML declaration',
    (t) => `<?xml version="1.0" encoding="UTF-8"?><!-- <a> --><!DOCTYPE a>${t}`,
    doctype,
  ),
  attack(
    'a stylesheet named by a processing instruction',
    (t) => `<?xml-stylesheet href="http://127.0.0.1:9/x.xsl" type="text/xsl"?>${t}`,
    {
      code: 'XML_PROCESSING_INSTRUCTION',
      verify: undefined,
      guards: ['no processing instruction'],
    },
  ),
  attack('an entity that nobody declared', (t) => changed(t, '>9100<', '>&x;<'), {
    ...byLibrary,
    code: 'XML_MALFORMED',
  }),
];

const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);

const depths: readonly Attack[] = [
  attack('256 elements in each other below the Header', (t) => withHeader(t, nested(256)), {
    ...unreadable,
    code: 'XML_TOO_DEEP',
    guards: ['limits of the parser'],
  }),
  attack('1,000 elements in each other', (t) => withHeader(t, nested(1000)), {
    ...unreadable,
    code: 'XML_TOO_DEEP',
    guards: ['limits of the parser'],
  }),
  attack('20,000 elements in each other', (t) => withHeader(t, nested(20_000)), {
    ...unreadable,
    code: 'XML_TOO_DEEP',
    guards: ['limits of the parser'],
    library: 'libxml2',
  }),
  attack('a text of 11 MB', (t) => withHeader(t, `<a>${'a'.repeat(11_000_000)}</a>`), {
    ...unreadable,
    code: 'XML_MALFORMED',
    guards: ['limits of the parser'],
  }),
  attack('a name of 64 KB', (t) => withHeader(t, `<${'a'.repeat(65_536)}/>`), {
    ...unreadable,
    code: 'XML_MALFORMED',
    guards: ['limits of the parser'],
  }),
];

/** The bytes with others in place of the value 9100. */
function bytesFor(value: readonly number[]): Buffer {
  const text = signedNote(noteRequest('9100'));
  const [before = '', after = ''] = text.split('9100');
  return Buffer.concat([Buffer.from(before), Buffer.from(value), Buffer.from(after)]);
}

function octets(name: string, value: readonly number[]): Attack {
  return {
    ...byLibrary,
    name,
    make: () => posting(bytesFor(value)),
    code: 'XML_MALFORMED',
  };
}

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const encoding = { ...unreadable, code: 'XML_ENCODING' } as const;

const encodings: readonly Attack[] = [
  attack('UTF-16 with its mark', (t) => Buffer.from(`\ufeff${t}`, 'utf16le'), {
    ...encoding,
    guards: ['UTF-8 by the first bytes'],
    library: 'libxml2',
  }),
  attack('UTF-16 of the other order with its mark', (t) => utf16be(`\ufeff${t}`), {
    ...encoding,
    guards: ['UTF-8 by the first bytes'],
    library: 'libxml2',
  }),
  attack('UTF-16 without its mark', (t) => Buffer.from(t, 'utf16le'), {
    ...encoding,
    guards: ['UTF-8 by the first bytes'],
    library: 'libxml2',
  }),
  attack('a byte order mark before the envelope', (t) => `\ufeff${t}`, {
    ...encoding,
    // Editors leave it in files, and it says nothing.
    verify: undefined,
    guards: ['no byte order mark'],
  }),
  attack('UTF-7 declared', (t) => `<?xml version="1.0" encoding="UTF-7"?>${t}`, {
    ...encoding,
    guards: ['UTF-8 by the declaration'],
  }),
  attack(
    'another encoding declared than there is',
    (t) => `<?xml version='1.0' encoding='windows-1251'?>${t}`,
    {
      ...encoding,
      guards: ['UTF-8 by the declaration'],
    },
  ),
  octets('an overlong form of a character', [0xc0, 0xaf]),
  octets('an overlong form of NUL', [0xc0, 0x80]),
  octets('NUL itself', [0]),
  octets('a lone surrogate', [0xed, 0xa0, 0x80]),
  octets('a sequence that ends early', [0xd0]),
  attack('NUL as a reference', (t) => changed(t, '>9100<', '>&#0;<'), {
    ...byLibrary,
    code: 'XML_MALFORMED',
  }),
  attack('a lone surrogate as a reference', (t) => changed(t, '>9100<', '>&#xD800;<'), {
    ...byLibrary,
    code: 'XML_MALFORMED',
  }),
  attack('a carriage return put in as a reference', (t) => changed(t, '>9100<', '>9100&#xD;<'), {
    code: 'SIGNATURE_DIGEST',
    verify: 'SIGNATURE_DIGEST',
    guards: ['the digest holds'],
  }),
];

export const parsing: Chapter = {
  title: 'The parser: document types, sizes, encodings',
  file: 'test/attacks/catalogue/parser.ts',
  attacks: [...documentTypes, ...depths, ...encodings],
};
