import { signText } from '../../../src/signature/insert.ts';
import { callerId } from '../../../src/smev/calls.ts';
import { noteRequest } from '../../harness/rules.ts';
import type { Attack, Chapter } from '../attack.ts';
import {
  attack,
  changed,
  evil,
  evilId,
  part,
  parts,
  redigested,
  scoped,
  signedNote,
  signer,
  withHeader,
} from '../messages.ts';

const place = 'the Id names the element at the place of the operation';
const digest = 'the digest is over the element at that place';
const reread = 'the request is read from the verified octets';
const bearer = 'one bearer of the Id';
const schema = 'envelope schema';

/** What has to be gone before another element than the signed one is acted upon. */
const wrapped = [place, digest, reread] as const;

const inHeader = (text: string) => `<w:w xmlns:w="urn:w">${scoped(part(text, parts.data))}</w:w>`;
const withObject = (text: string, inner: string) =>
  changed(text, '</ds:Signature>', (end) => `<ds:Object>${inner}</ds:Object>${end}`);
/** An evil element in the place of the signed one. */
const replaced = (text: string, id: 'same' | 'other' | 'none' = 'other') =>
  changed(text, parts.data, () => evil(text, id));

const target = { code: 'SIGNATURE_TARGET', verify: 'SIGNATURE_TARGET', gain: evilId } as const;
const twice = { code: 'SIGNATURE_ID_AMBIGUOUS', verify: 'SIGNATURE_ID_AMBIGUOUS' } as const;
const invalid = { code: 'ENVELOPE_INVALID', verify: 'SIGNATURE_TARGET' } as const;

const classic: readonly Attack[] = [
  attack(
    'XSW 1: an evil element before the signed one',
    (t) => changed(t, parts.data, (good) => evil(t, 'none') + good),
    { ...invalid, guards: [schema, ...wrapped], gain: evilId },
  ),
  attack(
    'XSW 2: an evil element after the signed one',
    (t) => changed(t, parts.data, (good) => good + evil(t, 'none')),
    { ...invalid, guards: [schema] },
  ),
  attack(
    'XSW 3: an evil operation in the Body before the signed one',
    (t) => changed(t, parts.payload, (good) => replaced(good, 'none') + good),
    {
      code: 'SOAP_ENVELOPE',
      verify: 'SIGNATURE_TARGET',
      guards: ['one child of the Body', ...wrapped],
      gain: evilId,
    },
  ),
  attack(
    'XSW 4: the signed element inside an evil one',
    (t) =>
      changed(t, parts.data, (good) =>
        changed(
          evil(t, 'other'),
          /(?<=<b:MessagePrimaryContent>)[\s\S]*(?=<\/b:MessagePrimaryContent>)/,
          () => good,
        ),
      ),
    { ...target, guards: wrapped },
  ),
  attack(
    'XSW 5: the signature inside an evil element, the signed one after it',
    (t) => {
      const container = part(t, parts.container);
      const bare = changed(t, parts.container, '');
      const full = changed(evil(t, 'none'), /<\/t:Sender/, (end) => container + end);
      return changed(bare, parts.data, (good) => full + good);
    },
    { ...invalid, guards: [schema, 'the signature in its own place', ...wrapped], gain: evilId },
  ),
  attack(
    'XSW 6: the signed element in a ds:Object of its own signature',
    (t) => withObject(replaced(t), part(t, parts.data)),
    {
      code: 'SIGNATURE_FORMAT',
      verify: 'SIGNATURE_FORMAT',
      guards: ['no more parts of Signature', ...wrapped],
      gain: evilId,
    },
  ),
  attack(
    'XSW 7: the signed element under a wrapper in the Header',
    (t) => withHeader(replaced(t), inHeader(t)),
    { ...target, guards: wrapped },
  ),
  attack(
    'XSW 8: the signature, with the signed element in its ds:Object, inside an evil element',
    (t) => {
      const container = part(withObject(t, part(t, parts.data)), parts.container);
      const bare = changed(t, parts.container, '');
      return changed(bare, parts.data, () =>
        changed(evil(t, 'none'), /<\/t:Sender/, (end) => container + end),
      );
    },
    {
      code: 'ENVELOPE_INVALID',
      verify: 'SIGNATURE_FORMAT',
      guards: [schema, 'the signature in its own place', 'no more parts of Signature', ...wrapped],
      gain: evilId,
    },
  ),
];

const smev: readonly Attack[] = [
  attack(
    'the whole signed operation in the Header, an evil one in the Body',
    (t) =>
      withHeader(
        changed(t, parts.payload, (good) => replaced(good, 'none')),
        part(t, parts.payload),
      ),
    { ...target, guards: wrapped },
  ),
  attack(
    'a second MessagePrimaryContent that the sender did not sign as a person',
    () => {
      const own = noteRequest('9100').replace('<n:NoteRequest', '<n:NoteRequest Id="PERSON"');
      const personal = signText(signedNote(own), 'personal', signer);
      const twice = changed(
        personal,
        '<b:MessagePrimaryContent>',
        (start) =>
          `${start}${noteRequest('1').replace('<n:NoteRequest', '<n:NoteRequest Id="EVIL"')}</b:MessagePrimaryContent>${start}`,
      );
      return signText(twice, 'caller', signer);
    },
    {
      code: 'ENVELOPE_INVALID',
      verify: 'SIGNATURE_TARGET',
      guards: [schema, place, digest],
    },
  ),
  attack(
    "a person's signature over another element than the content",
    () => {
      const bare = signedNote(noteRequest('9100', '<w:W xmlns:w="urn:w" Id="PERSON"/>'));
      const signed = changed(bare, '<n:NoteRequest', (start) => `${start} Id="CONTENT"`);
      const personal = signText(signed, 'personal', signer);
      const over = redigested(changed(personal, 'URI="#CONTENT"', 'URI="#PERSON"'));
      return signText(over, 'caller', signer);
    },
    { code: 'SIGNATURE_TARGET', verify: 'SIGNATURE_TARGET', guards: [place, digest] },
  ),
  attack(
    'the signature in a decoy of the Header, none in its own place',
    (t) =>
      withHeader(
        changed(t, parts.container, ''),
        `<w:w xmlns:w="urn:w">${part(t, parts.signature)}</w:w>`,
      ),
    {
      code: 'SIGNATURE_MISSING',
      verify: 'SIGNATURE_TARGET',
      guards: [schema, 'the signature in its own place'],
    },
  ),
];

const attributes = ['ID', 'id', 'xml:id', 'wsu:Id', 'w:ID'] as const;
const declared =
  'xmlns:w="urn:w" xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"';

const ids: readonly Attack[] = [
  attack(
    'the signed element in the Header, an evil one with the same Id in its place',
    (t) => withHeader(replaced(t, 'same'), inHeader(t)),
    { ...twice, guards: [bearer, ...wrapped], gain: evilId },
  ),
  ...attributes.map((name) =>
    attack(
      `an element of the Header that bears the Id in ${name}`,
      (t) => withHeader(t, `<e ${declared} ${name}="${callerId}"/>`),
      name === 'xml:id'
        ? // Of its own accord libxml2 takes xml:id for an xs:ID of the whole document.
          { ...twice, code: 'ENVELOPE_INVALID', guards: [schema, bearer, place] }
        : { ...twice, guards: [bearer, place] },
    ),
  ),
  attack(
    'an element of the Header that bears the Id with white space around it',
    (t) => withHeader(t, `<e Id=" ${callerId}&#10;"/>`),
    { ...twice, guards: [bearer, place] },
  ),
];

export const wrapping: Chapter = {
  title: 'Wrapping: what is verified is what is used',
  file: 'test/attacks/catalogue/wrapping.ts',
  attacks: [...classic, ...smev, ...ids],
};
