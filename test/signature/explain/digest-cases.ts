import { digestOf } from '../../../src/signature/digest.ts';
import { jdkTransform } from '../../../src/signature/explain/jdk.ts';
import { signText } from '../../../src/signature/insert.ts';
import { smevTransformUri } from '../../../src/signature/profiles.ts';
import type { Signer } from '../../../src/signature/signer.ts';
import { smevTransform } from '../../../src/signature/smev-transform.ts';
import { smevNamespaces } from '../../../src/smev/namespaces.ts';
import { canonicalize, canonicalizeAs, exclusive } from '../../../src/xml/canonicalize.ts';
import { withXml, type XmlElement } from '../../../src/xml/document.ts';
import { childElements } from '../../../src/xml/navigate.ts';
import { canonicalizeBy11 } from '../../harness/libxml2-c14n.ts';
import { sendRequest, signedRequest, signerOf } from '../documents.ts';
import { exampleSigner, signedOddly, withDigest } from './damaged.ts';

/** A signature that is bad, really signed and then really damaged, and what is to be found. */
export interface Case {
  readonly name: string;
  readonly cause: string | null;
  readonly make: () => string;
  readonly parts?: ReadonlyMap<string, Uint8Array>;
}

const inclusiveUri = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
export const content =
  '<x:Query xmlns:x="urn:x" xmlns:y="urn:y" y:kind="1" note="x &lt; y"><x:Name>Ёлкин &amp; ко</x:Name>' +
  '<y:Part><x:Line>один\nдва</x:Line><y:Count>42</y:Count></y:Part><x:Empty/></x:Query>';

const rsa = () => signerOf('rsa');
const gost = () => exampleSigner('agency-a-gost');

/** Signed rightly, then changed. */
function damaged(
  name: string,
  cause: string | null,
  change: (text: string) => string,
  signed: () => string = () => signedRequest(rsa(), content),
): Case {
  return { name, cause, make: () => change(signed()) };
}

/** Signed by somebody who takes other octets. */
function odd(
  name: string,
  cause: string,
  octets: (element: XmlElement) => Uint8Array,
  signer: () => Signer = rsa,
  text: (signer: Signer) => string = (by) => signedRequest(by, content),
): Case {
  return { name, cause, make: () => signedOddly(text(signer()), signer(), octets) };
}

/** Signed with another DigestValue over the right octets. */
function digested(name: string, cause: string, digest: (octets: Buffer) => Uint8Array): Case {
  const make = () => {
    const text = signedRequest(rsa(), content);
    const octets = withXml(Buffer.from(text), (document) =>
      canonicalize(
        childElements(
          childElements(childElements(document.root)[0] as XmlElement)[0] as XmlElement,
        )[0] as XmlElement,
      ),
    );
    return signedOddly(withDigest(text, digest(octets)), rsa());
  };
  return { name, cause, make };
}

const between = />(?=<[^/])|(?<=<\/[^>]*)>(?=<\/)/g;
const printed = (unit: string) =>
  content.replace(/></g, `>\n${unit}<`).replace(`>\n${unit}</x:Query>`, '>\n</x:Query>');
const layout = /(?<=>)\s+(?=<)/g;

const whiteSpace: readonly Case[] = [
  damaged('printed with indentation, the signature too', 'pretty-printed', (t) =>
    t.replace(between, '>\n  '),
  ),
  damaged(
    'printed in the frame alone, over printed content',
    'pretty-printed',
    (t) => t.replace('<t:MessageID>', '\n <t:MessageID>'),
    () => signedRequest(rsa(), printed('  ')),
  ),
  damaged('with its content printed', 'pretty-printed', (t) =>
    t.replace('<x:Name>', '\n\t<x:Name>'),
  ),
  damaged('with indented values', 'pretty-printed+text-padded', (t) =>
    t.replace(/<x:Name>([^<]*)</, '\n<x:Name>\n  $1\n<'),
  ),
  damaged('with white space around a value', 'text-padded', (t) => t.replace('>42<', '> 42\n<')),
  damaged(
    'with white space around a value, GOST',
    'text-padded',
    (t) => t.replace('>42<', '> 42\n<'),
    () => signedRequest(gost(), content),
  ),
  damaged(
    'with a value trimmed',
    'text-trimmed',
    (t) => t.replace('> 42<', '>42<'),
    () => signedRequest(rsa(), content.replace('>42<', '> 42<')),
  ),
  damaged(
    'with its indentation gone',
    'white-space-lost',
    (t) => t.replace(layout, ''),
    () =>
      signedRequest(
        rsa(),
        '<x:Q xmlns:x="urn:x">\n  <x:A>1</x:A>\n  <x:B>\n    <x:C>2</x:C>\n  </x:B>\n</x:Q>',
      ),
  ),
  damaged(
    'signed with CR LF, come with LF',
    'carriage-returns-lost',
    (t) => t.replaceAll('&#xD;', ''),
    () => signedRequest(rsa(), content.replace('\n', '&#xD;\n')),
  ),
  damaged(
    'signed with CR LF, come with LF, GOST',
    'carriage-returns-lost',
    (t) => t.replaceAll('&#xD;', ''),
    () => signedRequest(gost(), content.replace('\n', '&#xD;\n')),
  ),
  damaged('with CR in the text', 'carriage-returns-added', (t) =>
    t.replace('один\n', 'один&#xD;\n'),
  ),
  damaged('with CR in the text, and printed', 'pretty-printed+carriage-returns-added', (t) =>
    t.replace('один\n', 'один&#xD;\n').replace('<x:Name>', '\n<x:Name>'),
  ),
];

const characters: readonly Case[] = [
  damaged('normalised to NFD', 'unicode-normalised', (t) => t.normalize('NFD')),
  damaged('escaped twice', 'escaped-twice', (t) => t.replaceAll(/&(amp|lt);/g, '&amp;$1;')),
  damaged('read as windows-1251', 'encoding-misread', (t) =>
    t.replace(/[а-яё]+/gi, (word) => new TextDecoder('windows-1251').decode(Buffer.from(word))),
  ),
  odd('digested in UTF-16', 'encoding-digested', (e) =>
    Buffer.from(canonicalize(e).toString(), 'utf16le'),
  ),
  odd('digested in windows-1251', 'encoding-digested', (e) =>
    Buffer.from(
      [...canonicalize(e).toString()].map((c) => {
        const code = c.charCodeAt(0);
        return code < 0x80 ? code : code === 0x401 ? 0xa8 : code - 0x350;
      }),
    ),
  ),
  odd('digested with a byte order mark', 'byte-order-mark', (e) =>
    Buffer.concat([Buffer.from('\ufeff'), canonicalize(e)]),
  ),
];

const renamedTo = (names: Readonly<Record<string, string>>) => (text: string) => {
  let changed = text;
  for (const [old, name] of Object.entries(names)) {
    const tag = name === '' ? '' : `${name}:`;
    changed = changed
      .replace(new RegExp(`<(/?)${old}:`, 'g'), `<$1~${tag}`)
      .replace(new RegExp(` ${old}:`, 'g'), ` ~${tag}`)
      .replace(`xmlns:${old}=`, name === '' ? 'xmlns=' : `xmlns:~${name}=`);
  }
  return changed.replaceAll('~', '');
};
const { types, basic } = smevNamespaces['1.1'];
const otherwise = (names: readonly [string, string], inner = content) =>
  renamedTo({ t: names[0], b: names[1] })(sendRequest(inner));

const names: readonly Case[] = [
  damaged('with one prefix rewritten', 'prefixes-rewritten', renamedTo({ ns2: 'x' }), () =>
    signedRequest(rsa(), renamedTo({ x: 'ns2' })(content)),
  ),
  damaged(
    'with the prefixes of a generator gone',
    'prefixes-rewritten',
    renamedTo({ ns2: 't', ns3: 'b' }),
    () => signText(otherwise(['ns2', 'ns3']), 'caller', rsa()),
  ),
  damaged(
    'signed under usual names, come under ns',
    'prefixes-rewritten',
    renamedTo({ typ: 'ns1', bas: 'ns2' }),
    () => signText(otherwise(['typ', 'bas'], '<x:Q xmlns:x="urn:x">1</x:Q>'), 'caller', rsa()),
  ),
  damaged(
    'signed under the default namespace',
    'prefixes-rewritten',
    (t) => t.replace('<Query xmlns="urn:x">42</Query>', '<x:Query xmlns:x="urn:x">42</x:Query>'),
    () => signedRequest(rsa(), '<Query xmlns="urn:x">42</Query>'),
  ),
  damaged(
    'with prefixes rewritten and printed',
    'pretty-printed+prefixes-rewritten',
    (t) => renamedTo({ ns2: 't', ns3: 'b' })(t).replace('<x:Name>', '\n<x:Name>'),
    () => signText(otherwise(['ns2', 'ns3']), 'caller', rsa()),
  ),
  odd('digested before it had its Id', 'id-added', (e) =>
    Buffer.from(canonicalize(e).toString().replace(' Id="SIGNED_BY_CALLER"', '')),
  ),
];

const transformsIn = /<ds:Transforms>.*<\/ds:Transforms>/;
const transform = (uri: string, inner = '') =>
  `<ds:Transform Algorithm="${uri}">${inner}</ds:Transform>`;
const declaring = (text: string, ...transforms: string[]) =>
  text.replace(transformsIn, `<ds:Transforms>${transforms.join('')}</ds:Transforms>`);
const inclusively = (by: Signer) =>
  declaring(
    signText(sendRequest(content, 'xml:id="e" xmlns:u="urn:u"'), 'caller', by),
    transform(inclusiveUri),
  );
const inclusivePrefixes = `<e:InclusiveNamespaces xmlns:e="${exclusive}" PrefixList="soap b"/>`;

const canonical: readonly Case[] = [
  odd(
    'with comments digested',
    'comments-digested',
    (e) => canonicalizeAs(e, { inclusive: false, comments: true }),
    rsa,
    (by) => signedRequest(by, content.replace('<x:Empty/>', '<!--c--><x:Empty/>')),
  ),
  odd('canonicalized inclusively', 'inclusive-for-exclusive', (e) => canonicalize(e, inclusiveUri)),
  odd(
    'canonicalized inclusively and then printed',
    'pretty-printed+inclusive-for-exclusive',
    (e) => Buffer.from(canonicalize(e, inclusiveUri).toString().replace('\n<x:Name>', '<x:Name>')),
    rsa,
    (by) => signedRequest(by, content.replace('<x:Name>', '\n<x:Name>')),
  ),
  odd(
    'canonicalized exclusively',
    'exclusive-for-inclusive',
    (e) => canonicalize(e),
    gost,
    inclusively,
  ),
  odd('canonicalized by 1.1', 'canonical-xml-11', canonicalizeBy11, gost, inclusively),
  odd(
    'canonicalized out of its place',
    'out-of-context',
    (e) =>
      Buffer.from(
        canonicalize(e)
          .toString()
          .replace(
            '<t:SenderProvidedRequestData xmlns:t=',
            `<t:SenderProvidedRequestData xmlns:b="${basic}" xmlns:t=`,
          )
          .replace(`<b:MessagePrimaryContent xmlns:b="${basic}"`, '<b:MessagePrimaryContent')
          .replace(
            `<x:Query xmlns:x="urn:x" xmlns:y="urn:y"`,
            '<x:Query xmlns:x="urn:x" xmlns:y="urn:y"',
          ),
      ),
    gost,
    (by) => inclusively(by).replace(' xml:id="e"', ''),
  ),
  odd(
    'with its PrefixList forgotten',
    'prefix-list-ignored',
    (e) => canonicalize(e),
    rsa,
    (by) => declaring(signedRequest(by, content), transform(exclusive, inclusivePrefixes)),
  ),
  odd('digested as written', 'not-canonicalized', (e) =>
    Buffer.from(
      canonicalize(e)
        .toString()
        .replace(` xmlns:t="${types}"`, '')
        .replace(` xmlns:b="${basic}"`, '')
        .replace('<x:Empty></x:Empty>', '<x:Empty/>')
        .replace(' note="x &lt; y" y:kind="1"', ' y:kind="1" note="x &lt; y"'),
    ),
  ),
  {
    name: 'signed before the signature was put inside',
    cause: 'signature-left-out',
    make: () => {
      const moved = declaring(signedRequest(gost(), content), transform(exclusive))
        .replace(' Id="SIGNED_BY_CALLER"', '')
        .replace('<t:SendRequestRequest ', '<t:SendRequestRequest Id="SIGNED_BY_CALLER" ');
      return signedOddly(moved, gost(), (e) => {
        const container = childElements(e)[1] as XmlElement;
        return canonicalize(e, exclusive, [], childElements(container)[0]);
      });
    },
  },
];

const smev: readonly Case[] = [
  odd(
    'without the SMEV transform that is declared',
    'smev-transform-missing',
    (e) => canonicalize(e),
    gost,
  ),
  odd('with the SMEV transform undeclared', 'smev-transform-undeclared', (e) =>
    smevTransform(canonicalize(e)),
  ),
  odd(
    'canonicalized after the SMEV transform',
    'smev-transform-order',
    (e) => withXml(smevTransform(canonicalize(e)), (again) => canonicalize(again.root)),
    gost,
  ),
  odd(
    'with its transforms declared the other way',
    'smev-transform-order',
    (e) => smevTransform(canonicalize(e)),
    gost,
    (by) =>
      declaring(signedRequest(by, content), transform(smevTransformUri), transform(exclusive)),
  ),
  odd(
    'escaped as the JDK does',
    'jdk-escaping',
    (e) => jdkTransform(canonicalize(e)),
    gost,
    (by) => signedRequest(by, content.replace('>42<', '>4 &gt; 2, &amp; &lt; 5<')),
  ),
];

const where: readonly Case[] = [
  odd('over the content alone', 'other-element', (e) =>
    canonicalize(childElements(childElements(e)[1] as XmlElement)[0] as XmlElement),
  ),
  damaged(
    'whose Id is lost',
    'other-element',
    (t) => t.replace(' Id="SIGNED_BY_CALLER"', ' Id="OTHER"'),
    () => {
      const by = rsa();
      return signedOddly(signedRequest(by, content), by, (e) =>
        canonicalize(childElements(e)[1] as XmlElement),
      );
    },
  ),
  {
    name: 'with content in base64, come as xop:Include',
    cause: 'xop-not-inlined',
    parts: new Map([['file 1', Buffer.from('содержимое')]]),
    make: () =>
      signedRequest(
        rsa(),
        content.replace('>42<', `>${Buffer.from('содержимое').toString('base64')}<`),
      ).replace(
        Buffer.from('содержимое').toString('base64'),
        '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:file%201"/>',
      ),
  },
  {
    name: 'with xop:Include, come with the content',
    cause: 'xop-inlined',
    parts: new Map([['file1', Buffer.from('содержимое')]]),
    make: () =>
      signedRequest(
        rsa(),
        content.replace(
          '>42<',
          '><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:file1"/><',
        ),
      ).replace(/<xop:Include[^>]*>/, Buffer.from('содержимое').toString('base64')),
  },
];

const hashes: readonly Case[] = [
  digested('by SHA-512', 'hash-other', (octets) => digestOf('sha512', octets)),
  digested('by Streebog', 'hash-other', (octets) => digestOf('streebog256', octets)),
  digested('with its octets reversed', 'digest-reversed', (octets) =>
    digestOf('sha256', octets).reverse(),
  ),
  digested('as hexadecimal text', 'digest-in-hex', (octets) =>
    Buffer.from(digestOf('sha256', octets).toString('hex')),
  ),
  {
    name: 'with another DigestValue put in its place',
    cause: 'digest-replaced',
    make: () => withDigest(signedRequest(rsa(), content), digestOf('sha256', Buffer.from('x'))),
  },
  damaged('with another value', null, (t) => t.replace('>42<', '>43<')),
];

export const digestCases = [
  ...whiteSpace,
  ...characters,
  ...names,
  ...canonical,
  ...smev,
  ...where,
  ...hashes,
];
