import { expect } from 'chai';
import { examine } from '../../src/signature/examine.ts';
import { findSignatures } from '../../src/signature/find.ts';
import { type Role, signText } from '../../src/signature/insert.ts';
import {
  directiveNamespace,
  routingNamespace,
  smevNamespaces,
  soapNamespace,
} from '../../src/smev/namespaces.ts';
import { withXml } from '../../src/xml/document.ts';
import { pathOf } from '../../src/xml/navigate.ts';
import { type SandboxKind, sandboxSigner } from '../harness/client.ts';
import { acceptedProfiles } from '../harness/rules.ts';
import { codeOf, messageId } from './documents.ts';

const { types, basic } = smevNamespaces['1.3'];

function record(id: number, attributes = ''): string {
  return (
    `<d:RegistryRecord><d:RecordId>${id}</d:RecordId><d:Record${attributes}><d:RecordContent>` +
    `<x:Item xmlns:x="urn:x">${id}</x:Item></d:RecordContent></d:Record></d:RegistryRecord>`
  );
}

/** A SendRequest of 1.3 that carries a registry and says where to route it. */
const request =
  `<soap:Envelope xmlns:soap="${soapNamespace}"><soap:Body>` +
  `<t:SendRequestRequest xmlns:t="${types}" xmlns:b="${basic}" xmlns:r="${routingNamespace}">` +
  `<t:SenderProvidedRequestData><t:MessageID>${messageId}</t:MessageID><b:MessagePrimaryContent>` +
  `<d:Registry xmlns:d="${directiveNamespace}">${record(1)}${record(2, ' Id="SECOND"')}</d:Registry>` +
  '</b:MessagePrimaryContent></t:SenderProvidedRequestData>' +
  `<r:Routing><r:RoutingInformation><r:MessageID>${messageId}</r:MessageID></r:RoutingInformation>` +
  '</r:Routing></t:SendRequestRequest></soap:Body></soap:Envelope>';

/** Where each signature stands, what it signs and how it is. */
function signatures(text: string): string[] {
  return withXml(Buffer.from(text), (document) =>
    findSignatures(document).map((found) => {
      const { id, digest, signature, problems } = examine(document, found, acceptedProfiles);
      const place = pathOf(found.container ?? found.signature).replace(/^.*?Request\//, '');
      return [place, id, digest, signature, ...problems].join(' ');
    }),
  );
}

function signedAs(roles: readonly Role[], kind: SandboxKind): string {
  return roles.reduce(
    (text, role) => signText(text, role, sandboxSigner('agency-a', kind)),
    request,
  );
}

const registry = 'SenderProvidedRequestData/MessagePrimaryContent/Registry/RegistryRecord';

describe('signing in the place that a role has', () => {
  for (const kind of ['rsa', 'gost'] as const) {
    it(`signs records, routing and the whole, one in the other, with ${kind}`, () => {
      expect(signatures(signedAs(['record', 'routing', 'caller'], kind))).to.deep.equal([
        `${registry}[1]/RecordSignature RECORD_1 good good`,
        `${registry}[2]/RecordSignature SECOND good good`,
        'CallerInformationSystemSignature SIGNED_BY_CALLER good good',
        'Routing/RoutingSignature SIGNED_ROUTING good good',
      ]);
    });
  }

  it('signs the one record that is named', () => {
    const signed = signText(request, 'record', sandboxSigner('agency-a', 'gost'), 'SECOND');
    expect(signatures(signed)).to.deep.equal([`${registry}[2]/RecordSignature SECOND good good`]);
    const missing = () => signText(request, 'record', sandboxSigner('agency-a'), 'THIRD');
    expect(codeOf(missing)).to.equal('SIGNATURE_TARGET');
  });

  it('sees a record that was changed, and a signature over the record beside it', () => {
    const signed = signedAs(['record'], 'gost');
    expect(signatures(signed.replace('>2</x:Item>', '>3</x:Item>'))[1]).to.match(/ bad good /);
    const [first = '', second = ''] =
      signed.match(/<d:RecordSignature>.*?<\/d:RecordSignature>/g) ?? [];
    const swapped = signed.replace(first, '%').replace(second, first).replace('%', second);
    for (const told of signatures(swapped)) expect(told).to.include('SIGNATURE_TARGET');
  });

  it('signs anew in the same place, and refuses where the place is not there', () => {
    const once = signedAs(['routing'], 'gost');
    const twice = signText(once, 'routing', sandboxSigner('agency-a', 'gost512'));
    expect(signatures(twice)).to.have.lengthOf(1);
    const without = request.replace(/<r:Routing>.*<\/r:Routing>/, '');
    expect(codeOf(() => signText(without, 'routing', sandboxSigner('agency-a')))).to.equal(
      'SIGNATURE_TARGET',
    );
  });
});
