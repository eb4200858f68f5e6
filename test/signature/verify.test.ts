import { createHash, createHmac } from 'node:crypto';
import { expect } from 'chai';
import { signatureText } from '../../src/signature/sign.ts';
import { dsNamespace } from '../../src/smev/namespaces.ts';
import { codeOf, signedRequest, signerOf, verifyRequest } from './documents.ts';

const c14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const signature = /<ds:Signature .*<\/ds:Signature>/;
const reference = /<ds:Reference .*<\/ds:Reference>/;

function first(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[0];
  if (found === undefined) throw new Error(`no ${pattern}`);
  return found;
}

function refused(text: string): string {
  return codeOf(() => verifyRequest(text));
}

/** Signs SignedInfo anew after a change, so that only the change itself can be what is refused. */
function resigned(text: string, change: (signedInfo: string) => string): string {
  const signer = signerOf('rsa');
  const info = change(first(text, /<ds:SignedInfo>.*<\/ds:SignedInfo>/));
  const octets = info.replace('<ds:SignedInfo>', `<ds:SignedInfo xmlns:ds="${dsNamespace}">`);
  const value = signer.sign(Buffer.from(octets)).toString('base64');
  return text
    .replace(/<ds:SignedInfo>.*<\/ds:SignedInfo>/, () => info)
    .replace(/<ds:SignatureValue>[^<]*/, () => `<ds:SignatureValue>${value}`);
}

describe('verifyCovered', () => {
  for (const kind of ['rsa', 'ec'] as const) {
    for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
      it(`takes ${kind} with ${hash}`, () => {
        const verified = verifyRequest(signedRequest(signerOf(kind, hash)));
        expect(verified.keyKind).to.equal(kind);
        expect(verified.algorithm).to.match(new RegExp(`${hash}$`));
        expect(verified.octets.toString()).to.match(/^<t:SenderProvidedRequestData .*<x:Query/);
      });
    }
  }

  it('takes P-384', () => {
    expect(verifyRequest(signedRequest(signerOf('ec', 'sha384', 'secp384r1'))).keyKind).to.equal(
      'ec',
    );
  });

  it('takes a resigned SignedInfo, so that the cases below prove something', () => {
    expect(refused(resigned(signedRequest(), (info) => info))).to.equal('none');
  });

  it('computes other octets under inclusive canonicalization and a PrefixList', () => {
    const text = resigned(signedRequest(), (info) => info);
    const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
    // Inclusive canonicalization declares what is in scope: the octets differ, the value is bad.
    const renamed = text.replace(
      `CanonicalizationMethod Algorithm="${c14n}"`,
      () => `CanonicalizationMethod Algorithm="${inclusive}"`,
    );
    expect(refused(renamed)).to.equal('SIGNATURE_VALUE');
    const listed = resigned(signedRequest(), (info) =>
      info.replace(
        `<ds:Transform Algorithm="${c14n}"></ds:Transform>`,
        `<ds:Transform Algorithm="${c14n}"><ec:InclusiveNamespaces xmlns:ec="${c14n}" PrefixList="soap"></ec:InclusiveNamespaces></ds:Transform>`,
      ),
    );
    expect(refused(listed)).to.equal('SIGNATURE_DIGEST');
  });

  const changes: Record<string, [(text: string) => string, string]> = {
    'changed content': [(t) => t.replace('>42<', '>43<'), 'SIGNATURE_DIGEST'],
    'another DigestValue': [
      (t) =>
        t.replace(
          /<ds:DigestValue>[^<]*/,
          `<ds:DigestValue>${createHash('sha256').update('x').digest('base64')}`,
        ),
      'SIGNATURE_DIGEST',
    ],
    'a shorter DigestValue': [
      (t) => t.replace(/<ds:DigestValue>[^<]*/, '<ds:DigestValue>AAAA'),
      'SIGNATURE_DIGEST',
    ],
    'a changed SignatureValue': [
      (t) => t.replace(/<ds:SignatureValue>..../, '<ds:SignatureValue>AAAA'),
      'SIGNATURE_VALUE',
    ],
    'a short SignatureValue': [
      (t) => t.replace(/<ds:SignatureValue>[^<]*/, '<ds:SignatureValue>AAAA'),
      'SIGNATURE_VALUE',
    ],
    'an empty container': [(t) => t.replace(signature, ''), 'SIGNATURE_MISSING'],
    'two signatures': [(t) => t.replace(signature, '$&$&'), 'SIGNATURE_FORMAT'],
    'two SignedInfo': [
      (t) => t.replace(/<ds:SignedInfo>.*<\/ds:SignedInfo>/, '$&$&'),
      'SIGNATURE_FORMAT',
    ],
    'two References': [(t) => resigned(t, (i) => i.replace(reference, '$&$&')), 'SIGNATURE_FORMAT'],
    '500 References': [
      (t) => resigned(t, (i) => i.replace(reference, (one) => one.repeat(500))),
      'SIGNATURE_FORMAT',
    ],
    'two DigestValue': [
      (t) => resigned(t, (i) => i.replace(/<ds:DigestValue>.*<\/ds:DigestValue>/, '$&$&')),
      'SIGNATURE_FORMAT',
    ],
    'a comment in DigestValue': [
      (t) => t.replace(/<ds:DigestValue>..../, '$&<!-- x -->'),
      'SIGNATURE_FORMAT',
    ],
    'a comment in SignedInfo': [
      (t) => t.replace('<ds:SignedInfo>', '<ds:SignedInfo><!-- x -->'),
      'SIGNATURE_FORMAT',
    ],
    'text between elements': [
      (t) => resigned(t, (i) => i.replace('<ds:Reference', 'x<ds:Reference')),
      'SIGNATURE_FORMAT',
    ],
    'an empty URI': [
      (t) => resigned(t, (i) => i.replace(/URI="[^"]*"/, 'URI=""')),
      'SIGNATURE_TARGET',
    ],
    'no URI': [(t) => resigned(t, (i) => i.replace(/ URI="[^"]*"/, '')), 'SIGNATURE_TARGET'],
    'an external URI': [
      (t) => resigned(t, (i) => i.replace(/URI="[^"]*"/, 'URI="http://x/#SIGNED_BY_CALLER"')),
      'SIGNATURE_TARGET',
    ],
    'an XPointer': [
      (t) =>
        resigned(t, (i) => i.replace(/URI="[^"]*"/, `URI="#xpointer(id('SIGNED_BY_CALLER'))"`)),
      'SIGNATURE_TARGET',
    ],
    'an Id that is nowhere': [
      (t) => resigned(t, (i) => i.replace(/URI="[^"]*"/, 'URI="#NOWHERE"')),
      'SIGNATURE_TARGET',
    ],
    'an unknown transform': [
      (t) =>
        resigned(t, (i) =>
          i.replace(
            `Transform Algorithm="${c14n}"`,
            'Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"',
          ),
        ),
      'SIGNATURE_FORMAT',
    ],
    'one more transform': [
      (t) =>
        resigned(t, (i) => i.replace(`<ds:Transform Algorithm="${c14n}"></ds:Transform>`, '$&$&')),
      'SIGNATURE_FORMAT',
    ],
    'no transform': [
      (t) => resigned(t, (i) => i.replace(/<ds:Transform .*<\/ds:Transform>/, '')),
      'SIGNATURE_FORMAT',
    ],
    'the SMEV transform': [
      (t) =>
        resigned(t, (i) =>
          i.replace(
            '</ds:Transforms>',
            '<ds:Transform Algorithm="urn://smev-gov-ru/xmldsig/transform"></ds:Transform>$&',
          ),
        ),
      'SIGNATURE_FORMAT',
    ],
    'a GOST signature': [
      (t) =>
        resigned(t, (i) =>
          i.replace(
            /SignatureMethod Algorithm="[^"]*"/,
            'SignatureMethod Algorithm="urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-256"',
          ),
        ),
      'SIGNATURE_ALGORITHM',
    ],
    'RSA with SHA-1': [
      (t) =>
        resigned(t, (i) =>
          i.replace('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', `${dsNamespace}rsa-sha1`),
        ),
      'SIGNATURE_ALGORITHM',
    ],
    'a SHA-1 digest': [
      (t) =>
        resigned(t, (i) =>
          i.replace('http://www.w3.org/2001/04/xmlenc#sha256', `${dsNamespace}sha1`),
        ),
      'SIGNATURE_ALGORITHM',
    ],
    DSA: [
      (t) =>
        resigned(t, (i) =>
          i.replace(
            'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
            'http://www.w3.org/2009/xmldsig11#dsa-sha256',
          ),
        ),
      'SIGNATURE_ALGORITHM',
    ],
    'an algorithm named as a property of every object': [
      (t) =>
        resigned(t, (i) =>
          i.replace(/SignatureMethod Algorithm="[^"]*"/, 'SignatureMethod Algorithm="constructor"'),
        ),
      'SIGNATURE_ALGORITHM',
    ],
    'ECDSA claimed for an RSA key': [
      (t) => resigned(t, (i) => i.replace('#rsa-sha256', '#ecdsa-sha256')),
      'SIGNATURE_ALGORITHM',
    ],
    'another canonicalization': [
      (t) => resigned(t, (i) => i.replace(c14n, `${c14n}WithComments`)),
      'SIGNATURE_ALGORITHM',
    ],
    'parameters of SignatureMethod': [
      (t) =>
        resigned(t, (i) =>
          i.replace('</ds:SignatureMethod>', '<ds:HMACOutputLength>8</ds:HMACOutputLength>$&'),
        ),
      'SIGNATURE_FORMAT',
    ],
    'no KeyInfo': [(t) => t.replace(/<ds:KeyInfo>.*<\/ds:KeyInfo>/, ''), 'CERTIFICATE_MISSING'],
    'an unreadable certificate': [
      (t) => t.replace(/<ds:X509Certificate>[^<]*/, '<ds:X509Certificate>AAAA'),
      'CERTIFICATE_UNREADABLE',
    ],
    'bytes after the certificate': [
      (t) =>
        t.replace(/<ds:X509Certificate>([^<]*)/, (_, body: string) => {
          const longer = Buffer.concat([Buffer.from(body, 'base64'), Buffer.from([0, 0])]);
          return `<ds:X509Certificate>${longer.toString('base64')}`;
        }),
      'CERTIFICATE_UNREADABLE',
    ],
    'the certificate of another key': [
      (t) =>
        t.replace(/<ds:X509Certificate>[^<]*/, () => {
          const { certificate } = signerOf('rsa', 'sha256', 3072);
          return `<ds:X509Certificate>${certificate.der.toString('base64')}`;
        }),
      'SIGNATURE_VALUE',
    ],
    'a ds:Object': [
      (t) => t.replace('</ds:Signature>', '<ds:Object>x</ds:Object></ds:Signature>'),
      'SIGNATURE_FORMAT',
    ],
  };
  for (const [name, [change, code]] of Object.entries(changes)) {
    it(`refuses ${name}: ${code}`, () => {
      expect(refused(change(signedRequest()))).to.equal(code);
    });
  }

  it('refuses an HMAC whose key is the certificate', () => {
    const hmac = 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256';
    const text = signedRequest().replace(
      /SignatureMethod Algorithm="[^"]*"/,
      `SignatureMethod Algorithm="${hmac}"`,
    );
    const info = first(text, /<ds:SignedInfo>.*<\/ds:SignedInfo>/).replace(
      '<ds:SignedInfo>',
      `<ds:SignedInfo xmlns:ds="${dsNamespace}">`,
    );
    const value = createHmac('sha256', signerOf('rsa').certificate.der)
      .update(info)
      .digest('base64');
    const forged = text.replace(/<ds:SignatureValue>[^<]*/, `<ds:SignatureValue>${value}`);
    expect(refused(forged)).to.equal('SIGNATURE_ALGORITHM');
  });

  const weak: Record<string, ['rsa' | 'ec', number | string]> = {
    'RSA 1024': ['rsa', 1024],
    'P-521': ['ec', 'secp521r1'],
    secp256k1: ['ec', 'secp256k1'],
  };
  for (const [name, [kind, size]] of Object.entries(weak)) {
    it(`refuses ${name}`, () => {
      expect(refused(signedRequest(signerOf(kind, 'sha256', size)))).to.equal('SIGNATURE_KEY_WEAK');
    });
  }

  it('refuses 500 References and 100,000 elements in a signature in no time', () => {
    const text = signedRequest().replace(reference, (one) => one.repeat(500));
    const crowd = signedRequest().replace('</ds:SignedInfo>', `${'<ds:Reference/>'.repeat(1e5)}$&`);
    const started = process.hrtime.bigint();
    expect(refused(text)).to.equal('SIGNATURE_FORMAT');
    expect(refused(crowd)).to.equal('SIGNATURE_FORMAT');
    expect(Number(process.hrtime.bigint() - started) / 1e6).to.be.below(2000);
  });
});

describe('signatureText', () => {
  it('has no white space between elements and one line of base64', () => {
    const text = signatureText(Buffer.from('x'), signerOf('rsa'), 'A&"B', '<ds:X/>');
    expect(text).to.not.match(/>\s|\s</);
    expect(text).to.include('URI="#A&amp;&quot;B"');
  });
});
