import { dsNamespace } from '../../../src/smev/namespaces.ts';
import { noteNamespace, noteRequest } from '../../harness/rules.ts';
import type { Attack, Chapter } from '../attack.ts';
import { attack, changed, parts, resigned, signedNote } from '../messages.ts';

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const order = 'transforms in the order of a profile';
const unknown = 'no unknown transform';
const target = { code: 'SIGNATURE_TARGET', verify: 'SIGNATURE_TARGET' } as const;
const format = { code: 'SIGNATURE_FORMAT', verify: 'SIGNATURE_FORMAT' } as const;

const named = (text: string, uri: string) =>
  resigned(text, (info) => changed(info, /URI="[^"]*"/, `URI="${uri}"`));

/** URIs that somebody would fetch, or evaluate; without guards the Id in them is looked for. */
const uris = {
  'http outside': 'http://127.0.0.1:9/#SIGNED_BY_CALLER',
  'a file': 'file:///etc/passwd#SIGNED_BY_CALLER',
  'a part of a multipart message': 'cid:part#SIGNED_BY_CALLER',
  'an XPointer': "#xpointer(id('SIGNED_BY_CALLER'))",
  'another document of the same name': 'SIGNED_BY_CALLER.xml#SIGNED_BY_CALLER',
};

const references: readonly Attack[] = [
  ...Object.entries(uris).map(([name, uri]) =>
    attack(`a Reference to ${name}: ${uri}`, (t) => named(t, uri), {
      ...target,
      guards: ['the Reference names an Id of this document', 'the Id is what follows the #'],
    }),
  ),
  attack('a Reference to the whole document: URI=""', (t) => named(t, ''), {
    ...target,
    guards: [
      'the whole document only where a profile says so',
      'the Id names the element at the place of the operation',
      'an Id that is there',
    ],
  }),
  attack('a Reference without URI', (t) => resigned(t, (i) => changed(i, / URI="[^"]*"/, '')), {
    ...target,
    guards: [
      'a Reference has a URI',
      'the whole document only where a profile says so',
      'an Id that is there',
    ],
  }),
  attack('a Reference to an Id that is nowhere', (t) => named(t, '#NOWHERE'), {
    ...target,
    guards: ['an Id that is there'],
  }),
  attack(
    'a Reference that calls its target a Manifest',
    (t) =>
      resigned(t, (i) =>
        changed(i, '<ds:Reference ', (start) => `${start}Type="${dsNamespace}Manifest" `),
      ),
    { ...format, guards: ['no Type of a Reference'] },
  ),
  attack(
    'a ds:Manifest in the signature',
    (t) =>
      changed(
        t,
        '</ds:Signature>',
        (end) => `<ds:Object><ds:Manifest Id="M"></ds:Manifest></ds:Object>${end}`,
      ),
    { ...format, guards: ['no more parts of Signature'] },
  ),
];

const transformUris = {
  XSLT: 'http://www.w3.org/TR/1999/REC-xslt-19991116',
  XPath: 'http://www.w3.org/TR/1999/REC-xpath-19991116',
  'XPath Filter 2': 'http://www.w3.org/2002/06/xmldsig-filter2',
  base64: `${dsNamespace}base64`,
  decryption: 'http://www.w3.org/2002/07/decrypt#XML',
};
const c14n = `<ds:Transform Algorithm="${exclusive}"></ds:Transform>`;

const transforms: readonly Attack[] = [
  ...Object.entries(transformUris).map(([name, uri]) =>
    attack(
      `a transform by ${name}`,
      (t) =>
        resigned(t, (i) =>
          changed(i, c14n, (whole) => `<ds:Transform Algorithm="${uri}"></ds:Transform>${whole}`),
        ),
      { ...format, guards: [order, unknown] },
    ),
  ),
  attack(
    'a stylesheet inside its transform',
    (t) =>
      resigned(t, (i) =>
        changed(
          i,
          c14n,
          (whole) =>
            `<ds:Transform Algorithm="${transformUris.XSLT}"><xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"></xsl:stylesheet></ds:Transform>${whole}`,
        ),
      ),
    { ...format, guards: ['no parameters of a transform but a PrefixList', order, unknown] },
  ),
  attack(
    '500 transforms',
    (t) => resigned(t, (i) => changed(i, c14n, (whole) => whole.repeat(500))),
    { ...format, guards: ['few parts', order, unknown] },
  ),
  attack(
    'two canonicalizations',
    (t) => resigned(t, (i) => changed(i, c14n, (whole) => whole.repeat(2))),
    { ...format, guards: [order, unknown] },
  ),
  attack('no transform', (t) => resigned(t, (i) => changed(i, c14n, '')), {
    ...format,
    guards: [order, 'octets only of a canonicalization'],
  }),
  attack(
    'a PrefixList of 10,000 prefixes',
    (t) =>
      resigned(t, (i) =>
        changed(
          i,
          c14n,
          `<ds:Transform Algorithm="${exclusive}"><ec:InclusiveNamespaces xmlns:ec="${exclusive}" PrefixList="${'p '.repeat(10_000)}"></ec:InclusiveNamespaces></ds:Transform>`,
        ),
      ),
    { ...format, guards: ['few parts'] },
  ),
];

const located = (content: string) =>
  changed(
    content,
    '<n:NoteRequest',
    (start) =>
      `${start} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="${noteNamespace} http://127.0.0.1:9/evil.xsd"`,
  );

const fetches: readonly Attack[] = [
  attack(
    'a RetrievalMethod in KeyInfo, to a file',
    (t) =>
      changed(
        t,
        parts.keyInfo,
        `<ds:KeyInfo><ds:RetrievalMethod URI="file:///etc/passwd"></ds:RetrievalMethod></ds:KeyInfo>`,
      ),
    {
      code: 'CERTIFICATE_MISSING',
      verify: 'CERTIFICATE_MISSING',
      guards: ['a certificate in KeyInfo itself', 'the value holds'],
    },
  ),
  attack(
    'xop:Include of a file in place of a value',
    () =>
      signedNote(
        noteRequest(
          '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="file:///etc/passwd"/>',
        ),
      ),
    {
      code: 'XOP_INCLUDE',
      verify: undefined,
      guards: ['the place of an Include', 'content schema'],
    },
  ),
  attack(
    'xsi:schemaLocation that names a schema of the attacker, over content that is invalid',
    () => signedNote(located(noteRequest('9100', '<n:Evil></n:Evil>'))),
    { code: 'CONTENT_INVALID', verify: undefined, guards: ['content schema'] },
  ),
];

export const referencing: Chapter = {
  title: 'References, transforms and what they would fetch',
  file: 'test/attacks/catalogue/references.ts',
  attacks: [...references, ...transforms, ...fetches],
};
