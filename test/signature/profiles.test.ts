import { expect } from 'chai';
import { digestAlgorithms, signatureAlgorithms } from '../../src/signature/algorithms.ts';
import { signText } from '../../src/signature/insert.ts';
import {
  allows,
  fileProfiles,
  nodeProfiles,
  type ProfileName,
  profileOfKey,
  profiles,
  smevTransformUri,
} from '../../src/signature/profiles.ts';
import { readStructure } from '../../src/signature/structure.ts';
import { dsNamespace } from '../../src/smev/namespaces.ts';
import { withXml } from '../../src/xml/document.ts';
import { everyElement, isNamed } from '../../src/xml/navigate.ts';
import { sandboxSigner } from '../harness/client.ts';
import { codeOf, sendRequest } from './documents.ts';

const withdrawn = /sha1$|gostr34102001|gostr3411$/;

/** Names of the methods that some of these profiles allow together with some digest. */
function allowedBy(names: readonly ProfileName[]): string[] {
  return Object.keys(signatureAlgorithms).filter((method) =>
    Object.keys(digestAlgorithms).some((digest) =>
      names.some((name) => allows(profiles[name], method, digest)),
    ),
  );
}

/** The profile that the signature of a request is read under, or the code of its refusal. */
function readUnder(text: string, names: readonly ProfileName[]): string {
  let read = '';
  const code = codeOf(() =>
    withXml(Buffer.from(text), (document) => {
      for (const element of everyElement(document)) {
        if (!isNamed(element, dsNamespace, 'Signature')) continue;
        const { profile } = readStructure(
          element,
          names.map((name) => profiles[name]),
        );
        read = profile.name;
      }
    }),
  );
  return code === 'none' ? read : code;
}

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const smevStep = `<ds:Transform Algorithm="${smevTransformUri}"></ds:Transform>`;

describe('signature profiles', () => {
  const gost = signText(sendRequest(), 'caller', sandboxSigner('agency-a', 'gost'));
  const rsa = signText(sendRequest(), 'caller', sandboxSigner('agency-a', 'rsa'));

  it('let a node accept no method that was withdrawn', () => {
    expect(allowedBy(nodeProfiles).filter((uri) => withdrawn.test(uri))).to.deep.equal([]);
    expect(allowedBy(nodeProfiles)).to.have.lengthOf(8);
  });

  it('let GOST 2001 count where it is named, and SHA-1 in an archive alone', () => {
    expect(allowedBy(['smev3-2001']).every((uri) => withdrawn.test(uri))).to.equal(true);
    expect(allowedBy(fileProfiles).filter((uri) => uri.endsWith('sha1'))).to.deep.equal([]);
    expect(allowedBy(['sha1-archive']).some((uri) => uri.endsWith('sha1'))).to.equal(true);
  });

  it('mix no digest of one family with a method of another', () => {
    const method = Object.keys(signatureAlgorithms).find((uri) => uri.endsWith('rsa-sha256')) ?? '';
    const streebog = Object.keys(digestAlgorithms).find((uri) => uri.endsWith('2012-256')) ?? '';
    for (const profile of Object.values(profiles)) {
      expect(allows(profile, method, streebog), profile.name).to.equal(false);
    }
    expect(allows(profiles.xmldsig, '__proto__', 'constructor')).to.equal(false);
  });

  it('follow the key that signs', () => {
    expect([readUnder(rsa, nodeProfiles), readUnder(gost, nodeProfiles)]).to.deep.equal([
      'xmldsig',
      'smev3',
    ]);
    expect(profileOfKey('gost2001')).to.equal('smev3-2001');
    expect(readUnder(gost, ['xmldsig'])).to.equal('SIGNATURE_ALGORITHM');
  });

  it('demand the transforms of the profile, in their order', () => {
    const first = `<ds:Transform Algorithm="${exclusive}"></ds:Transform>`;
    for (const [name, changed] of [
      ['no SMEV transform', gost.replace(smevStep, '')],
      ['the other order', gost.replace(first + smevStep, smevStep + first)],
      ['the SMEV transform twice', gost.replace(smevStep, smevStep + smevStep)],
      ['the SMEV transform under RSA', rsa.replace(first, first + smevStep)],
      ['none at all', gost.replace(first + smevStep, '')],
    ] as const) {
      expect(readUnder(changed, nodeProfiles), name).to.equal('SIGNATURE_FORMAT');
    }
  });

  it('let the archive read what old messages have, and a node none of it', () => {
    const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
    const enveloped =
      '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>';
    const first = `<ds:Transform Algorithm="${exclusive}"></ds:Transform>`;
    const odd = gost.replace(first, enveloped + first.replace(exclusive, inclusive));
    expect(readUnder(odd, fileProfiles)).to.equal('gost-archive');
    expect(readUnder(odd, nodeProfiles)).to.equal('SIGNATURE_FORMAT');
    const whole = gost.replace('URI="#SIGNED_BY_CALLER"', 'URI=""');
    expect(readUnder(whole, nodeProfiles)).to.equal('SIGNATURE_TARGET');
    expect(readUnder(whole, fileProfiles)).to.equal('gost-archive');
  });
});
