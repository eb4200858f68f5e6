import { dsNamespace } from '../../../src/smev/namespaces.ts';
import { noteRequest } from '../../harness/rules.ts';
import type { Attack, Chapter } from '../attack.ts';
import {
  attack,
  changed,
  octetsOf,
  part,
  parts,
  redigested,
  resigned,
  signedNote,
  withHeader,
} from '../messages.ts';

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const format = { code: 'SIGNATURE_FORMAT', verify: 'SIGNATURE_FORMAT' } as const;
const between = 'nothing between the parts of Signature';
const byName = 'each part of Signature by its name';

const twice = (whole: string) => whole + whole;
/** The first of two is what was signed; the second is another. */
const other = (whole: string) => whole.replace(/>[^<]{4}/, '>AAAA');

const split: readonly Attack[] = [
  attack(
    'a processing instruction that splits a value: 9100 becomes <?p 9?>100',
    (t) => changed(t, '>9100<', '><?p 9?>100<'),
    {
      code: 'XML_PROCESSING_INSTRUCTION',
      verify: 'SIGNATURE_DIGEST',
      guards: ['no processing instruction', 'the digest holds'],
    },
  ),
  attack('a processing instruction that the sender signed', () => signedWith('<?p 9?>100'), {
    code: 'XML_PROCESSING_INSTRUCTION',
    verify: undefined,
    guards: ['no processing instruction'],
  }),
  attack(
    'a comment that splits another value: 9100 becomes 91<!-- -->',
    (t) => changed(t, '>9100<', '>91<!-- --><'),
    {
      code: 'SIGNATURE_DIGEST',
      verify: 'SIGNATURE_DIGEST',
      guards: ['the digest holds'],
    },
  ),
  attack(
    'a CDATA section that holds what looks like markup',
    (t) => changed(t, '>9100<', '><![CDATA[<n:Text>9100</n:Text>]]><'),
    { code: 'SIGNATURE_DIGEST', verify: 'SIGNATURE_DIGEST', guards: ['the digest holds'] },
  ),
  attack('one character changed', (t) => changed(t, '>9100<', '>9101<'), {
    code: 'SIGNATURE_DIGEST',
    verify: 'SIGNATURE_DIGEST',
    guards: ['the digest holds'],
  }),
];

/** A message whose unusual text its sender signed as it is. */
function signedWith(text: string): string {
  return redigested(changed(signedNote(), '>9100<', () => `>${text}<`));
}

const members: readonly Attack[] = [
  attack(
    'two DigestValue',
    (t) => resigned(t, (i) => changed(i, parts.digestValue, (v) => v + other(v))),
    {
      ...format,
      guards: ['no more parts of Reference'],
    },
  ),
  attack(
    'two DigestValue, the wrong one first, after the signing',
    (t) => changed(t, parts.digestValue, (v) => other(v) + v),
    { ...format, guards: ['no more parts of Reference', 'the digest holds', 'the value holds'] },
  ),
  attack(
    'a comment in DigestValue',
    (t) => changed(t, '<ds:DigestValue>', (start) => `${start}<!--AAAA-->`),
    { ...format, guards: ['base64 is text alone'] },
  ),
  attack(
    'a comment in SignatureValue',
    (t) => changed(t, '<ds:SignatureValue>', (start) => `${start}<!--AAAA-->`),
    { ...format, guards: ['base64 is text alone'] },
  ),
  attack(
    'a comment in the certificate',
    (t) => changed(t, '<ds:X509Certificate>', (start) => `${start}<!--AAAA-->`),
    { ...format, guards: ['base64 is text alone'] },
  ),
  attack(
    'a comment between the parts of SignedInfo',
    (t) => changed(t, '<ds:SignedInfo>', (start) => `${start}<!-- x -->`),
    { ...format, guards: [between] },
  ),
  attack(
    'text between the parts of SignedInfo',
    (t) => resigned(t, (i) => changed(i, '<ds:Reference', 'x<ds:Reference')),
    {
      ...format,
      guards: [between],
    },
  ),
  attack(
    'a second SignedInfo after the first',
    (t) => changed(t, parts.signedInfo, (i) => i + other(i)),
    {
      ...format,
      guards: ['parts of Signature in their order'],
    },
  ),
  attack('two References', (t) => resigned(t, (i) => changed(i, parts.reference, twice)), {
    ...format,
    guards: ['one Reference'],
  }),
  attack(
    'a second Reference to nothing that exists',
    (t) =>
      resigned(t, (i) =>
        changed(i, parts.reference, (r) => r + r.replace(/URI="[^"]*"/, 'URI="#NOWHERE"')),
      ),
    { ...format, guards: ['one Reference'] },
  ),
  attack(
    '500 References',
    (t) => resigned(t, (i) => changed(i, parts.reference, (r) => r.repeat(500))),
    {
      ...format,
      guards: ['one Reference', 'few parts'],
    },
  ),
  attack('two signatures in one container', (t) => changed(t, parts.signature, twice), {
    code: 'ENVELOPE_INVALID',
    verify: 'SIGNATURE_FORMAT',
    guards: ['envelope schema', 'one signature in its container, and nothing else'],
  }),
  attack(
    'a signature inside the SignatureValue of another',
    (t) => changed(t, '</ds:SignatureValue>', (end) => part(t, parts.signature) + end),
    { ...format, guards: ['base64 is text alone', 'base64 is of its alphabet'] },
  ),
  attack(
    'a signature in the ds:Object of another',
    (t) =>
      changed(
        t,
        /<\/ds:Signature>/,
        (end) => `<ds:Object>${part(t, parts.signature)}</ds:Object>${end}`,
      ),
    { ...format, guards: ['no more parts of Signature'] },
  ),
  attack(
    'copies of the signature inside what it covers, under the enveloped transform',
    () => enveloped(),
    {
      ...format,
      guards: [
        'transforms in the order of a profile',
        'the enveloped transform leaves out the signature itself',
      ],
    },
  ),
];

/** The signature stands in its container and, a copy, in the content; the digest is without copies. */
function enveloped(): string {
  const slot = '<w:w xmlns:w="urn:w"></w:w>';
  const bare = signedNote(noteRequest('9100', slot));
  const transform = `<ds:Transform Algorithm="${dsNamespace}enveloped-signature"></ds:Transform>`;
  const made = resigned(bare, (i) => changed(i, '<ds:Transforms>', (start) => start + transform));
  return changed(made, slot, () => slot.replace('><', () => `>${part(made, parts.signature)}<`));
}

const names: readonly Attack[] = [
  attack(
    'a prefix bound anew inside the signature, from SignedInfo on',
    (t) => changed(t, '<ds:SignedInfo>', '<ds:SignedInfo xmlns:ds="urn:ds">'),
    { ...format, guards: [byName, 'the value holds'] },
  ),
  attack(
    'a prefix of the signed element bound anew',
    (t) => changed(t, '<t:TransactionCode>', '<t:TransactionCode xmlns:t="urn:t">'),
    {
      code: 'ENVELOPE_INVALID',
      verify: 'SIGNATURE_DIGEST',
      guards: ['envelope schema', 'the digest holds'],
    },
  ),
  attack(
    'a namespace that is a relative reference, so that nothing has a canonical form',
    (t) => withHeader(t, '<x xmlns="u"/>'),
    {
      code: 'XML_MALFORMED',
      verify: 'XML_MALFORMED',
      guards: ['no namespace that is a relative reference'],
    },
  ),
  attack(
    'a namespace name that canonical XML would have to escape',
    (t) => changed(t, '<n:NoteRequest', '<n:NoteRequest xmlns:z="urn:&amp;z"'),
    {
      code: 'XML_MALFORMED',
      verify: 'UNREADABLE',
      guards: ['no namespace name that canonical XML escapes'],
    },
  ),
  attack(
    'canonicalization with comments of SignedInfo',
    (t) => resigned(t, (i) => changed(i, exclusive, `${exclusive}WithComments`)),
    {
      code: 'SIGNATURE_ALGORITHM',
      verify: 'SIGNATURE_ALGORITHM',
      guards: ['canonicalization of SignedInfo by its exact name'],
    },
  ),
  attack(
    'canonicalization with comments of the signed element',
    (t) =>
      resigned(t, (i) =>
        changed(i, `Transform Algorithm="${exclusive}`, (whole) => `${whole}WithComments`),
      ),
    {
      ...format,
      guards: ['transforms by their exact names'],
    },
  ),
  attack(
    'octets that were signed and are not those of the element',
    (t) => redigested(t, octetsOf(t, 'SIGNED_BY_CALLER').subarray(0, 0)),
    {
      code: 'SIGNATURE_DIGEST',
      verify: 'SIGNATURE_DIGEST',
      guards: ['the digest holds'],
    },
  ),
  attack(
    'SignedInfo of another message, its own digest put in',
    (t) => {
      const digest = part(t, parts.digestValue);
      return changed(signedNote(), parts.digestValue, digest);
    },
    {
      code: 'SIGNATURE_DIGEST',
      verify: 'SIGNATURE_VALUE',
      guards: ['the digest holds', 'the value holds'],
    },
  ),
  attack(
    'an attribute of another namespace on an element of the message',
    (t) => changed(t, '<t:TransactionCode', `<t:TransactionCode xmlns:q="urn:q" q:x=""`),
    {
      code: 'ENVELOPE_INVALID',
      verify: 'SIGNATURE_DIGEST',
      guards: ['envelope schema', 'the digest holds'],
    },
  ),
];

export const structure: Chapter = {
  title: 'Structure: one reading of a signature',
  file: 'test/attacks/catalogue/structure.ts',
  attacks: [...split, ...members, ...names],
};
