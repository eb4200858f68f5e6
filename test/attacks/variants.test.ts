import { expect } from 'chai';
import { judge } from '../../src/compute/judge.ts';
import { sha256 } from '../../src/compute/kept.ts';
import { signText } from '../../src/signature/insert.ts';
import { noteRequest, testRules } from '../harness/rules.ts';
import { changed, octetsOf, posting, signedNote, signer, withHeader } from './messages.ts';

type Change = (text: string) => string;

/** Written otherwise, and the same message: its octets are those that were signed. */
const same: Record<string, Change> = {
  'a CDATA section': (t) => changed(t, '>9100<', '><![CDATA[9100]]><'),
  'a CDATA section in the middle of a value': (t) => changed(t, '>9100<', '>9<![CDATA[1]]>00<'),
  'characters as references': (t) => changed(t, '>9100<', '>9&#49;0&#x30;<'),
  'a comment that splits a value': (t) => changed(t, '>9100<', '>91<!-- 0 -->00<'),
  'a comment outside': (t) => changed(t, '<soap:Body>', '<!-- 1 --><soap:Body><!-- 2 -->'),
  'a comment between signed elements': (t) =>
    changed(t, '<n:NoteRequest', '<!-- 3 --><n:NoteRequest'),
  'white space between the parts of Signature that nobody signed': (t) =>
    changed(t, '<ds:KeyInfo>', '\n  <ds:KeyInfo>\n'),
  'base64 in lines': (t) =>
    t.replace(/[A-Za-z0-9+/]{100,}={0,2}/g, (b) => b.replace(/.{76}/g, '$&\r\n')),
  'an XML declaration': (t) => `<?xml version="1.0" encoding="utf-8"?>\n${t}`,
  'other quotes, and white space in tags': (t) =>
    changed(
      changed(t, 'Id="SIGNED_BY_CALLER"', "Id = 'SIGNED_BY_CALLER' "),
      '</n:Text>',
      '</n:Text >',
    ),
  'a namespace declared earlier': (t) =>
    changed(t, '<soap:Envelope', '<soap:Envelope xmlns:z="urn:z"'),
  'a Header that need not be understood': (t) =>
    withHeader(t, '<x xmlns="urn:x" soap:mustUnderstand="0">__proto__</x>'),
  'elements called by the names of what every object has': (t) =>
    withHeader(t, '<__proto__><constructor toString=""/></__proto__>'),
};

/** What its sender signed, however odd. */
const signed: Record<string, () => string> = {
  'lines of LF': () => signedNote(noteRequest('a\nb')),
  'lines of CRLF, which every parser reads as LF': () =>
    signedNote(noteRequest('a\nb')).replace('a\nb', 'a\r\nb'),
  'a carriage return as a reference': () => signedNote(noteRequest('a&#xD;b')),
  'XInclude, an element like any other': () =>
    signedNote(
      noteRequest(
        'x',
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"></xi:include>',
      ),
    ),
  'xsi:schemaLocation, which nobody follows': () =>
    signedNote(
      noteRequest('x').replace(
        '>',
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd">',
      ),
    ),
  'a person beside the caller': () =>
    signText(
      signText(
        signedNote(noteRequest('9').replace('<n:NoteRequest', '<n:NoteRequest Id="P"')),
        'personal',
        signer,
      ),
      'caller',
      signer,
    ),
};

function verifiedHash(text: string): string {
  const judgement = judge(posting(text), testRules());
  if (judgement.verdict === 'refused') throw new Error(JSON.stringify(judgement.fault));
  return judgement.verifiedHash;
}

describe('legitimate variants of a message', () => {
  for (const [name, change] of Object.entries(same)) {
    it(`${name}: accepted, with the same octets`, () => {
      const text = signedNote();
      expect(change(text)).not.to.equal(text);
      expect(verifiedHash(change(text))).to.equal(verifiedHash(text));
    });
  }

  for (const [name, make] of Object.entries(signed)) {
    it(`${name}: accepted`, () => {
      const text = make();
      expect(verifiedHash(text)).to.equal(sha256(octetsOf(text, 'SIGNED_BY_CALLER')));
    });
  }
});
