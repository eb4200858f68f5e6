import { expect } from 'chai';
import { smevTransform } from '../../../src/signature/smev-transform.ts';
import { canonicalize, canonicalizeAs } from '../../../src/xml/canonicalize.ts';
import { signedRequest, signerOf } from '../documents.ts';
import { exampleSigner, explained, signedOddly } from './damaged.ts';

const content =
  '<x:Query xmlns:x="urn:x" xmlns:y="urn:y" y:kind="1" note="x &lt; y"><x:Name>Ёлкин &amp; ко</x:Name>' +
  '<y:Part><x:Line>один\nдва</x:Line><y:Count>42</y:Count></y:Part><x:Empty/></x:Query>';

/** A message as it was signed, and what the way made of it. */
const damages: Readonly<Record<string, [cause: string | null, damage: (text: string) => string]>> =
  {
    'printed with indentation, the signature too': [
      'pretty-printed',
      (t) => t.replace(/>(?=<[^/])|(?<=<\/[^>]*)>(?=<\/)/g, '>\n  '),
    ],
    'printed in the frame alone': [
      'pretty-printed',
      (t) => t.replace('<t:MessageID>', '\n <t:MessageID>'),
    ],
    'with indented values': [
      'pretty-printed+text-padded',
      (t) => t.replace(/<x:Name>([^<]*)</, '\n<x:Name>\n  $1\n<'),
    ],
    'with white space around values': ['text-padded', (t) => t.replace('>42<', '> 42\n<')],
    'with CR in the text': ['carriage-returns-added', (t) => t.replace('один\n', 'один&#xD;\n')],
    'with another value': [null, (t) => t.replace('>42<', '>43<')],
  };

describe('explaining a bad digest', () => {
  for (const [name, [cause, damage]] of Object.entries(damages)) {
    it(`of a message ${name}: ${cause}`, () => {
      const good = signedRequest(signerOf('rsa'), content);
      expect(explained(good)).to.include({ good: true, cause: null });
      const told = explained(damage(good));
      expect(told.cause).to.equal(cause);
      expect(told.digest).to.equal('bad');
      expect(told.reference.uri).to.equal('#SIGNED_BY_CALLER');
      expect(told.reference.expected).to.not.equal(told.reference.computed);
      if (cause === null) expect(told.tried).to.include('prefixes-rewritten');
      else expect(told.difference?.signed).to.not.equal(told.difference?.received);
    });
  }

  it('of a signer who canonicalizes inclusively', () => {
    const signer = signerOf('rsa');
    const text = signedOddly(signedRequest(signer, content), signer, (element) =>
      canonicalizeAs(element, { inclusive: true }),
    );
    expect(explained(text)).to.include({ signature: 'good', cause: 'inclusive-for-exclusive' });
  });

  it('of a signer who forgets the SMEV transform, and of one who does it undeclared', () => {
    const gost = exampleSigner('agency-a-gost');
    const forgotten = signedOddly(signedRequest(gost, content), gost, (e) => canonicalize(e));
    expect(explained(forgotten)).to.include({ signature: 'good', cause: 'smev-transform-missing' });
    const rsa = signerOf('rsa');
    const undeclared = signedOddly(signedRequest(rsa, content), rsa, (e) =>
      smevTransform(canonicalize(e)),
    );
    expect(explained(undeclared)).to.include({ cause: 'smev-transform-undeclared' });
  });
});
